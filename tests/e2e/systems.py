#!/usr/bin/env python3
"""Checks the table of systems in examples/README.md against what flowc says of their specs.

usage: systems.py PAGE FLOWC [--promote]

A row of the table that follows `<!-- systems -->` begins with a link to a spec and the name of the layer that makes the system. Lines of
the spec, verdict, inverse and log-determinant are then flowc's business: the next four cells. What follows them (published figures, ours)
is written by hand and left alone. With --promote the four cells are written anew."""

import json
import os
import re
import subprocess
import sys

ROW = re.compile(r"^\| \[(?P<name>[^]]+)\]\((?P<spec>[^)]+)\) \| `(?P<layer>\w+)` \|(?P<rest>.*)\|$")
COMPUTED = 4
LONGEST = 64  # Longer formulas are for `flowc explain`.


def lines_of(spec):
    """Lines that say what the flow is: no comments, nothing about training."""
    text = re.sub(r"#.*", "", open(spec, encoding="utf-8").read())
    text = re.sub(r"^\s*train\s*\{.*?\}", "", text, flags=re.MULTILINE | re.DOTALL)
    return sum(1 for line in text.splitlines() if line.strip())


def facts(spec, layer, flowc):
    """The computed cells."""
    answer = subprocess.run([flowc, "check", spec, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if answer.returncode:
        raise ValueError(f"{spec}: {answer.stderr}")
    report = json.loads(answer.stdout)
    found = [one for one in report["layers"] if one["type"] == layer]
    if not found:
        names = sorted({one["type"] for one in report["layers"]})
        raise ValueError(f"{spec} has no layer `{layer}`, but {', '.join(names)}")
    verdicts = {one["verdict"] for one in report["layers"]}
    formula = found[0]["log_det"]
    return [
        str(lines_of(spec)),
        verdicts.pop() if len(verdicts) == 1 else ", ".join(sorted(verdicts)),
        found[0]["inverse"] + ("" if found[0]["one_pass"]["to_data"] else ", by levels"),
        f"`{formula}`" if len(formula) <= LONGEST else "log of the slopes, summed",
    ]


def main():
    page, flowc = sys.argv[1:3]
    promote = "--promote" in sys.argv[3:]
    text = open(page, encoding="utf-8").read()
    if "<!-- systems -->" not in text:
        sys.exit(f"{page}: no `<!-- systems -->`")
    before, table = text.split("<!-- systems -->", 1)
    wrong, rows, lines = [], 0, table.split("\n")
    for at, line in enumerate(lines):
        row = ROW.match(line)
        if not row:
            continue
        rows += 1
        cells = [cell.strip() for cell in row["rest"].split("|")]
        expected = facts(os.path.join(os.path.dirname(page), row["spec"]), row["layer"], flowc)
        if cells[:COMPUTED] != expected:
            wrong.append(f"  {row['name']}\n    written: {' | '.join(cells[:COMPUTED])}\n    flowc:   {' | '.join(expected)}")
            lines[at] = f"| [{row['name']}]({row['spec']}) | `{row['layer']}` | " + " | ".join(expected + cells[COMPUTED:]) + " |"
    if not rows:
        sys.exit(f"{page}: no rows behind `<!-- systems -->`")
    if wrong and promote:
        with open(page + ".part", "w", encoding="utf-8") as file:
            file.write(before + "<!-- systems -->" + "\n".join(lines))
        os.replace(page + ".part", page)
    elif wrong:
        sys.exit(f"{page} says of {len(wrong)} of {rows} systems what flowc does not; {sys.argv[0]} --promote writes it anew\n" + "\n".join(wrong))
    print(f"{rows} systems")


if __name__ == "__main__":
    main()
