#!/usr/bin/env bash
# Objectives beside the likelihood, at toy size: energies with a known answer, the examples, a teacher, weights, mixtures of latents.
source "$(dirname "$0")/common.sh"
python=$1
energies=$source/examples/energies
distillation=$source/examples/distillation

# best RUN METRIC: the lowest validation loss of a run.
best() { sed -n "s/.*\"valid_$2\":\([^,]*\).*/\1/p" "$1/metrics.jsonl" | sort -g | head -n 1; }
# last RUN METRIC: the last training loss.
last() { sed -n "s/.*\"train_$2\":\([^,]*\).*/\1/p" "$1/metrics.jsonl" | tail -n 1; }
# near NAME FOUND EXPECTED MARGIN
near() {
  awk -v a="$2" -v b="$3" -v m="$4" 'BEGIN { exit !(a != "" && (a-b)^2 <= m*m) }' || fail "$1 is $2; expected $3 within $4"
}

# A normal distribution is learned exactly: the divergence up to the constant is then -log Z = -log(8 pi).
cat >bowl.flow <<'SPEC'
energy bowl(x, width = 2) = dot(x - [1, -2], x - [1, -2]) / (2 * width * width)
flow bowl { data real[2]; affine; objective reverse_kl(bowl) }
SPEC
expect 0 "$flowc" bowl.flow -o bowl || finish
expect 0 bowl/model selftest
says out 'objective = log target - log model'
expect 0 bowl/model train --epochs 20 --samples 4096 --lr 0.02 --schedule cosine --run-dir bowl_run
near 'the divergence from a normal distribution' "$(last bowl_run kl)" -3.224171 1e-3
says err 'kl from bowl, up to its constant'
expect 0 bowl/model log-prob --data <(printf '1,-2\n') -o at_center.csv
near 'the density at the center' "$(tail -n 1 at_center.csv)" -3.224171 0.1

# The same bits for any number of threads, and for a run that is stopped and resumed.
for threads in 1 2 7; do
  expect 0 bowl/model train --steps 40 --samples 1000 --threads $threads --run-dir threads_$threads
  cmp threads_1/optim.safetensors threads_$threads/optim.safetensors || fail "$threads threads give other bits"
done
expect 0 bowl/model train --steps 17 --samples 1000 --run-dir parts
expect 0 bowl/model train --resume parts --steps 40
for file in model.safetensors last.safetensors optim.safetensors; do
  cmp threads_1/$file parts/$file || fail "a resumed run gives another $file"
done

# What does not go with an objective is refused with the way out.
expect 2 bowl/model train --data at_center.csv
says err '`--data` does not go with bowl'
expect 2 bowl/model train --teacher bowl
says err 'names no flow to learn from'

# The examples, for two epochs.
for name in u1 u2 u3 u4; do
  expect 0 "$flowc" "$energies/$name.flow" --dtype f32 -o "$name" || continue
  expect 0 "$name/model" train --epochs 2 --samples 2000 --run-dir "run_$name"
  expect 0 "$name/model" plot density -o "$name.svg"
  says "$name.svg" '>target<'
  expect 0 "$name/model" plot loss --run-dir "run_$name" -o loss.svg
  says loss.svg 'reverse KL divergence from'
done

# A student learns from a teacher; what is reported is what the two models say of the student's samples.
expect 0 "$python" "$source/examples/two_moons/make_data.py" --rows 2000 --seed 1 moons.csv
expect 0 "$flowc" "$distillation/teacher.flow" -o teacher || finish
expect 0 "$flowc" "$distillation/student.flow" -o student || finish
expect 2 student/model train
says err '`--teacher` is missing'
expect 3 student/model train --teacher teacher
says err 'train teacher first'
expect 0 teacher/model train --data moons.csv --epochs 5 --run-dir teacher_run
expect 1 student/model train --teacher bowl
says err 'the checkpoint is one of `bowl`'
expect 0 student/model train --teacher teacher --epochs 3 --samples 4096 --run-dir student_run
says err 'kl from teacher'
expect 2 student/model train --resume student_run --teacher teacher
expect 0 student/model sample -n 4096 --seed 9 --with-log-prob --dtype f64 -o student.csv
cut -d, -f1,2 student.csv >points.csv
expect 0 teacher/model log-prob --data points.csv --dtype f64 -o teacher.csv
found=$(paste -d, student.csv teacher.csv | awk -F, 'NR > 1 { n++; sum += $3 - $4 } END { print sum / n }')
reported=$(best student_run kl)
echo "divergence of the student: reported $reported, from its samples $found"
near 'the divergence reported' "$reported" "$found" "$(awk -v f="$found" 'BEGIN { print 0.05 + 0.3 * f }')"
expect 0 student/model selftest
says out 'gradient of frozen parameters'
expect 0 student/model explain
says out 'parameters and 18448 of teacher'

