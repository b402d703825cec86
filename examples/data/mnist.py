#!/usr/bin/python3
"""MNIST's 28 x 28 digits as rows of 784 numbers, from the four files of the data set (of which the two of images are read).
The first 50,000 training images are for training, the other 10,000 for validation. Uniform noise is added to the 8-bit
values and the sum divided by 256, so that x lies in [0, 1). With --draws N every training image comes N times, each time
with noise of its own: what a network could learn by heart of the noise is then less.

--space logit: log(u / (1 - u)) of u = alpha + (1 - 2 alpha) x, as Papamakarios et al. (2017) do with alpha = 1e-6.
--space unit: x itself, as for NICE (Dinh et al. 2014)."""

import gzip
import os
import struct

import numpy

import splits


def read_images(folder, name):
    """Rows of 8-bit pixels from a gzipped IDX file."""
    path = os.path.join(folder, name)
    try:
        with gzip.open(path, "rb") as file:
            content = file.read()
    except (OSError, EOFError) as error:
        splits.fail(f"{path}: {getattr(error, 'strerror', None) or 'not a whole gzip file'}")
    if len(content) < 16:
        splits.fail(f"{path}: {len(content)} bytes; expected an IDX file of images")
    magic, count, height, width = struct.unpack(">4i", content[:16])
    if magic != 0x803:
        splits.fail(f"{path}: begins with {magic:#x}; expected 0x803, an IDX file of 8-bit images")
    if len(content) != 16 + count * height * width:
        splits.fail(f"{path}: {len(content) - 16} bytes of pixels; its header says {count} x {height} x {width}")
    return numpy.frombuffer(content, numpy.uint8, offset=16).reshape(count, height * width)


def main():
    parser = splits.options(__doc__, "the folder with train-images-idx3-ubyte.gz and t10k-images-idx3-ubyte.gz")
    parser.add_argument("--space", choices=["logit", "unit"], required=True)
    parser.add_argument("--alpha", type=float, default=1e-6, help="for --space logit (default 1e-6)")
    parser.add_argument("--draws", type=int, default=1, help="how often a training image comes (default 1)")
    options = parser.parse_args()
    if options.draws < 1:
        parser.error("--draws must be at least 1")
    if not 0 < options.alpha < 0.5:
        parser.error("--alpha must lie between 0 and 0.5")
    random = numpy.random.default_rng(options.seed)

    def prepare(pixels):
        x = (pixels + random.random(pixels.shape)) / 256
        u = options.alpha + (1 - 2 * options.alpha) * x
        return (x if options.space == "unit" else numpy.log(u) - numpy.log1p(-u)).astype(numpy.float32)

    images = read_images(options.data, "train-images-idx3-ubyte.gz")
    last = len(images) - len(images) // 6
    # The first draw of all three first: validation and test set do not depend on --draws.
    tests = read_images(options.data, "t10k-images-idx3-ubyte.gz")
    first = [prepare(part) for part in (images[:last], images[last:], tests)]
    more = [prepare(images[:last]) for _ in range(options.draws - 1)]
    splits.write_splits(options.out, train=numpy.concatenate(first[:1] + more), valid=first[1], test=first[2])


if __name__ == "__main__":
    main()
