#!/usr/bin/python3
"""Writes small files of the raw data sets' form into the current folder: images.npz as of BSDS300, and MNIST's two files of images."""

import gzip
import struct

import numpy


def images(count, height, width):
    """Smooth, with an edge, and noise."""
    y, x = numpy.mgrid[0:height, 0:width]
    slopes = random.uniform(0.1, 0.5, (count, 2))
    waves = [numpy.sin(a * x + b * y + i) + (x > 5 + i % 9) for i, (a, b) in enumerate(slopes)]
    return (90 + 50 * numpy.array(waves) + random.normal(0, 3, (count, height, width))).clip(0, 255).astype(numpy.uint8)


random = numpy.random.default_rng(1)
named = {f"train_{i}": image for i, image in enumerate(images(12, 40, 30))}
named |= {f"test_{i}": image for i, image in enumerate(images(5, 30, 40))}
numpy.savez("images.npz", **named)
for name, count in [("train", 1200), ("t10k", 100)]:
    with gzip.open(f"{name}-images-idx3-ubyte.gz", "wb") as file:
        file.write(struct.pack(">4i", 0x803, count, 10, 9) + images(count, 10, 9).tobytes())
