#!/usr/bin/env python3
"""The same weights in flowc's models and in those of PyTorch libraries: the same densities, and the same samples of the same latents.

Ends with 0 if all agree, with 1 if any does not, and with 77 where PyTorch or a library is missing.
"""

import argparse
import os
import sys

SKIPPED = 77

try:
    import numpy
    import torch

    import nflows_cases
    import normflows_cases
    import zuko_cases
except ImportError as missing:
    print(f"SKIPPED: {missing} ({sys.executable}); tests/parity/README.md says how to get the libraries")
    sys.exit(SKIPPED)

from compiled import Compiled

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS = 65
# What two computations in a number type may differ by, of the value's size. Densities of f32 are the project's promise. f64 comes first:
# a library's constants, once rounded to f32, stay so.
TOLERANCE = {"f64": 1e-12, "f32": 1e-5}
# Where an inverse amplifies rounding errors, samples of f32 may be so many times as far from the library's in f64 as its own of f32 are:
# the largest of some hundred differences scatters.
AS_EXACT = 4
TORCH = {"f32": torch.float32, "f64": torch.float64}
NUMPY = {"f32": numpy.float32, "f64": numpy.float64}


def weights(generator, shapes):
    """Far from what training begins with: a matrix about keeps the size of what it is multiplied with."""
    return {name: generator.normal(0, 0.7 / (shape[-1] if len(shape) > 1 else 2) ** 0.5, shape) for name, shape in shapes.items()}


def difference(ours, theirs):
    """The largest difference, by the size of theirs where that is above 1."""
    assert ours.shape == theirs.shape and numpy.isfinite(ours).all() and numpy.isfinite(theirs).all()
    return float((abs(ours.astype(float) - theirs) / numpy.maximum(1, abs(theirs.astype(float)))).max())


def run_library(case, latents, points):
    """The library's samples of the latents and densities of the points, and these points (where it can tell only those of its samples)."""
    with torch.set_grad_enabled(case.needs_gradients):
        if case.sampled:
            samples, density = case.sampled(torch.from_numpy(latents))
            return samples.detach().numpy(), density.detach().numpy(), samples.detach().numpy()
        samples = None if case.to_latent else case.to_data(torch.from_numpy(latents)).detach().numpy()
        return samples, case.density(torch.from_numpy(points)).detach().numpy(), points


def compare(case, flowc, folder, seed):
    """(density, samples) by number type: the difference, and what is allowed."""
    generator = numpy.random.default_rng(seed)
    model = Compiled(flowc, case.text(HERE), folder)
    parameters = {name: case.limit(name, array) for name, array in weights(generator, model.shapes).items()}
    model.set(parameters)
    x, z = generator.normal(0, 1.2, (2, ROWS, case.features))
    found, exact = {}, None
    for dtype, tolerance in TOLERANCE.items():
        case.set(parameters, TORCH[dtype])
        latents = z.astype(NUMPY[dtype])
        samples, density, points = run_library(case, latents, x.astype(NUMPY[dtype]))
        ours, _ = model.to_data(latents, dtype)
        assert density.dtype == ours.dtype == NUMPY[dtype]
        allowed = tolerance
        if samples is None:  # judged by where the library's other direction takes them
            distance = difference(case.to_latent(torch.from_numpy(ours)).detach().numpy(), latents)
        elif dtype == "f64":
            exact = samples
            distance = difference(ours, exact)
        else:
            distance = difference(ours, exact)
            allowed = max(tolerance, AS_EXACT * difference(samples, exact))
        found[dtype] = (difference(model.log_prob(points, dtype), density), tolerance), (distance, allowed)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("flowc", help="the command")
    parser.add_argument("folder", help="where models go")
    parser.add_argument("--only", default="", help="cases with this in their name")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    cases = [case for cases in (nflows_cases, zuko_cases, normflows_cases) for case in cases.cases() if options.only in case.name]
    failures = 0
    print("| largest difference (allowed) | log_prob, f64 | samples, f64 | log_prob, f32 | samples, f32 |\n|---|---|---|---|---|")
    for number, case in enumerate(cases):
        found = compare(case, os.path.abspath(options.flowc), os.path.join(options.folder, str(number)), options.seed)
        cells = [cell for pair in found.values() for cell in pair]
        agree = all(value <= allowed for value, allowed in cells)
        failures += not agree
        print(f"| {case.name} | " + " | ".join(f"{value:.1e} ({allowed:.0e})" for value, allowed in cells) + " |" +
              ("" if agree else " FAILED"), flush=True)
    print(f"{len(cases) - failures} passed, {failures} failed")
    return 1 if failures or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
