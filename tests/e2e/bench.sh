#!/usr/bin/env bash
# `bench`: what each layer takes, of a spec; totals alone of a model that was compiled without counters, which has nothing of them.
source "$(dirname "$0")/common.sh"
python=$1
export XDG_CACHE_HOME=$work/cache

cat >toy.flow <<'END'
flow toy {
  data real[5]
  repeat 2 { affine_coupling(net = mlp(hidden = [32])) }
  spline_maf(net = made(hidden = [16]))
}
END
expect 0 "$flowc" bench toy.flow --batch 200
cp out table
for text in 'toy, f32, batches of 200 rows, 1 thread' 'training step' 'parameters staged' 'Adam' 'by kind of op' 'products, of the peak'; do
  says table "$text"
done
# Every layer has its line, those of a `repeat` each its own, and the shares of a column are all there is.
"$python" - table <<'END' || fail "the table by layer"
import re, sys
lines = open(sys.argv[1]).read().split("by layer")[1].split("by kind")[0].splitlines()[1:]
names = [line[:34].strip() for line in lines if line.strip()]
assert names[:3] == ["0.affine_coupling", "1.affine_coupling", "2.spline_maf"], names
for column in range(3):
    shares = [re.findall(r"([\d.]+) %|( -)(?= |$)", line[34 + 21 * column:55 + 21 * column]) for line in lines if line.strip()]
    numbers = [float(found[0][0]) for found in shares if found and found[0][0]]
    assert len(numbers) >= 3 and abs(sum(numbers) - 100) < 1, (column, numbers)
END

# Counters change no result, and only --profile adds them.
expect 0 "$flowc" toy.flow -o plain
expect 0 "$flowc" toy.flow -o counted --profile
expect 0 plain/model sample -n 70 -o x.npy
for model in plain counted; do
  expect 0 $model/model log-prob --data x.npy -o $model.npy
done
cmp plain.npy counted.npy || fail 'counters change the densities'
for dtype in f32 f64; do
  expect 0 counted/model bench --batch 65 --dtype $dtype
  says out "toy, $dtype"
  says out '1.affine_coupling'
done
expect 0 plain/model bench --batch 65 -j 2
says out '2 threads'
says err 'compile with --profile'
grep -q 'by layer' out && fail 'a model without counters has a table by layer'
grep -q flow_f32_profile plain/toy.so && fail 'a model without counters has their names'

# A conditional model is given contexts of its own, and one that draws its samples is trained from numbers.
cat >given.flow <<'END'
flow given { data real[2]; context label[3]; affine_coupling(net = mlp(hidden = [8])) }
END
expect 0 "$flowc" bench given.flow --batch 7
says out '0.affine_coupling'
expect 2 "$flowc" bench given.flow --batch 0
finish
