#!/usr/bin/env python3
"""Compares the verdicts of `flowc check` with those that the corpus expects.

usage: run.py FLOWC FILE...

Every definition or flow that is judged stands below a comment that says what is expected of it and why:

    # expect: proved
    # expect: refuted monotone -- the derivative is 0 at 0
    # expect: unknown monotone -- needs a bound on a product of two networks

The word after the verdict is the obligation that fails; after `proved`, whether there is a warning that 32-bit numbers are not enough
(`lost`) or none (`kept`), and of a
flow whether features depend on no other though layers mix (`unmixed`) or not (`mixed`). `unknown` counts: the corpus may have at most a few. Bijections and layers are
judged alone; a flow is judged as a whole, with all definitions of its file.
"""
import json
import re
import subprocess
import sys
import tempfile

EXPECT = re.compile(r"#\s*expect:\s*(proved|assumed|refuted|unknown)\s*([a-z]*)")
DEFINES = re.compile(r"(?:generative\s+)?(bijection|layer|flow)\s+(\w+)")
FLOW = re.compile(r"^flow\s+(\w+)\s*\{.*?\}$", re.MULTILINE | re.DOTALL)
SECONDS = 120
VERDICTS = ("proved", "assumed", "refuted", "unknown")


def expectations(text):
    """(is a flow, name) -> (verdict, obligation, line)"""
    found, pending = {}, None
    for number, line in enumerate(text.splitlines(), 1):
        if match := EXPECT.match(line):
            pending = match.groups()
        elif match := DEFINES.match(line):
            if pending:
                found[match.group(1) == "flow", match.group(2)] = (*pending, number)
            pending = None
    return found


def check(flowc, text, name):
    """The report on a spec."""
    with tempfile.NamedTemporaryFile("w", suffix=".flow") as file:
        file.write(text)
        file.flush()
        result = subprocess.run([flowc, "check", file.name, "--json"], capture_output=True, text=True, timeout=SECONDS)
    if result.returncode not in (0, 1, 5) or not result.stdout:
        sys.exit(f"{name}: flowc check failed with {result.returncode}\n{result.stderr}")
    return json.loads(result.stdout)


def failures(layers):
    return sorted({o["kind"] for layer in layers for o in layer["obligations"] if o["verdict"] not in ("proved", "assumed")})


def precision(layers):
    return ["lost" if any("warnings" in layer for layer in layers) else "kept"]


def judge(flowc, path, text, wanted):
    """(is a flow, name) -> (verdict, obligations that fail and whether 32 bits are enough)"""
    judged, definitions = {}, FLOW.sub("", text)
    if any(not flow for flow, _ in wanted):
        for layer in check(flowc, definitions, path)["layers"]:
            judged[False, layer["type"]] = (layer["verdict"], failures([layer]) + precision([layer]))
    for match in FLOW.finditer(text):
        report = check(flowc, definitions + match.group(0), f"{path}: {match.group(1)}")
        notes = precision(report["layers"]) + (["unmixed"] if "unmixed" in report else ["mixed"])
        judged[True, match.group(1)] = (report["verdict"], failures(report["layers"]) + notes)
    return judged


def main():
    flowc, files = sys.argv[1], sys.argv[2:]
    total, wrong = dict.fromkeys(VERDICTS, 0), 0
    for path in files:
        with open(path) as file:
            text = file.read()
        wanted, score, before = expectations(text), dict.fromkeys(VERDICTS, 0), wrong
        judged = judge(flowc, path, text, wanted)
        for key, (verdict, kind, line) in wanted.items():
            if key not in judged:
                print(f"{path}:{line}: {key[1]} was not judged")
                wrong += 1
                continue
            found, failed = judged[key]
            score[found] += 1
            if found != verdict or (kind and kind not in failed):
                print(f"{path}:{line}: {key[1]} is {found} {' '.join(failed)}, expected {verdict} {kind}")
                wrong += 1
        print(f"{path.rsplit('/', 1)[-1]}: {', '.join(f'{n} {v}' for v, n in score.items())}; {wrong - before} not as expected")
        for verdict in VERDICTS:
            total[verdict] += score[verdict]
    print(f"all: {', '.join(f'{count} {verdict}' for verdict, count in total.items())}; {wrong} not as expected")
    sys.exit(1 if wrong else 0)


main()
