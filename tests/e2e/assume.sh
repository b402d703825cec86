#!/usr/bin/env bash
# What a layer assumes is checked when the model runs: of parameters and of rows, with one line that names layer and assumption.
source "$(dirname "$0")/common.sh"

cat >rows.flow <<'FLOW'
layer scaled(x) {
  a, b = split(x, half)
  assume sum(a) < 10
  return merge(half, a, b * (20 - sum(a)))
}
flow rows { data real[2]; scaled; base normal }
FLOW
cat >slope.flow <<'FLOW'
layer tilted(x) {
  param slope: real[len(x)] = 2
  assume slope > 1.5
  return x * slope
}
flow slope { data real[2]; tilted; base normal }
FLOW

expect 0 "$flowc" check rows.flow
says out 'assumes sum(a) < 10'
for name in rows slope; do
  expect 0 "$flowc" "$name.flow" -o "$name" || finish
  says "$name/manifest.json" '"verdict": "assumed"'
done

# one_line TEXT: stderr is one line with this text, and nothing is on stdout.
one_line() {
  grep -v 'not trained yet' err >line
  [ "$(wc -l <line)" -eq 1 ] && [ ! -s out ] || { fail "not one line"; cat out err; }
  says line "$1"
}

printf '1,2\n9,3\n' >good.csv
printf '1,2\n12,3\n' >bad.csv
expect 0 rows/model log-prob --data good.csv
expect 0 rows/model transform --to latent --data good.csv
expect 1 rows/model log-prob --data bad.csv
one_line 'the layer `0.scaled` assumes `sum(a) < 10`, which does not hold for 50 % of the rows'
expect 1 rows/model transform --to latent --data bad.csv
expect 1 rows/model transform --to data --data bad.csv
expect 0 rows/model sample -n 100

# Data of deviation 2: likelihood drives the slope from 2 to 1/2, and the step below 1.5 is the last.
for i in $(seq 200); do echo "$((i % 9 - 4)),$((i * 7 % 9 - 4))"; done >wide.csv
expect 0 slope/model log-prob --data wide.csv
expect 4 slope/model train --data wide.csv --epochs 200 --lr 0.05 --run-dir run
says err 'the layer `0.tilted` assumes `slope > 1.5`, which does not hold'
finish
