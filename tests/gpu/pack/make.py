#!/usr/bin/env python3
"""One folder (and a .tar.gz of it) with models for CPU and GPU and all that measures them on a machine that has a driver and nothing else.

    make.py --flowc build/bin/flowc --checker build/bin/device_check OUTPUT
"""

import argparse
import json
import os
import shutil
import sys
import tarfile

import numpy

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "parity"))
from compiled import Compiled

# To be timed: couplings of 32 features. peers.py has the same in PyTorch.
FEATURES, WIDTHS = 32, [64, 128, 512]
TIMED = {
    "real_nvp": (8, "affine_coupling(mask = alternate, net = mlp(hidden = [{width}, {width}]))"),
    "nsf": (4, "spline_coupling(mask = alternate, net = mlp(hidden = [{width}, {width}]))"),
}
ROWS_TO_COMPARE = 16


def weights(generator, shapes):
    """A matrix about keeps the size of what it is multiplied with."""
    return {name: generator.normal(0, 0.7 / (shape[-1] if len(shape) > 1 else 2) ** 0.5, shape) for name, shape in shapes.items()}


def build(options, name, spec, matmul, folder):
    """A model with random weights, and what the index says of it."""
    scratch = os.path.join(folder, ".building", name)
    model = Compiled(options.flowc, spec, scratch, "--target", "cpu,cuda", "--gpu", options.gpu, "--matmul", matmul)
    generator = numpy.random.default_rng(1)
    model.set(weights(generator, model.shapes))
    entry = {"folder": name, "matmul": matmul}
    matrices = [shape[0] * shape[1] for shape in model.shapes.values() if len(shape) == 2]
    if matrices:
        entry |= {"products": sum(matrices), "first_products": matrices[0]}
    x = generator.normal(size=(ROWS_TO_COMPARE, model.manifest["features"]))
    entry |= {"x": x.tolist(), "log_prob": model.log_prob(x, "f64").tolist()}
    shutil.move(model.model, os.path.join(folder, name))
    return entry


def models(options):
    """(name, spec, what products in f32 are of, what else the index says)"""
    for file in sorted(os.listdir(os.path.join(HERE, "models"))):
        with open(os.path.join(HERE, "models", file)) as text:
            yield file.removesuffix(".flow"), text.read(), "f32", {"check": True}
    for kind, (layers, layer) in TIMED.items():
        for width in WIDTHS:
            name = f"{kind}_{width}"
            spec = f"flow {name} {{\n  data real[{FEATURES}]\n  repeat {layers} {{ {layer.format(width=width)} }}\n}}\n"
            yield name, spec, options.matmul, {"check": width == WIDTHS[0], "time": True, "kind": kind, "features": FEATURES,
                                               "layers": layers, "width": width}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", help="the folder; what it had is lost")
    parser.add_argument("--flowc", required=True)
    parser.add_argument("--checker", required=True, help="the program device_check")
    parser.add_argument("--gpu", default="sm_80", help="the oldest GPU that it is for (default: %(default)s)")
    parser.add_argument("--matmul", default="tf32", choices=["tf32", "bf16", "f32"],
                        help="what the timed models round the factors of products to; the compared ones do not (default: %(default)s)")
    parser.add_argument("--only", default="", help="models with this in their name")
    options = parser.parse_args()
    options.flowc = os.path.abspath(options.flowc)
    shutil.rmtree(options.output, ignore_errors=True)
    os.makedirs(options.output)
    index = [build(options, name, spec, matmul, options.output) | more for name, spec, matmul, more in models(options)
             if options.only in name]
    shutil.rmtree(os.path.join(options.output, ".building"), ignore_errors=True)
    with open(os.path.join(options.output, "index.json"), "w") as out:
        json.dump({"models": index}, out)
    for file in ("run", "peers.py"):
        shutil.copy(os.path.join(HERE, file), options.output)
    shutil.copy(options.checker, os.path.join(options.output, "device_check"))
    archive = options.output.rstrip("/") + ".tar.gz"
    with tarfile.open(archive, "w:gz") as out:
        out.add(options.output, os.path.basename(options.output.rstrip("/")))
    print(f"{archive}: {len(index)} models, {os.path.getsize(archive) / 2**20:.1f} MiB; unpack it on a machine with a GPU and say ./run")


if __name__ == "__main__":
    main()
