# The commands with --device, as a user types them: what they say of the device, and of machines that lack something. Takes, after what all
# scripts take, the folder of the driver's stand-in, emulate-model and python.
source "$(dirname "$0")/../e2e/common.sh"
driver=$1
emulate=$2
python=$3

# same A B: two tables agree to rounding.
same() {
  "$python" - "$1" "$2" <<'END' || fail "$1 and $2 differ"
import sys
one, other = ([line.split(",") for line in open(path).read().splitlines()[1:]] for path in sys.argv[1:])
sys.exit(len(one) != len(other) or any(abs(float(a) - float(b)) > 1e-5 * (1 + abs(float(a))) for r, s in zip(one, other) for a, b in zip(r, s)))
END
}

cat >labels.flow <<'END'
flow labels {
  data real[2]
  context label[3]
  affine_coupling(net = mlp(hidden = [4]))
}
END
expect 0 "$flowc" labels.flow -O1 --target cpu,cuda --matmul f32
expect 0 "$flowc" labels.flow -O1 -o plain
expect 0 "$flowc" labels.flow -O1 --target cpu,cuda --emit scheduled -o labels.mlir
expect 0 "$emulate" labels.mlir emulated.so
export FLOWC_EMULATED_KERNELS=$work/emulated.so

expect 3 labels/model sample --label 1 --device cuda
says err 'cuda: this machine has no driver for NVIDIA GPUs (libcuda.so.1); or compute on the CPU, with `--device cpu`'
expect 0 labels/model sample --label 1 --device auto
says err 'device: cpu, for this machine has no driver'
expect 3 plain/model sample --label 1 --device cuda
says err 'compiled for the CPU alone; compile it with `--target cpu,cuda`'

export LD_LIBRARY_PATH=$driver
expect 0 plain/model sample --label 1 --device auto
says err 'device: cpu, for the model was compiled for the CPU alone'
for command in 'sample -n 65 --label 2 --with-log-prob' 'log-prob --data x.csv --label 1' \
  'transform --to latent --data x.csv --label 0 --with-log-det' 'transform --to data --data x.csv --label 0'; do
  [ -e x.csv ] || expect 0 labels/model sample -n 65 --label 0 -o x.csv
  expect 0 labels/model $command -o cpu.csv
  for name in cuda cuda:0 auto; do
    expect 0 labels/model $command -o gpu.csv --device $name
    says err 'device: cuda:0, emulated GPU'
    same cpu.csv gpu.csv
  done
done
# The spec itself is compiled for the GPU where that is asked for.
XDG_CACHE_HOME=$work expect 0 "$flowc" log-prob labels.flow --data x.csv --label 1 --device cuda
says err 'device: cuda:0, emulated GPU'

expect 3 labels/model sample --label 1 --device cuda:1
says err 'cuda:1: this machine has no GPU of that number'
expect 2 labels/model sample --label 1 --device gpu
says err '`--device gpu`: no such kind of device; expected cpu, cuda or cuda:N, or auto'
FLOWC_EMULATED_PTX=6.0 expect 3 labels/model sample --label 1 --device cuda
says err 'driver is too old'
FLOWC_EMULATED_ARCHITECTURE=75 expect 3 labels/model sample --label 1 --device cuda
says err 'the GPU is older than those that the model was compiled for; compile it with a lower `--gpu`'
FLOWC_EMULATED_MEMORY=4000 expect 3 labels/model sample --label 1 --device cuda
says err 'too little free memory'
FLOWC_EMULATED_MEMORY=24000 expect 3 labels/model sample --label 1 --device cuda
says err 'labels: the GPU has too little free memory for the model; or compute on the CPU'
FLOWC_EMULATED_DEVICES=0 expect 0 labels/model sample --label 1 --device auto
says err 'device: cpu, for this machine has no GPU'
awk 'NR == 1 { print "label" } NR > 1 { print NR % 3 }' x.csv >own.csv
expect 0 labels/model train --data x.csv --context own.csv --steps 2 --run-dir run --device cuda
says err 'device: cuda:0, emulated GPU'
# Whatever memory a GPU has: training goes through, or there is no run.
went=0
for memory in 20000 30000 40000 60000 80000 100000 150000 200000 300000; do
  if FLOWC_EMULATED_MEMORY=$memory labels/model train --data x.csv --context own.csv --steps 2 --run-dir "run$memory" --device cuda 2>err; then
    went=$((went + 1))
  else
    [ $? -eq 3 ] || fail "another exit code with $memory bytes"
    says err 'too little free memory'
    [ -e "run$memory" ] && fail "with $memory bytes a run was begun"
  fi
done
[ "$went" -gt 0 ] && [ "$went" -lt 9 ] || fail "$went of 9 memories suffice"

# All that a model is judged by, computed there: with statistics over a batch, which no other model has.
printf 'flow bn {\n  data real[2]\n  affine_coupling(net = mlp(hidden = [3]))\n  batch_norm\n}\n' >bn.flow
expect 0 "$flowc" bn.flow -O1 --target cpu,cuda --matmul f32
expect 0 "$flowc" bn.flow -O1 --target cpu,cuda --emit scheduled -o bn.mlir
expect 0 "$emulate" bn.mlir bn.so
FLOWC_EMULATED_KERNELS=$work/bn.so expect 0 bn/model selftest --device cuda
says out 'statistics of a batch'
says err 'properties hold'

finish
