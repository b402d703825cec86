#!/usr/bin/python3
"""8 x 8 patches of the Berkeley segmentation data set in grey, made ready as Papamakarios et al. (2017) do:
uniform noise is added to the 8-bit values, they are divided by 256, the patch's mean is subtracted, and the last
pixel is dropped, since the others say what it is. 63 features are left.

The file is an .npz with one 8-bit image per name, train_* and test_*. Test patches come from the test images,
validation patches from every tenth training image, training patches from the others; each patch is drawn from a
random image and place."""

import zipfile

import numpy

import splits

SIDE = 8


def read_images(path):
    """The images named train_* and test_*, in the order of their names."""
    try:
        with open(path, "rb") as file:
            if not zipfile.is_zipfile(file):
                splits.fail(f"{path}: not an .npz archive")
            file.seek(0)
            with numpy.load(file) as archive:
                images = {name: archive[name] for name in sorted(archive.files)}
    except OSError as error:
        splits.fail(f"{path}: {error.strerror or error}")
    except (ValueError, EOFError, zipfile.BadZipFile):
        splits.fail(f"{path}: not an .npz archive of images, or a damaged one")
    for name, image in images.items():
        if image.ndim != 2 or image.dtype != numpy.uint8 or min(image.shape) < SIDE:
            found = f"`{name}` has shape {image.shape} and type {image.dtype}"
            splits.fail(f"{path}: {found}; expected a grey 8-bit image of at least {SIDE} x {SIDE}")
    train = [image for name, image in images.items() if name.startswith("train_")]
    test = [image for name, image in images.items() if name.startswith("test_")]
    if len(train) < 2 or not test:
        splits.fail(f"{path}: {len(train)} images train_* and {len(test)} test_*; expected at least 2 and 1")
    return train, test


def draw_patches(images, count, random):
    """`count` rows of 63 numbers."""
    rows = numpy.empty((count, SIDE * SIDE - 1), numpy.float32)
    which = random.integers(len(images), size=count)
    for index, image in enumerate(images):
        places = numpy.flatnonzero(which == index)
        windows = numpy.lib.stride_tricks.sliding_window_view(image, (SIDE, SIDE))
        top = random.integers(windows.shape[0], size=len(places))
        left = random.integers(windows.shape[1], size=len(places))
        patches = windows[top, left].reshape(len(places), SIDE * SIDE).astype(float)
        patches = (patches + random.random(patches.shape)) / 256
        rows[places] = (patches - patches.mean(axis=1, keepdims=True))[:, :-1]
    return rows


def main():
    parser = splits.options(__doc__, "the .npz of images")
    parser.add_argument("--train", type=int, default=1000000, help="training patches (default 1000000)")
    parser.add_argument("--valid", type=int, default=50000, help="validation patches (default 50000)")
    parser.add_argument("--test", type=int, default=250000, help="test patches (default 250000)")
    options = parser.parse_args()
    if min(options.train, options.valid, options.test) < 1:
        parser.error("--train, --valid and --test must be at least 1")
    train, test = read_images(options.data)
    random = numpy.random.default_rng(options.seed)
    held_out, others = train[::10], [image for index, image in enumerate(train) if index % 10]
    splits.write_splits(
        options.out,
        train=draw_patches(others, options.train, random),
        valid=draw_patches(held_out, options.valid, random),
        test=draw_patches(test, options.test, random),
    )


if __name__ == "__main__":
    main()
