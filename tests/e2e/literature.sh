#!/usr/bin/env bash
# The systems of the literature in examples/: the specs as they stand are proved; at toy size, with fewer layers and narrower
# networks, they are compiled, judged by the self-test, and trained on small files of the real data's form. Arguments of common.sh.
source "$(dirname "$0")/common.sh"
examples=$source/examples
export PYTHONDONTWRITEBYTECODE=1
/usr/bin/python3 "$source/tests/e2e/raw_data.py" || { fail "no raw files: is python3-numpy installed?"; finish; }
expect 0 "$examples/data/bsds300.py" --data images.npz --out patches --train 4000 --valid 500 --test 1000 || finish
expect 0 "$examples/data/mnist.py" --data . --space unit --out digits || finish
for kind in angles tails shares; do expect 0 "$examples/data/toy.py" "$kind" --rows 4000 --out "$kind" || finish; done

# system [FOLDER/]NAME DATA SED_EXPRESSIONS [RATE]: training at toy size must raise the likelihood of rows that it did not see.
mean_in_err() { sed -n 's/^mean log_prob \([^ ]*\) .*/\1/p' err; }
system() {
  local name=${1//\//_} data=$2 before after
  local spec=$examples/${1%/*}/${1##*/}.flow
  expect 0 "$flowc" check "$spec"
  sed -E "$3" "$spec" >"$name.flow"
  cmp -s "$name.flow" "$spec" && fail "$name is not made smaller"
  expect 0 "$flowc" "$name.flow" -o "$name" || return
  expect 0 "$name/model" selftest
  expect 0 "$name/model" log-prob --data "$data/test.npy" -o log_prob.npy
  before=$(mean_in_err)
  expect 0 "$name/model" train --data "$data/train.npy" --valid "$data/valid.npy" --run-dir "$name-run" \
    --steps 60 --batch-size 100 --warmup 5 --lr "${4:-0.002}" --ema 0 || return
  expect 0 "$name/model" log-prob --data "$data/test.npy" -o log_prob.npy
  after=$(mean_in_err)
  echo "$name: mean held-out log_prob $before untrained, $after trained"
  awk -v before="$before" -v after="$after" 'BEGIN { exit !(before != "" && after > before + 1) }' || fail "$name: $before, then $after"
}
system nice digits 's/784/90/; s/\[1000.*1000\]/[16]/'
system real_nvp patches 's/repeat 10/repeat 3/; s/512/16/'
system maf patches 's/repeat 5/repeat 2/; s/512/64/g'
system maf/mnist digits 's/784/90/; s/repeat 5/repeat 2/; s/1024/64/'
system real_nvp/mnist digits 's/784/90/; s/repeat 5/repeat 2/; s/512/64/g'
system maf/maf_mog patches 's/repeat 5/repeat 1/; s/\[512\]\)\)/[64]), components = 2)/; s/512/64/g'
system neural_spline patches 's/repeat 10/repeat 1/; s/random\(10\)/random(1)/; s/128/16/; s/bins = 4/bins = 3/'
system residual_flow patches 's/repeat 6/repeat 1/; s/64, 64/16/'
for name in planar radial sylvester; do
  system "planar/$name" patches 's/real\[2\]/real[63]/; s/repeat 32/repeat 2/'
done
system flow_pp patches 's/repeat 10/repeat 1/; s/128/16/; s/components = 8/components = 3/'
system splines patches 's/repeat 10/repeat 1/; s/128/16/; s/k = 4/k = 3/'
system circular angles 's/repeat 6/repeat 2/; s/k = 8/k = 3/; s/\[32, 32\]/[16]/' 0.02
system naf patches 's/repeat 5/repeat 1/; s/512/64/; s/k = 8/k = 3/'
system naf/sos patches 's/repeat 5/repeat 1/; s/512/64/; s/degree = 2/degree = 1/'
system bases tails 's/repeat 4/repeat 2/; s/\[32, 32\]/[16]/'
# (Its tails are too long to be integrated over a box.)
expect 0 "$flowc" check "$examples/bases/trained.flow"
system bases/mixture tails 's/components = 8/components = 4/'
system bounded shares 's/repeat 4/repeat 2/; s/\[32, 32\]/[16]/'
expect 0 "$source/tests/e2e/systems.py" "$examples/README.md" "$flowc"
finish
