#!/usr/bin/env bash
# `build --tune`: what it measured is used from then on, results stay what they were but for rounding, and what is for another spec, machine
# or batch size, or no measurement at all, is ignored with a line.
source "$(dirname "$0")/common.sh"
python=$1

cat >toy.flow <<'END2'
flow toy {
  data real[5]
  repeat 2 { affine_coupling(net = mlp(hidden = [32])) }
  base normal
  train {
    batch_size = 200
    epochs = 3
    optimizer = { type = "adam", lr = 0.01 }
  }
}
END2
expect 0 "$flowc" toy.flow -o plain
expect 0 plain/model sample -n 1001 -o x.npy
[ -e plain/schedule.json ] && fail 'a schedule that nobody measured'

expect 0 "$flowc" toy.flow -o tuned --tune
says err 'timing'
says err 'tiles of  64 rows'
says err 'tiles of 256 rows'
expect 0 tuned/model selftest

# used with the next build
cp -r tuned used
expect 0 "$flowc" toy.flow -o used
says err 'as measured: used/schedule.json'

# A choice that nothing would make by itself is taken, too, so it is this file that decides; training agrees to rounding.
sed -i -e 's/"tile": [0-9]*/"tile": 48/' -e 's/"least_chunks": [0-9]*/"least_chunks": 3/' used/schedule.json
expect 0 "$flowc" toy.flow -o used
says err 'training in tiles of 48 rows'
expect 0 used/model selftest
for model in plain tuned used; do
  expect 0 $model/model train --data x.npy --run-dir $model-run
  expect 0 $model/model log-prob --params $model-run/last.safetensors --data x.npy -o $model.npy
done
"$python" - <<'END2' || fail 'a tuned model learns something else'
import struct
def read(path):
    data = open(path, "rb").read()
    start = 10 + struct.unpack("<H", data[8:10])[0]
    return struct.unpack("<%df" % ((len(data) - start) // 4), data[start:])
plain = read("plain.npy")
assert len(plain) == 1001
for other in ("tuned", "used"):
    worst = max(abs(a - b) for a, b in zip(plain, read(other + ".npy")))
    assert worst < 1e-2, (other, worst)
END2
# on any number of threads the very same
for threads in 1 2 3; do
  expect 0 used/model train --data x.npy --run-dir run-$threads -j $threads
done
cmp run-1/last.safetensors run-2/last.safetensors || fail '2 threads train to something else'
cmp run-1/last.safetensors run-3/last.safetensors || fail '3 threads train to something else'

ignored() {
  expect 0 "$flowc" "$1" -o used
  says err "used/schedule.json $2, and is ignored; --tune measures anew"
}
cp used/schedule.json kept.json
sed 's/real\[5\]/real[6]/' toy.flow >other.flow
sed -i 's/flow toy/flow toy  /' other.flow
ignored other.flow 'is for another spec'
sed -i 's/"machine": "/"machine": "not /' used/schedule.json
ignored toy.flow 'is for another machine'
sed 's/"batch": 200/"batch": 100/' kept.json >used/schedule.json
ignored toy.flow 'is for another batch size'
sed 's/"version": 1/"version": 0/' kept.json >used/schedule.json
ignored toy.flow 'is none that this flowc wrote'
for text in '{"version": 1}' 'no json' ''; do
  echo "$text" >used/schedule.json
  ignored toy.flow 'is none that this flowc wrote'
done
sed 's/"tile": 48/"tile": 47/' kept.json >used/schedule.json
ignored toy.flow 'is none that this flowc wrote'

# A tile that is asked for needs no measurement.
cp kept.json used/schedule.json
expect 0 "$flowc" toy.flow -o used --tile 32
grep -q schedule.json err && fail '--tile does not decide'
for other in --tile=32 --emit=asm --cpu=x86-64-v3; do
  expect 2 "$flowc" toy.flow -o used --tune $other
  says err 'leave out --tile, --emit and --cpu'
done
finish
