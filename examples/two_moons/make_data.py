#!/usr/bin/env python3
"""Writes two interleaved half circles with Gaussian noise as CSV; the standard library suffices."""

import argparse
import math
import os
import random


def two_moons(rows, noise, seed):
    rng = random.Random(seed)
    for _ in range(rows):
        angle = math.pi * rng.random()
        upper = rng.random() < 0.5
        x, y = math.cos(angle), math.sin(angle)
        if not upper:
            x, y = 1 - x, 0.5 - y
        yield x + rng.gauss(0, noise), y + rng.gauss(0, noise)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--noise", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("output")
    options = parser.parse_args()
    unfinished = options.output + ".part"
    with open(unfinished, "w", encoding="ascii") as file:
        file.write("x,y\n")
        for x, y in two_moons(options.rows, options.noise, options.seed):
            file.write(f"{x:.6f},{y:.6f}\n")
    os.replace(unfinished, options.output)


if __name__ == "__main__":
    main()
