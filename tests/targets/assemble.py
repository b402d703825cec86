#!/usr/bin/env python3
"""ptxas on every kernel of some examples: each must assemble for every GPU asked for. What the kernels take is recorded.

usage: assemble.py FLOWC EXAMPLES REPORT      exits with 77 where there is no ptxas
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

MODELS = ["two_moons/two_moons", "planar/planar", "planar/sylvester"]
GPUS = ["sm_80", "sm_90"]


def find_ptxas():
    folders = [os.path.join(os.environ[name], "bin") for name in ("CUDA_HOME", "CUDA_PATH") if name in os.environ]
    return shutil.which("ptxas") or shutil.which("ptxas", path=os.pathsep.join(folders + ["/usr/local/cuda/bin"]))


def kernels(messages):
    """Kernel, registers, shared bytes, spilled bytes of what `ptxas -v` says; spills of what a kernel calls are in lines of their own."""
    spilled = sum(int(stores) + int(loads) for stores, loads in re.findall(r"(\d+) bytes spill stores, (\d+) bytes spill loads", messages))
    found = []
    for entry in messages.split("Compiling entry function ")[1:]:
        name = entry.split("'")[1]
        shared = re.search(r"(\d+) bytes smem", entry)
        found.append((name, int(re.search(r"Used (\d+) registers", entry)[1]), int(shared[1]) if shared else 0))
    return found, spilled


def main():
    flowc, examples, report = sys.argv[1:]
    ptxas = find_ptxas()
    if not ptxas:
        print("skipped: there is no ptxas (CUDA toolkit)")
        return 77
    lines = []
    with tempfile.TemporaryDirectory() as folder:
        for model in MODELS:
            for gpu in GPUS:
                ptx, cubin = os.path.join(folder, "model.ptx"), os.path.join(folder, "model.cubin")
                subprocess.run([flowc, f"{examples}/{model}.flow", "--emit", "ptx", "--gpu", gpu, "-o", ptx], check=True)
                run = subprocess.run([ptxas, "-v", f"-arch={gpu}", ptx, "-o", cubin], capture_output=True, text=True)
                if run.returncode != 0:
                    print(f"{model} for {gpu}: ptxas failed\n{run.stderr}")
                    return 1
                found, spilled = kernels(run.stdout + run.stderr)
                if not found:
                    print(f"{model} for {gpu}: ptxas names no kernel\n{run.stdout + run.stderr}")
                    return 1
                for name, registers, shared in found:
                    lines.append(f"{model} {gpu} {name}: {registers} registers, {shared} bytes shared")
                lines.append(f"{model} {gpu}: {spilled} bytes spilled in {len(found)} kernels and what they call")
    with open(report, "w") as out:
        out.write("\n".join(lines) + "\n")
    print(f"{len(lines)} lines in {report}")
    for line in lines:
        if "spilled" in line:
            print(line)
    return 0


sys.exit(main())