# A run of a student that is stopped has its teacher in it.
expect 0 student/model train --teacher teacher --steps 30 --samples 1024 --schedule constant --run-dir whole
expect 0 student/model train --teacher teacher --steps 11 --samples 1024 --schedule constant --run-dir cut
mv teacher teacher_elsewhere
expect 0 student/model train --resume cut --steps 30
cmp whole/optim.safetensors cut/optim.safetensors || fail 'a resumed student is another one'

# Rows with weight 0 might as well not be there, but for the starts; weights of 1 change no bit.
printf 'flow line { data real[1]; affine }\n' >line.flow
expect 0 "$flowc" line.flow -o line || finish
awk 'BEGIN { for (i = 0; i < 400; i++) print (i % 2 ? 5 + sin(i) : -1 + 2 * sin(i)) }' >line.csv
awk 'BEGIN { for (i = 0; i < 400; i++) print (i % 2 ? 1 : 0) }' >half.csv
awk 'BEGIN { for (i = 0; i < 400; i++) print 1 }' >ones.csv
awk 'NR % 2 == 0' line.csv >odd.csv
fit=(--epochs 1500 --batch-size 400 --lr 0.05 --schedule cosine --valid-split 0 --dtype f64)
expect 0 line/model train --data odd.csv "${fit[@]}" --run-dir alone
expect 0 line/model train --data line.csv --weights half.csv "${fit[@]}" --run-dir weighted
near 'the weighted likelihood' "$(last weighted nll)" "$(last alone nll)" 1e-4
expect 0 line/model train --data line.csv --epochs 3 --run-dir plain
expect 0 line/model train --data line.csv --weights ones.csv --epochs 3 --run-dir ones
cmp plain/optim.safetensors ones/optim.safetensors || fail 'weights of 1 change the run'
expect 1 line/model train --data line.csv --weights odd.csv
says err '200 weights for 400 rows'
expect 1 line/model train --data line.csv --weights line.csv
says err 'expected 0 or more'
sed 's/.*/0/' ones.csv >zeros.csv
expect 1 line/model train --data line.csv --weights zeros.csv
says err 'all rows to train on have the weight 0'
expect 1 line/model train --data line.csv --resume ones
says err 'the run has its `--weights`'
expect 2 line/model train --data line.csv --samples 100
# A strong L2 term holds the parameters at 0, where the layer does nothing.
expect 0 line/model train --data line.csv --l2 1e4 "${fit[@]}" --run-dir l2
printf '3\n' >three.csv
expect 0 line/model transform --to latent --data three.csv -o z.csv
near 'what a held layer does to 3' "$(tail -n 1 z.csv)" 3 0.2

# Mixtures: one row alone is itself; the formula of two angles; a grid begins with the first row of each four.
expect 0 student/model sample -n 8 --seed 4 --dtype f64 -o eight.csv
expect 0 student/model mix --data eight.csv --weights 1 --dtype f64 -o same.csv
paste -d, eight.csv same.csv | awk -F, 'NR > 1 && (($1-$3)^2 + ($2-$4)^2 > 1e-16) { bad = 1 } END { exit bad }' || fail 'mix changes single rows'
expect 0 student/model mix --data eight.csv --angles 30,60 --dtype f64 -o mixed.csv
expect 0 student/model transform --to latent --data eight.csv --dtype f64 -o z.csv
expect 0 student/model transform --to latent --data mixed.csv --dtype f64 -o zm.csv
awk -F, 'NR == FNR { if (FNR > 1) { z[FNR-2] = $1 } next }
  FNR > 1 { a = atan2(0, -1) / 6; b = 2 * a; k = 4 * (FNR - 2); rows++
    e = cos(a) * (z[k] * cos(b) + z[k+1] * sin(b)) + sin(a) * (z[k+2] * cos(b) + z[k+3] * sin(b))
    if ((e - $1)^2 > 1e-14) bad = 1 }
  END { exit !(rows == 2 && !bad) }' z.csv zm.csv || fail 'mix is not the formula'
expect 0 student/model mix --data eight.csv --grid 3 -o grid.npy
says err '18 rows'
expect 1 student/model mix --data eight.csv --weights 0.5,0.5,0.5
says err 'no whole number of groups of 3'
expect 2 student/model mix --data eight.csv
says err 'one of `--weights`, `--angles` and `--grid`'
expect 2 student/model mix --data eight.csv --weights 1,x
says err '`x` is no number'
expect 0 student/model mix --data <(printf 'x0,x1\n') --weights 1,0 -o none.csv

finish
