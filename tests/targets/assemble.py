#!/usr/bin/env python3
"""ptxas on every kernel of some examples: each must assemble for every GPU asked for. What the kernels take is printed, recorded and
bounded.

usage: assemble.py FLOWC EXAMPLES REPORT      exits with 77 where there is no ptxas
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

# The most that any kernel over samples may take: registers, bytes of shared memory, bytes that are spilled; and the bytes spilled by
# a kernel that runs once a step.
BOUNDED = ["registers", "bytes of shared memory", "bytes spilled", "bytes spilled once a step"]
BOUNDS = {
    "two_moons/two_moons": (255, 35840, 64, 64),
    "planar/planar": (104, 0, 128, 800),
    "planar/sylvester": (255, 22528, 240, 400),
    "iaf/density": (255, 35840, 180, 0),
}
GPUS = ["sm_80", "sm_90"]


def find_ptxas():
    folders = [os.path.join(os.environ[name], "bin") for name in ("CUDA_HOME", "CUDA_PATH") if name in os.environ]
    return shutil.which("ptxas") or shutil.which("ptxas", path=os.pathsep.join(folders + ["/usr/local/cuda/bin"]))


def kernels(messages):
    """What `ptxas -v` says: for each kernel registers, shared bytes, and bytes that it and what it calls spill."""
    found = {}
    for entry in messages.split("Compiling entry function ")[1:]:
        shared = re.search(r"(\d+) bytes smem", entry)
        spills = re.findall(r"(\d+) bytes spill stores, (\d+) bytes spill loads", entry)
        found[entry.split("'")[1]] = (int(re.search(r"Used (\d+) registers", entry)[1]), int(shared[1]) if shared else 0,
                                      sum(int(stores) + int(loads) for stores, loads in spills))
    return found


def is_once_a_step(kernel):
    """Kernels of one block, which run once a step and not once a tile of samples."""
    return kernel.endswith(("_stage", "_stage_adjoint", "_start"))


def main():
    flowc, examples, report = sys.argv[1:]
    ptxas = find_ptxas()
    if not ptxas:
        print("skipped: there is no ptxas (CUDA toolkit)")
        return 77
    lines, wrong = [f"{'':26} {'kernel':28} registers, shared bytes, spilled bytes"], []
    print("the most of any kernel: " + ", ".join(BOUNDED))
    with tempfile.TemporaryDirectory() as folder:
        for model in BOUNDS:
            for gpu in GPUS:
                ptx, cubin = os.path.join(folder, "model.ptx"), os.path.join(folder, "model.cubin")
                subprocess.run([flowc, f"{examples}/{model}.flow", "--emit", "ptx", "--gpu", gpu, "-o", ptx], check=True)
                run = subprocess.run([ptxas, "-v", f"-arch={gpu}", ptx, "-o", cubin], capture_output=True, text=True)
                if run.returncode != 0:
                    print(f"{model} for {gpu}: ptxas failed\n{run.stderr}")
                    return 1
                found = kernels(run.stdout + run.stderr)
                if not found:
                    print(f"{model} for {gpu}: ptxas names no kernel\n{run.stdout + run.stderr}")
                    return 1
                for name, (registers, shared, spilled) in sorted(found.items()):
                    lines.append(f"{model:20} {gpu} {name:28} {registers:4} {shared:6} {spilled:6}")
                often = [kernel for name, kernel in found.items() if not is_once_a_step(name)]
                once = [kernel for name, kernel in found.items() if is_once_a_step(name)]
                worst = tuple(max(kernel[k] for kernel in often) for k in range(3)) + (max(kernel[2] for kernel in once),)
                print(f"{model:20} {gpu}" + "".join(f"{value:12}" for value in worst), flush=True)
                for what, value, bound in zip(BOUNDED, worst, BOUNDS[model]):
                    if value > bound:
                        wrong.append(f"{model} for {gpu}: {value} {what}; at most {bound} are expected")
    for line in wrong:
        print(line)
    with open(report, "w") as out:
        out.write("\n".join(lines) + "\n")
    print(f"all of it in {report}")
    return 1 if wrong else 0


sys.exit(main())
