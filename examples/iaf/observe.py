#!/usr/bin/env python3
"""Writes what the latent models of models.flow give: rows of x, as CSV; the standard library suffices."""

import argparse
import os
import random


def linear(rng, noise):
    z = [rng.gauss(0, 1), rng.gauss(0, 1)]
    return [z[0] + z[1] + rng.gauss(0, noise), z[0] - z[1] / 2 + rng.gauss(0, noise)]


def curved(rng, noise):
    z = [rng.gauss(0, 1), rng.gauss(0, 1)]
    return [z[0] ** 2 + z[1] + rng.gauss(0, noise)]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=["linear", "curved"])
    parser.add_argument("--rows", type=int, default=10000)
    parser.add_argument("--noise", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("output")
    options = parser.parse_args()
    rng = random.Random(options.seed)
    observe = {"linear": linear, "curved": curved}[options.model]
    unfinished = options.output + ".part"
    with open(unfinished, "w", encoding="ascii") as file:
        for _ in range(options.rows):
            file.write(",".join(f"{number:.6f}" for number in observe(rng, options.noise)) + "\n")
    os.replace(unfinished, options.output)


if __name__ == "__main__":
    main()
