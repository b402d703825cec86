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

# system [FOLDER/]NAME DATA [RATE]: training at the size of toy_sizes.txt must raise the likelihood of rows that it did not see.
mean_in_err() { sed -n 's/^mean log_prob \([^ ]*\) .*/\1/p' err; }
system() {
  local name=${1//\//_} data=$2 path=${1%/*}/${1##*/} smaller before after
  local spec=$examples/$path.flow
  expect 0 "$flowc" check "$spec"
  smaller=$(sed -n "s|^$path  *||p" "$source/tests/e2e/toy_sizes.txt")
  sed -E "$smaller" "$spec" >"$name.flow"
  cmp -s "$name.flow" "$spec" && fail "$name is not made smaller"
  expect 0 "$flowc" "$name.flow" -o "$name" || return
  expect 0 "$name/model" selftest
  expect 0 "$name/model" log-prob --data "$data/test.npy" -o log_prob.npy
  before=$(mean_in_err)
  expect 0 "$name/model" train --data "$data/train.npy" --valid "$data/valid.npy" --run-dir "$name-run" \
    --steps 60 --batch-size 100 --warmup 5 --lr "${3:-0.002}" --ema 0 || return
  expect 0 "$name/model" log-prob --data "$data/test.npy" -o log_prob.npy
  after=$(mean_in_err)
  echo "$name: mean held-out log_prob $before untrained, $after trained"
  awk -v before="$before" -v after="$after" 'BEGIN { exit !(before != "" && after > before + 1) }' || fail "$name: $before, then $after"
}
for name in nice maf/mnist real_nvp/mnist; do system "$name" digits; done
for name in real_nvp maf maf/maf_mog neural_spline residual_flow residual_flow/estimated planar/planar planar/radial planar/sylvester \
  flow_pp splines naf naf/sos; do
  system "$name" patches
done
system circular angles 0.02
for name in bases bases/mixture; do system "$name" tails; done
# (Its tails are too long to be integrated over a box.)
expect 0 "$flowc" check "$examples/bases/trained.flow"
system bounded shares
expect 0 "$source/tests/e2e/systems.py" "$examples/README.md" "$flowc"
finish
