#!/usr/bin/env bash
# Flows conditional on labels and numbers, at toy size: the examples, wrong specs and wrong contexts, posteriors for every x at once.
source "$(dirname "$0")/common.sh"
python=$1
conditional=$source/examples/conditional
iaf=$source/examples/iaf

mean_in_err() { sed -n 's/^mean log_prob \([^ ]*\) .*/\1/p' err; }
# above NAME FOUND LEAST
above() { awk -v a="$2" -v b="$3" 'BEGIN { exit !(a != "" && a > b) }' || fail "$1 is $2; expected more than $3"; }

# Two moons with a label: the label tells which of them, and rows are less likely under the other one.
expect 0 "$python" "$source/examples/two_moons/make_data.py" --rows 4000 --seed 1 --labels labels.csv moons.csv
expect 0 "$flowc" check "$conditional/conditional.flow"
sed 's/repeat 6/repeat 4/; s/\[64, 64\]/[16]/' "$conditional/conditional.flow" >toy.flow
expect 0 "$flowc" toy.flow -o toy || finish
expect 0 toy/model selftest
says out 'rows have their own contexts'
expect 0 toy/model train --data moons.csv --context labels.csv --epochs 8 --lr 0.003 --run-dir run
expect 0 toy/model log-prob --data moons.csv --context labels.csv -o own.csv
own=$(mean_in_err)
awk 'NR == 1 { print } NR > 1 { print 1 - $1 }' labels.csv >other.csv
expect 0 toy/model log-prob --data moons.csv --context other.csv -o lp.csv
above 'the likelihood of the right labels' "$own" "$(awk -v o="$(mean_in_err)" 'BEGIN { print o + 2 }')"
above 'the likelihood' "$own" -1.2
expect 0 toy/model sample -n 500 --label 1 -o upper.csv
above 'the height of the upper moon' "$(awk -F, 'NR > 1 { s += $2; n++ } END { print s / n }' upper.csv)" 0.45
expect 0 toy/model sample -n 2 --context labels.csv -o two_each.npy
says err '8000 rows'
expect 0 toy/model plot density --label 0 -o lower.svg
expect 0 toy/model explain
says out 'a label from 0 to 1'
says toy/manifest.json '"label": true'

# A stopped run goes on with the same bits, and so does one on other threads.
expect 0 toy/model train --data moons.csv --context labels.csv --schedule constant --steps 30 --threads 2 --run-dir whole
expect 0 toy/model train --data moons.csv --context labels.csv --schedule constant --steps 11 --run-dir parts
expect 0 toy/model train --data moons.csv --context labels.csv --schedule constant --steps 30 --threads 1 --resume parts
cmp whole/optim.safetensors parts/optim.safetensors || fail 'a resumed run is another one'

# What is missing or wrong is one line with the way out.
wrong() {
  local code=$1 text=$2
  shift 2
  expect "$code" "$@"
  says err "$text"
  [ "$(wc -l <err)" -eq 1 ] || fail "more than one line: $*"
}
wrong 2 '`--context` is missing' toy/model train --data moons.csv
wrong 2 '`--context` is missing' toy/model log-prob --data moons.csv
wrong 2 'expected a label from 0 to 1' toy/model sample --label 2
printf '0\n1\n' >two.csv
wrong 1 '2 contexts for 4000 rows of data' toy/model log-prob --data moons.csv --context two.csv
wrong 1 'the context of row 2 is 0.5' toy/model sample --context <(printf '0\n0.5\n')
printf 'flow plain { data real[2]; affine }\n' >plain.flow
expect 0 "$flowc" plain.flow -o plain || finish
wrong 2 'is not conditional' plain/model sample --label 1
printf 'layer moved(x) { return x + sum(context) }\nflow g { data real[2]; moved }\n' >missing.flow
expect 1 "$flowc" missing.flow -o missing
says err 'missing.flow:1:33: error: there is no `context`'

# A normal base for every context, and no other layer: y = 2 c0 - c1 with a noise of e^c1.
cat >regression.flow <<'SPEC'
flow regression { data real[1]; context real[2]; conditional_affine(net = linear) }
SPEC
expect 0 "$flowc" regression.flow -o regression || finish
"$python" - <<'MAKE'
import math, random
rng = random.Random(1)
with open("c.csv", "w") as c, open("y.csv", "w") as y:
    for _ in range(4000):
        a, b = rng.uniform(-1, 1), rng.uniform(-1, 1)
        c.write(f"{a},{b}\n")
        y.write(f"{2 * a - b + math.exp(b) * rng.gauss(0, 1)}\n")
