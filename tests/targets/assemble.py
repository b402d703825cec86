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
    """What `ptxas -v` says: (kernel, registers, shared bytes) of each, and the spilled bytes of every function that spills."""
    functions = re.findall(r"Function properties for (\S+)\n.*?(\d+) bytes spill stores, (\d+) bytes spill loads", messages)
    spills = {name: int(stores) + int(loads) for name, stores, loads in functions if int(stores) + int(loads)}
    found = []
    for entry in messages.split("Compiling entry function ")[1:]:
        shared = re.search(r"(\d+) bytes smem", entry)
        found.append((entry.split("'")[1], int(re.search(r"Used (\d+) registers", entry)[1]), int(shared[1]) if shared else 0))
    return found, spills


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
                found, spills = kernels(run.stdout + run.stderr)
                if not found:
                    print(f"{model} for {gpu}: ptxas names no kernel\n{run.stdout + run.stderr}")
                    return 1
                for name, registers, shared in found:
                    lines.append(f"{model} {gpu} {name}: {registers} registers, {shared} bytes shared")
                for name, size in spills.items():
                    lines.append(f"{model} {gpu} {name}: {size} bytes spilled")
                print(f"{model} {gpu}: {len(found)} kernels, at most {max(k[1] for k in found)} registers, "
                      f"{len(spills)} functions spill, {sum(spills.values())} bytes in all")
    with open(report, "w") as out:
        out.write("\n".join(lines) + "\n")
    print(f"all of it in {report}")
    return 0


sys.exit(main())
