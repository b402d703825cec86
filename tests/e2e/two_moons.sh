#!/usr/bin/env bash
# From data to picture with the two moons, at toy size. Arguments of common.sh, and Python.
source "$(dirname "$0")/common.sh"
python=$1
moons=$source/examples/two_moons

expect 0 "$python" "$moons/make_data.py" --rows 2000 --seed 1 train.csv
expect 0 "$python" "$moons/make_data.py" --rows 500 --seed 2 test.csv
expect 0 "$flowc" "$moons/two_moons.flow" -o two_moons || finish
for file in model two_moons.so two_moons.h two_moons.hpp flowrt.h flowrt.hpp manifest.json report.md two_moons.flow; do
  [ -s "two_moons/$file" ] || fail "the model directory lacks $file"
done
needed=$(readelf -d two_moons/two_moons.so | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -Ev '^(libc|libm)\.so|^ld-linux')
[ -z "$needed" ] || fail "the model library depends on $needed"
expect 0 two_moons/model selftest

mean_in_err() { sed -n 's/^mean log_prob \([^ ]*\) .*/\1/p' err; }
expect 0 two_moons/model log-prob --data test.csv -o log_prob.csv
before=$(mean_in_err)
expect 0 two_moons/model train --data train.csv --epochs 2 --run-dir run || finish
[ -s err ] || [ -s out ] || fail 'training reports nothing'
expect 0 two_moons/model log-prob --data test.csv -o log_prob.csv
after=$(mean_in_err)
echo "mean held-out log_prob: $before untrained, $after after two epochs"
awk -v before="$before" -v after="$after" 'BEGIN { exit !(before != "" && after != "" && after > before) }' ||
  fail "the held-out likelihood did not grow: $before, then $after"
[ "$(grep -c '[0-9]' log_prob.csv)" -ge 500 ] || fail 'log-prob lost rows'

expect 0 two_moons/model sample -n 100 --seed 3 -o samples.npy
expect 0 two_moons/model sample -n 100 --seed 3 -o again.npy
cmp samples.npy again.npy || fail 'two samplings with one seed differ'
expect 0 two_moons/model transform --to latent --data test.csv -o latent.npy
expect 0 two_moons/model transform --to data --data latent.npy -o back.csv
paste -d, test.csv back.csv | awk -F, '
  $1 + 0 == $1 && $3 + 0 == $3 { rows++; if (($1-$3)^2 + ($2-$4)^2 > 1e-6) bad++ }
  END { exit !(rows == 500 && !bad) }' || { fail 'data -> latent -> data'; paste -d, test.csv back.csv | head -n 5; }
expect 0 two_moons/model explain
says out 'exp'
expect 0 two_moons/model plot density --data test.csv -o density.svg
expect 0 two_moons/model plot loss --run-dir run -o loss.svg
for picture in density.svg loss.svg; do
  says "$picture" '<svg'
  says "$picture" '</svg>'
done
expect 0 two_moons/model selftest --params two_moons/parameters.safetensors

# The command runs a model directory, too, and a trained model survives a new compilation.
expect 0 "$flowc" sample two_moons -n 100 --seed 3 -o by_flowc.npy
cmp samples.npy by_flowc.npy || fail 'flowc sample and model sample differ'
expect 0 "$flowc" "$moons/two_moons.json" -o two_moons
expect 0 two_moons/model sample -n 100 --seed 3 -o from_json.npy
cmp samples.npy from_json.npy || fail 'the model of the .json form samples differently'

finish
