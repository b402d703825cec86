#!/usr/bin/env bash
# Batch normalization on the two moons, at toy size: what it reaches is what actnorm reaches, by densities and samples alike; runs
# resume; weights count. Arguments of common.sh, and Python.
source "$(dirname "$0")/common.sh"
python=$1
moons=$source/examples/two_moons

expect 0 "$python" "$moons/make_data.py" --rows 4000 --seed 1 train.csv
expect 0 "$python" "$moons/make_data.py" --rows 1000 --seed 2 test.csv
mean_in_err() { sed -n 's/^mean log_prob \([^ ]*\) .*/\1/p' err; }

# trained LAYER: the mean log density of unseen rows with this layer between the couplings.
trained() {
  mkdir -p "$1"
  sed "s/actnorm/$1/; s/repeat 8/repeat 4/; s/64, 64/32/" "$moons/two_moons.flow" >"$1/moons.flow"
  expect 0 "$flowc" "$1/moons.flow" -o "$1/moons" || return
  expect 0 "$1/moons/model" selftest
  expect 0 "$1/moons/model" train --data train.csv --epochs 30 --batch-size 100 --lr 0.003 --schedule cosine --seed 1 --run-dir "$1/run" || return
  expect 0 "$1/moons/model" selftest --params "$1/moons/parameters.safetensors"
  expect 0 "$1/moons/model" log-prob --data test.csv -o log_prob.npy
  reached=$(mean_in_err)
}
trained actnorm
with_actnorm=$reached
trained batch_norm
echo "mean held-out log_prob: $with_actnorm with actnorm, $reached with batch norm"
awk -v a="$with_actnorm" -v b="$reached" 'BEGIN { exit !(a != "" && b > a - 0.1) }' || fail "actnorm $with_actnorm, batch norm $reached"
says batch_norm/moons/manifest.json '"statistic": "variance"'
expect 0 batch_norm/moons/model explain
says out 'and 16 of running statistics'
says batch_norm/run/loss.svg '<svg'

# What a host that trains by itself does: nothing is moved but towards the batch.
awk 'NR > 1 { print NR % 3 }' train.csv >weights.csv
expect 0 batch_norm/moons/model train --data train.csv --weights weights.csv --epochs 1 --run-dir weighted
expect 0 batch_norm/moons/model train --data train.csv --weights weights.csv --resume weighted --epochs 2
head -n 12 train.csv >few.csv
expect 1 batch_norm/moons/model train --data few.csv --batch-size 1 --run-dir refused
says err 'batch'
expect 0 batch_norm/moons/model sample -n 100 --seed 3 -o samples.npy

# Contexts come along into every part of training; the statistics are of all rows, whatever their contexts.
expect 0 "$python" "$moons/make_data.py" --rows 4000 --seed 1 --labels labels.csv labelled.csv
echo 'flow both { data real[2]; context label[2]; repeat 2 { affine_coupling(net = mlp(hidden = [8])); batch_norm; reverse } }' >both.flow
expect 0 "$flowc" both.flow -o both
expect 0 both/model selftest
says out 'gradient'
expect 0 both/model train --data labelled.csv --context labels.csv --epochs 2 --run-dir both-run
expect 0 both/model selftest --params both/parameters.safetensors

# Only on the way from data, and only of data.
echo 'flow turned { data real[2]; inverse(batch_norm) }' >turned.flow
expect 1 "$flowc" turned.flow -o turned
says err 'turned.flow:1:37: error:'
says err 'on the way from data to latent'
echo 'layer spread(x) { running v = variance(x); return x / sqrt(v) }
flow spread { data real[2]; spread }' >spread.flow
expect 1 "$flowc" check spread.flow
says err 'v may be 0; with a small number added to it the proof succeeds'
echo 'layer mixed(x) {
  param w: real[len(x), len(x)] ~ normal(0.1)
  running v = variance(x)
  return x + matvec(lower(w * (1 + sum(v)), -1), x)
}
flow mixed { data real[3]; mixed }' >mixed.flow
expect 1 "$flowc" mixed.flow -o mixed
says err 'this matrix is made with a statistic'
finish
