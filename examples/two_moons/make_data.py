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
        yield x + rng.gauss(0, noise), y + rng.gauss(0, noise), int(upper)


def write(path, lines):
    unfinished = path + ".part"
    with open(unfinished, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    os.replace(unfinished, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--noise", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--labels", help="writes which half circle each row is of, too")
    parser.add_argument("output")
    options = parser.parse_args()
    rows = list(two_moons(options.rows, options.noise, options.seed))
    write(options.output, ["x,y"] + [f"{x:.6f},{y:.6f}" for x, y, _ in rows])
    if options.labels:
        write(options.labels, ["upper"] + [str(upper) for _, _, upper in rows])


if __name__ == "__main__":
    main()
