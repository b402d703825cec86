#!/usr/bin/env python3
"""Checks that a page shows what commands print.

usage: shown.py PAGE FLOWC

In PAGE, `<!-- file NAME -->` stands before a fenced block that is the text of a file, `<!-- shown -->` before one that begins with
`$ COMMAND` and goes on with what the command prints. There a line of three dots stands for one or more lines, and three dots inside a
line for any part of it; every other line must be printed as it stands, and lines that follow each other must be printed so. Commands
run in the current folder, flowc being FLOWC.
"""

import os
import re
import subprocess
import sys

MARKED_BLOCK = re.compile(r"^<!-- (file \S+|shown) -->\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def matches(shown, printed):
    pattern = ".*".join(re.escape(part) for part in shown.rstrip().split("..."))
    return re.fullmatch(pattern, printed.rstrip()) is not None


def common_length(chunk, printed, at):
    """How many lines of the chunk are printed from line `at` on."""
    length = 0
    while length < len(chunk) and at + length < len(printed) and matches(chunk[length], printed[at + length]):
        length += 1
    return length


def place(chunk, printed, candidates):
    """The first of the places at which the whole chunk is printed; elsewhere raises what is shown but not printed."""
    best, best_at = -1, 0
    for at in candidates:
        length = common_length(chunk, printed, at)
        if length == len(chunk):
            return at
        if length > best:
            best, best_at = length, at
    wrong = best_at + max(best, 0)
    found = printed[wrong] if wrong < len(printed) else "(nothing)"
    raise ValueError(f"  shown:   {chunk[max(best, 0)]}\n  printed: {found}")


def compare(shown, printed):
    """Goes through the chunks between cuts, each at the first place after the one before."""
    chunks = [[]]
    for line in shown:
        if line.strip() == "...":
            chunks.append([])
        else:
            chunks[-1].append(line)
    end = 0
    for number, chunk in enumerate(chunks):
        first, last = number == 0, number == len(chunks) - 1
        start = end if first else end + 1
        latest = len(printed) - len(chunk)
        if start > latest:
            raise ValueError(f"  shown:   {(chunk or ['...'])[0]}\n  printed: (nothing)")
        if not chunk and not first and not last:
            raise ValueError("  two cuts follow each other")
        candidates = [start] if first else range(latest if last else start, latest + 1)
        end = place(chunk, printed, candidates) + len(chunk)
        if first and last and end < len(printed):
            raise ValueError(f"  shown:   (nothing)\n  printed: {printed[end]}")


def run(command, environment):
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, env=environment)
    if done.returncode:
        raise ValueError(f"  exit code {done.returncode}\n{done.stderr}")
    lines = done.stdout.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def main(page, flowc):
    environment = dict(os.environ, PATH=os.path.dirname(os.path.abspath(flowc)) + os.pathsep + os.environ["PATH"])
    with open(page, encoding="utf-8") as file:
        text = file.read()
    blocks = failures = 0
    for block in MARKED_BLOCK.finditer(text):
        kind, body = block.groups()
        if kind != "shown":
            with open(kind.split()[1], "w", encoding="utf-8") as file:
                file.write(body)
            continue
        blocks += 1
        command, *shown = body.rstrip("\n").split("\n")
        try:
            if not command.startswith("$ "):
                raise ValueError("  the block does not begin with `$ COMMAND`")
            compare(shown, run(command[2:], environment))
        except ValueError as error:
            failures += 1
            line = text.count("\n", 0, block.start()) + 1
            print(f"{page}:{line}: `{command}` prints something else\n{error}")
    marks = len(re.findall(r"^<!-- shown -->$", text, re.MULTILINE))
    if marks != blocks or not blocks:
        failures += 1
        print(f"{page}: {marks} marks for {blocks} blocks")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
