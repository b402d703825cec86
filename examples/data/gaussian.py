#!/usr/bin/python3
"""The mean log-likelihood, in nats, that a Gaussian with full covariance, fitted to train.npy, gives the rows of test.npy. A data set
that was made ready rightly gives the published number: look at it before you believe a flow's."""

import argparse
import os

import numpy

import splits


def read_rows(folder, name):
    path = os.path.join(folder, name)
    try:
        return numpy.load(path, mmap_mode="r")
    except OSError as error:
        splits.fail(f"{path}: {error.strerror or 'not a .npy file'}")
    except ValueError:
        splits.fail(f"{path}: not a .npy file")


def moments(rows, chunk=50000):
    """Mean and covariance in f64, without a copy of all rows in f64."""
    mean = rows.mean(axis=0, dtype=float)
    products = numpy.zeros((len(mean), len(mean)))
    for first in range(0, len(rows), chunk):
        centered = rows[first : first + chunk] - mean
        products += centered.T @ centered
    return mean, products / len(rows)


def log_likelihood(rows, mean, covariance):
    factor = numpy.linalg.cholesky(covariance)
    whitened = numpy.linalg.solve(factor, (rows - mean).T)
    log_normalizer = 0.5 * len(mean) * numpy.log(2 * numpy.pi) + numpy.log(numpy.diag(factor)).sum()
    return -0.5 * (whitened**2).sum(axis=0) - log_normalizer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="with train.npy and test.npy")
    options = parser.parse_args()
    train, test = read_rows(options.folder, "train.npy"), read_rows(options.folder, "test.npy")
    try:
        values = log_likelihood(test, *moments(train))
    except numpy.linalg.LinAlgError:
        splits.fail(f"{options.folder}: the covariance of train.npy has no Cholesky factor; more rows than features are needed")
    print(f"{values.mean():.2f} +- {2 * values.std() / numpy.sqrt(len(values)):.2f} nats")


if __name__ == "__main__":
    main()
