#!/usr/bin/env bash
# The scripts of examples/data, on small files of the raw data sets' form. Arguments of common.sh.
source "$(dirname "$0")/common.sh"
data=$source/examples/data
python=/usr/bin/python3 # the one whose numpy is a package of the system
export PYTHONDONTWRITEBYTECODE=1
"$python" "$source/tests/e2e/raw_data.py" || { fail "no raw files: is python3-numpy installed?"; finish; }

expect 0 "$data/bsds300.py" --data images.npz --out patches --train 4000 --valid 500 --test 1000 || finish
says out 'patches/test.npy: 1000 rows of 63'
expect 0 "$data/bsds300.py" --data images.npz --out again --train 4000 --valid 500 --test 1000
cmp patches/train.npy again/train.npy || fail 'one seed gives two sets of patches'
expect 0 "$data/bsds300.py" --data images.npz --out other --train 4000 --valid 500 --test 1000 --seed 1
cmp -s patches/train.npy other/train.npy && fail 'two seeds give one set of patches'
expect 0 "$data/mnist.py" --data . --space unit --out digits || finish
says out 'digits/train.npy: 1000 rows of 90'
says out 'digits/valid.npy: 200 rows of 90'
expect 0 "$data/mnist.py" --data . --space logit --out logits || finish
expect 0 "$data/mnist.py" --data . --space unit --draws 3 --out drawn || finish
says out 'drawn/train.npy: 3000 rows of 90'
cmp digits/test.npy drawn/test.npy || fail 'the test set depends on --draws'
expect 2 "$data/mnist.py" --data . --space unit --draws 0 --out no
"$python" - <<'TEXT' || fail 'the rows are not what the raw files say'
import gzip, os, numpy
pixels = numpy.frombuffer(gzip.open("t10k-images-idx3-ubyte.gz").read(), numpy.uint8, offset=16).reshape(100, 90)
unit = numpy.load("digits/test.npy")
assert unit.dtype == numpy.float32 and (numpy.abs(unit * 256 - pixels - 0.5) <= 0.5 + 1e-4).all()
u = 1 / (1 + numpy.exp(-numpy.load("logits/test.npy").astype(float)))
assert numpy.abs((u - 1e-6) / (1 - 2e-6) - unit).max() < 1e-6
once, drawn = numpy.load("digits/train.npy"), numpy.load("drawn/train.npy")
assert (drawn[:1000] == once).all() and (drawn[1000:2000] == once).mean() < 0.01
assert (numpy.floor(drawn * 256) == numpy.tile(numpy.floor(once * 256), (3, 1))).mean() > 0.999
patches = numpy.load("patches/train.npy")
assert patches.shape == (4000, 63) and numpy.abs(patches).max() <= 1
# The pixel that was dropped is minus the sum of the others, and as large as they are.
assert 0.5 < patches.sum(axis=1).std() / patches.std() < 2
# Independent Gaussians, whose log-likelihood is a formula: -3/2 (1 + log(2 pi)) - log(1 * 0.1 * 10) = -4.257.
os.mkdir("gauss")
random = numpy.random.default_rng(1)
for name, rows in [("train", 40000), ("test", 20000)]:
    numpy.save(f"gauss/{name}.npy", random.normal(0, [1, 0.1, 10], (rows, 3)).astype(numpy.float32))
TEXT
expect 0 "$data/gaussian.py" gauss
awk '{ exit !($1 > -4.30 && $1 < -4.21) }' out || fail "three independent Gaussians have $(cat out), expected -4.26"

# What is wrong with raw data is one line, and nothing is left.
wrong() {
  local text=$1
  shift
  expect 1 "$@"
  says err "$text"
  [ "$(wc -l <err)" -eq 1 ] || { fail "more than a line of error: $*"; cat err; }
}
wrong 'missing.npz: No such file' "$data/bsds300.py" --data missing.npz --out no
wrong 'not an .npz archive' "$data/bsds300.py" --data t10k-images-idx3-ubyte.gz --out no
wrong 'not an .npz archive' "$data/bsds300.py" --data patches/test.npy --out no
"$python" -c 'import numpy; numpy.savez("color.npz", train_0=numpy.zeros((9, 9, 3), numpy.uint8))'
wrong 'expected a grey 8-bit image' "$data/bsds300.py" --data color.npz --out no
wrong 'train-images-idx3-ubyte.gz: No such file' "$data/mnist.py" --data patches --space unit --out no
mkdir cut && head -c 3000 train-images-idx3-ubyte.gz >cut/train-images-idx3-ubyte.gz
wrong 'not a whole gzip file' "$data/mnist.py" --data cut --space unit --out no
wrong 'Not a directory' "$data/gaussian.py" patches/train.npy
[ ! -e no ] || fail 'a script that failed left a folder'
finish
