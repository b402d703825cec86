#!/usr/bin/python3
"""Writes train.npy, valid.npy and test.npy of made-up data: angles, heavy tails, or numbers between bounds. Needs numpy."""

import argparse
import os

import numpy


def angles(rows, rng):
    """Two angles of a torus, in three clusters, one of them across the seam."""
    centers = numpy.array([[-1.2, -0.8], [-2.0, 2.4], [3.0, 0.9]])
    kind = rng.choice(3, rows, p=[0.5, 0.3, 0.2])
    first = rng.vonmises(centers[kind, 0], 12)
    second = rng.vonmises(centers[kind, 1] + 0.5 * numpy.sin(first), 20)
    return numpy.stack([first, second], 1)


def tails(rows, rng):
    """Two coupled numbers, Student's t with 3 degrees of freedom."""
    t = rng.standard_t(3, (rows, 2)) * [0.1, 0.3] + [1, -2]
    return numpy.stack([t[:, 0], t[:, 1] + numpy.abs(t[:, 0])], 1)


def shares(rows, rng):
    """Two shares between 0 and 1, both often next to an end."""
    first = rng.beta(0.5, 3, rows)
    return numpy.stack([first, rng.beta(6 * first + 0.3, 0.6)], 1).clip(1e-6, 1 - 1e-6)


def main():
    kinds = {function.__name__: function for function in (angles, tails, shares)}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=kinds)
    parser.add_argument("--out", required=True)
    parser.add_argument("--rows", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    rng = numpy.random.default_rng(options.seed)
    for name, rows in [("train", options.rows), ("valid", options.rows // 4), ("test", options.rows // 2)]:
        numpy.save(os.path.join(options.out, name + ".npy"), kinds[options.kind](rows, rng).astype(numpy.float32))


if __name__ == "__main__":
    main()