MAKE
expect 0 regression/model train --data y.csv --context c.csv --epochs 60 --lr 0.03 --schedule cosine --run-dir regression_run
expect 0 regression/model transform --to data --data <(printf '0\n') --context-values 0.5,-0.5 -o mean.csv
awk 'NR == 2 { exit !(($1 - 1.5)^2 < 0.01) }' mean.csv || fail "the mean is $(tail -n 1 mean.csv); expected 1.5"

# What is assumed of a context is looked at, row by row.
cat >assumed.flow <<'SPEC'
layer by_factor(x) {
  assume context[0] > 0
  return x * context[0]
}
flow assumed { data real[2]; context real[1]; by_factor; affine }
SPEC
expect 0 "$flowc" check assumed.flow
says out 'assumed'
expect 0 "$flowc" assumed.flow -o assumed || finish
printf '1\n-1\n' >signs.csv
printf '0,1\n2,3\n' >rows.csv
expect 0 assumed/model log-prob --data rows.csv --context-values 2
expect 1 assumed/model log-prob --data rows.csv --context signs.csv
says err 'assumes `context[0] > 0`, which does not hold for 50 % of the rows'

# A student is given the context of its teacher.
cat >student.flow <<'SPEC'
import "toy.flow"
flow student {
  data real[2]
  context label[2]
  repeat 2 { inverse(affine_coupling(net = mlp(hidden = [16]))) }
  inverse(conditional_affine)
  objective reverse_kl(conditional)
}
SPEC
expect 0 "$flowc" student.flow -o student || finish
expect 0 student/model selftest
says out 'objective = log target - log model'
expect 0 student/model train --teacher toy --context labels.csv --epochs 6 --samples 4096 --lr 0.003 --run-dir student_run
expect 0 student/model sample -n 2000 --label 1 --with-log-prob --dtype f64 -o student.csv
cut -d, -f1,2 student.csv >points.csv
expect 0 toy/model log-prob --data points.csv --label 1 --dtype f64 -o teacher.csv
found=$(paste -d, student.csv teacher.csv | awk -F, 'NR > 1 { n++; sum += $3 - $4 } END { print sum / n }')
echo "divergence of the student from its teacher, for label 1: $found"
awk -v f="$found" 'BEGIN { exit !(f != "" && f > 0 && f < 1) }' || fail "the divergence of the student is $found; expected below 1"

# IAF written generatively, trained by the likelihood of data.
sed 's/repeat 4/repeat 2/; s/\[64, 64\]/[24]/' "$iaf/density.flow" >density.flow
expect 0 "$flowc" check "$iaf/density.flow"
expect 0 "$flowc" density.flow -o density || finish
expect 0 density/model train --data moons.csv --epochs 6 --lr 0.003 --run-dir density_run
expect 0 density/model log-prob --data moons.csv -o lp.csv
above 'the likelihood of an IAF' "$(mean_in_err)" -1.9

# Posteriors for every x at once. That of the linear model is reached; that of the curved one nearly, and no normal distribution is near.
cp "$iaf/models.flow" .
export PYTHONDONTWRITEBYTECODE=1
# posterior NAME MODEL SED MOST ARGUMENTS...: trains it, and its divergence from the true one is at most MOST.
posterior() {
  local name=$1 model=$2 most=$4
  expect 0 "$flowc" check "$iaf/$name.flow"
  sed "$3" "$iaf/$name.flow" >"$name.flow"
  expect 0 "$flowc" "$name.flow" -o "$name" || return
  expect 0 "$name/model" selftest
  says out 'objective = log target - log model'
  expect 0 "$iaf/observe.py" "$model" --rows 4000 "$model.csv"
  expect 0 "$name/model" train --context "$model.csv" "${@:5}" --run-dir "run_$name" || return
  expect 0 /usr/bin/python3 "$iaf/divergence.py" "$model" "$name/model" "$model.csv" --rows 5 || return
  echo "$name: $(cat out)"
  divergence=$(sed -n 's/^mean divergence \([^,]*\),.*/\1/p' out)
  awk -v d="$divergence" -v m="$most" 'BEGIN { exit !(d != "" && d > -0.001 && d < m) }' || fail "the divergence of $name is $divergence; expected below $most"
  awk -v e="$(sed -n 's/.*off by //p' out)" 'BEGIN { exit !(e != "" && e < 0.01) }' || fail "the density of $name does not integrate to 1"
}
posterior linear linear '' 0.01 --epochs 20 --samples 8192
posterior curved curved 's/\[64, 64\]/[32]/' 0.15 --epochs 40 --samples 8192 --lr 0.005
bent=$divergence
posterior diagonal curved '' 5 --epochs 10 --samples 8192 --lr 0.005
above 'the divergence of a normal distribution' "$divergence" "$(awk -v b="$bent" 'BEGIN { print 2 * b }')"
wrong 2 '`--context` is missing: linear is conditional, on 2 numbers; a file with those that samples are drawn for' linear/model train
finish
