#!/usr/bin/env python3
"""Compares the verdicts of `flowc check` with those that the corpus expects.

usage: run.py FLOWC FILE...

Every definition in a corpus file stands below a comment that says what is expected of it and why:

    # expect: proved
    # expect: refuted monotone -- the derivative is 0 at 0
    # expect: unknown monotone -- needs a bound on a product of two networks

The word after the verdict is the obligation that fails. `unknown` counts: the corpus may have at most a few.
"""
import json
import re
import subprocess
import sys

EXPECT = re.compile(r"#\s*expect:\s*(proved|refuted|unknown)\s*([a-z]*)")
DEFINES = re.compile(r"\s*(?:generative\s+)?(?:bijection|layer)\s+(\w+)")


def expectations(path):
    found, pending = {}, None
    for number, line in enumerate(open(path), 1):
        if match := EXPECT.match(line.strip()):
            pending = match.groups()
        elif (match := DEFINES.match(line)) and not line.startswith("#"):
            if pending:
                found[match.group(1)] = (*pending, number)
            pending = None
    return found


def judge(flowc, path):
    result = subprocess.run([flowc, "check", path, "--json"], capture_output=True, text=True)
    if result.returncode not in (0, 1, 5) or not result.stdout:
        sys.exit(f"{path}: flowc check failed with {result.returncode}\n{result.stderr}")
    return {layer["type"]: layer for layer in json.loads(result.stdout)["layers"]}


def main():
    flowc, files = sys.argv[1], sys.argv[2:]
    score, wrong = {"proved": 0, "refuted": 0, "unknown": 0}, 0
    for path in files:
        layers = judge(flowc, path)
        for name, (verdict, kind, line) in expectations(path).items():
            layer = layers.get(name)
            if layer is None:
                print(f"{path}:{line}: {name} was not judged")
                wrong += 1
                continue
            score[layer["verdict"]] += 1
            failed = [o["kind"] for o in layer["obligations"] if o["verdict"] != "proved"]
            if layer["verdict"] != verdict or (kind and kind not in failed):
                print(f"{path}:{line}: {name} is {layer['verdict']} {' '.join(failed)}, expected {verdict} {kind}")
                wrong += 1
    print(", ".join(f"{count} {verdict}" for verdict, count in score.items()))
    sys.exit(1 if wrong else 0)


main()
