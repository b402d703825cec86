"""What the scripts of this folder share: reading with one clear error, and writing a split of rows as .npy files."""

import argparse
import os
import sys

import numpy


def options(description, data_help):
    """The arguments that every script has; a script adds its own."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, metavar="PATH", help=data_help)
    parser.add_argument("--out", required=True, metavar="FOLDER", help="where train.npy, valid.npy and test.npy go; it is made if missing")
    parser.add_argument("--seed", type=int, default=42, help="of everything random (default 42)")
    return parser


def fail(message):
    sys.exit(f"{os.path.basename(sys.argv[0])}: error: {message}")


def write_splits(folder, **splits):
    """Writes every array of rows as FOLDER/NAME.npy in f32, under a temporary name until it is whole."""
    try:
        os.makedirs(folder, exist_ok=True)
        for name, rows in splits.items():
            path = os.path.join(folder, name + ".npy")
            with open(path + ".part", "wb") as file:
                numpy.save(file, rows.astype(numpy.float32, copy=False))
            os.replace(path + ".part", path)
            print(f"{path}: {rows.shape[0]} rows of {rows.shape[1]}")
    except OSError as error:
        fail(f"{error.filename or folder}: {error.strerror}")
