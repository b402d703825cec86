#!/usr/bin/env python3
"""Mutants of the source: each fault of source_mutants.toml, one after the other, in a copy of the repository that has its own build.

usage: source.py [--tree DIR] [--only WORD] [--until HH:MM] | source.py --find

A mutant is put in, what its killer needs is built, the killer runs, and the file is as before. Printed is a Markdown table; the exit code
is 1 if a mutant survived. DIR (default: mutants.tree beside this repository) is copied and configured if it is not there; the first
build takes as long as any, a mutant takes half a minute or so. --find makes none: it asks whether the text that each changes still stands
in its file, once.
"""
import argparse
import fnmatch
import glob
import os
import pathlib
import shutil
import subprocess
import sys
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parent.parent
SECONDS = 900


def killer(tree, kind, what):
    """(targets, command, environment) of a kind of test."""
    if kind == "laws":
        return ["flowc", "law_tests"], ["build/bin/law_tests"], {"FLOWC_LAWS": what}
    if kind == "lit":
        llvm = "/usr/lib/llvm-22/bin"
        command = [f"{llvm}/lit", "-q", f"--param=tools={tree}/build/bin", f"--param=llvm={llvm}", f"--param=build={tree}/build/mutants.lit"]
        return ["flowc", "flow-opt"], [*command, f"tests/compiler/{what}"], {}
    if kind == "check":
        files = [f for f in sorted(glob.glob(str(SOURCE / "tests/check/*.flow"))) if fnmatch.fnmatch(os.path.basename(f), what)]
        return ["flowc"], [sys.executable, "tests/check/run.py", "build/bin/flowc", *files], {}
    return [kind], [f"build/bin/{kind}", *([what] if what else [])], {}


def run(tree, command, environment=None):
    """Whether the command succeeds, and the end of what it printed."""
    try:
        result = subprocess.run(command, cwd=tree, env={**os.environ, **(environment or {})}, timeout=SECONDS,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        return False, f"no end after {SECONDS} s"
    return result.returncode == 0, result.stdout[-4000:]


def misplaced(tree, mutant):
    """What is wrong with the place of a mutant, if anything is."""
    count = (tree / mutant["file"]).read_text().count(mutant["from"])
    return None if count == 1 else f"stands {count} times in the file"


def prepare(tree):
    if not tree.exists():
        for name in subprocess.run(["git", "ls-files"], cwd=SOURCE, check=True, capture_output=True, text=True).stdout.splitlines():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(SOURCE / name, tree / name)
    if not (tree / "build/build.ninja").exists():
        subprocess.run(["cmake", "-G", "Ninja", "-B", "build", "-DCMAKE_BUILD_TYPE=Release"], cwd=tree, check=True)


def judge(tree, mutant):
    """killed, survived, or what is wrong with the mutant itself."""
    if wrong := misplaced(tree, mutant):
        return wrong
    path = tree / mutant["file"]
    text = path.read_text()
    kind, _, what = mutant["killer"].partition(" ")
    targets, command, environment = killer(tree, kind, what)
    try:
        path.write_text(text.replace(mutant["from"], mutant["to"]))
        built, log = run(tree, ["ninja", "-C", "build", "-j2", *targets])
        if not built:
            return "does not build: " + " ".join(log.split())[-300:]
        passed, log = run(tree, command, environment)
        return "SURVIVED" if passed else "killed"
    finally:
        path.write_text(text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--tree", type=pathlib.Path, default=SOURCE.parent / "mutants.tree")
    parser.add_argument("--only", default="")
    parser.add_argument("--until", default="99")
    parser.add_argument("--find", action="store_true")
    options = parser.parse_args()
    mutants = [m for m in tomllib.loads((HERE / "source_mutants.toml").read_text())["mutant"]
               if options.only in m["name"] + m["file"] + m["killer"]]
    if options.find:
        lost = [f"{m['file']}: {m['name']}: {wrong}" for m in mutants if (wrong := misplaced(SOURCE, m))]
        sys.exit("\n".join(lost) or None)
    tree = options.tree.resolve()
    if tree == SOURCE:
        sys.exit("source.py: mutants are made in a copy: --tree DIR")
    prepare(tree)
    sound, wrong = {}, 0
    print("| mutant | killer | outcome |\n|---|---|---|")
    for mutant in mutants:
        if time.strftime("%H:%M") >= options.until:
            break
        # A killer that fails without a mutant kills nothing.
        if mutant["killer"] not in sound:
            targets, command, environment = killer(tree, *mutant["killer"].partition(" ")[::2])
            sound[mutant["killer"]] = run(tree, ["ninja", "-C", "build", "-j2", *targets])[0] and run(tree, command, environment)[0]
        outcome = judge(tree, mutant) if sound[mutant["killer"]] else "the killer fails without it"
        wrong += outcome != "killed"
        print(f"| {mutant['name']} | `{mutant['killer']}` | {outcome} |", flush=True)
    sys.exit(1 if wrong else 0)


main()
