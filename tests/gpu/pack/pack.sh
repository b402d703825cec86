#!/usr/bin/env bash
# pack.sh FLOWC DEVICE_CHECK EMULATE_MODEL DRIVER_FOLDER FOLDER PYTHON: packs with one model each are made, unpacked elsewhere, and run:
# on a machine without a GPU, and with the emulated driver. 77: Python has no numpy, with which packs are made.
set -o errexit -o nounset -o pipefail
flowc=$1 checker=$2 emulate=$3 driver=$4 folder=$5 python=$6
here=$(cd "$(dirname "$0")" && pwd)
"$python" -c 'import numpy' 2>/dev/null || { echo "SKIPPED: $python has no numpy"; exit 77; }

fail() { echo "FAILED: $*"; exit 1; }

rm -rf "$folder" && mkdir -p "$folder/elsewhere"
for model in splines real_nvp_64; do
  "$python" "$here/make.py" --flowc "$flowc" --checker "$checker" --only $model "$folder/$model"
  tar -xzf "$folder/$model.tar.gz" -C "$folder/elsewhere"
  rm -rf "${folder:?}/$model"
  "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["spec"]["text"])' "$folder/elsewhere/$model/$model/manifest.json" \
    > "$folder/$model.flow"
done
pack=$folder/elsewhere/splines

# emulate SPEC MATMUL: its kernels for the driver's stand-in.
emulate() {
  "$flowc" "$1" --target cpu,cuda --emit scheduled -o "$1.mlir"
  "$emulate" "$1.mlir" "$1.so" "$2"
}
# check SPEC PACK OPTIONS: device_check with that driver and those kernels.
check() {
  local kernels=$1.so pack=$2
  shift 2
  LD_LIBRARY_PATH=$driver FLOWC_EMULATED_KERNELS=$kernels "$pack/device_check" "$pack" "$@"
}

# A machine without a GPU: one line, and 3. Where there is one, this is its test.
if code=0; "$pack/run" --no-times > "$folder/alone.txt" 2>&1 || code=$?; [ $code -ne 0 ]; then
  cat "$folder/alone.txt"
  [ $code -eq 3 ] || fail "ended with $code"
  [ "$(grep -c 'device_check: ' "$folder/alone.txt")" -eq 1 ] || fail "no clear line"
fi

# The driver's stand-in: right, and timed by the clock.
emulate "$folder/splines.flow" f32
check "$folder/splines.flow" "$pack" --rows 0,1,7,63,65,130 | tee "$folder/emulated.txt"
grep -q 'splines *f64 .*log_prob' "$folder/emulated.txt" || fail "no comparison in f64"
grep -q 'splines *f32 .*to_data, log_det' "$folder/emulated.txt" || fail "no comparison in f32"
grep -q 'splines *f32 .*training steps' "$folder/emulated.txt" || fail "no comparison of training"
grep -q '^all agree$' "$folder/emulated.txt" || fail "a difference"
# On tensor cores, whose rounding is allowed for; as if they rounded to bf16, that is seen.
emulate "$folder/real_nvp_64.flow" tf32
check "$folder/real_nvp_64.flow" "$folder/elsewhere/real_nvp_64" --rows 3,65 --batches 65 | tee "$folder/times.txt"
grep -q '^all agree$' "$folder/times.txt" || fail "a difference in tf32"
for measure in gradient step log_prob sample; do
  grep -q "real_nvp_64 .* 65 | $measure .* ms " "$folder/times.txt" || fail "no time of $measure"
done
emulate "$folder/real_nvp_64.flow" bf16
if check "$folder/real_nvp_64.flow" "$folder/elsewhere/real_nvp_64" --rows 65 --no-times > "$folder/rounded.txt" 2>&1; then
  fail "bf16 passed for tf32"
fi

# Kernels of another map are seen: the check can fail.
sed 's/^  maf(net = made(hidden = \[24\]))/  maf(net = made(hidden = [24]), bound = 1)/' "$folder/splines.flow" > "$folder/other.flow"
cmp -s "$folder/splines.flow" "$folder/other.flow" && fail "the other map is the same"
emulate "$folder/other.flow" f32
if check "$folder/other.flow" "$pack" --rows 65 --no-times > "$folder/wrong.txt" 2>&1; then
  fail "kernels of another map passed"
fi
grep -q 'WRONG' "$folder/wrong.txt" || { cat "$folder/wrong.txt"; fail "no word of what is wrong"; }
echo "1 passed, 0 failed"
