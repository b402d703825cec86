#!/usr/bin/env python3
"""The divergence of a trained posterior q(z | x) from the true one, for some x: that of the linear model is known in closed form, that of
the curved one is integrated over a grid. Says the mean over x of KL(q, p), and how far the integral of q is from 1; needs numpy."""

import argparse
import subprocess
import tempfile

import numpy as np

NOISE = 0.5
MIXING = np.array([[1.0, 1.0], [1.0, -0.5]])


def grid():
    side = np.arange(-6, 6, 0.05) + 0.025
    return np.stack(np.meshgrid(side, side, indexing="ij"), axis=-1).reshape(-1, 2), 0.05**2


def linear_posterior(points, x):
    precision = np.eye(2) + MIXING.T @ MIXING / NOISE**2
    error = points - np.linalg.solve(precision, MIXING.T @ x) / NOISE**2
    return 0.5 * np.log(np.linalg.det(precision)) - np.log(2 * np.pi) - 0.5 * np.sum((error @ precision) * error, axis=1)


def curved_posterior(points, x, cell):
    joint = -0.5 * np.sum(points**2, axis=1) - 0.5 * ((x[0] - points[:, 0] ** 2 - points[:, 1]) / NOISE) ** 2
    largest = joint.max()
    return joint - largest - np.log(np.sum(np.exp(joint - largest)) * cell)


def log_prob(model, points, x):
    with tempfile.TemporaryDirectory() as folder:
        np.save(f"{folder}/points.npy", points)
        values = "--context-values=" + ",".join(str(number) for number in x)
        command = [model, "log-prob", "--dtype", "f64", "--data", f"{folder}/points.npy", values, "-o", f"{folder}/density.npy"]
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        return np.load(f"{folder}/density.npy")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("posterior", choices=["linear", "curved"])
    parser.add_argument("model", help="the program of the model's directory")
    parser.add_argument("observed", help="CSV of x; the first rows are looked at")
    parser.add_argument("--rows", type=int, default=20)
    options = parser.parse_args()
    points, cell = grid()
    divergences, errors = [], []
    for x in np.loadtxt(options.observed, delimiter=",", ndmin=2)[: options.rows]:
        q = log_prob(options.model, points, x)
        p = linear_posterior(points, x) if options.posterior == "linear" else curved_posterior(points, x, cell)
        divergences.append(np.sum(np.exp(q) * (q - p)) * cell)
        errors.append(abs(np.sum(np.exp(q)) * cell - 1))
    print(f"mean divergence {np.mean(divergences):.5f}, largest {np.max(divergences):.5f}, integral off by {np.max(errors):.5f}")


if __name__ == "__main__":
    main()
