#!/usr/bin/env bash
# Help, exit codes and messages of the command itself.
source "$(dirname "$0")/common.sh"

expect 0 "$flowc" --help
says out 'usage: flowc COMMAND'
commands=$(sed -n '/^commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' out)
[ "$(wc -w <<<"$commands")" -ge 11 ] || fail "too few commands in --help: $commands"
for command in $commands; do
  expect 0 "$flowc" "$command" --help
  says out "usage: flowc $command"
  [ -s err ] && fail "$command --help writes to stderr"
done

expect 2 "$flowc" buidl
says err 'did you mean `build`?'
expect 2 "$flowc" build --emitt=llvm model.flow
says err 'did you mean `--emit`?'
expect 2 "$flowc" build --emit=lvm "$source/examples/two_moons/two_moons.flow"
expect 2 "$flowc" build
expect 2 "$flowc" build --tile=17 "$source/examples/two_moons/two_moons.flow"
expect 3 "$flowc" build missing.flow
says err 'missing.flow'
expect 3 "$flowc" missing.json
expect 3 "$flowc" fmt --check missing.flow

expect 2 "$flowc" build --gpu=sm_7 "$source/examples/two_moons/two_moons.flow"
says err 'unknown GPU `sm_7`'
echo 'flow both { data real[2]; affine_coupling(net = mlp(hidden = [])) }' >both.flow
expect 0 "$flowc" both.flow --target cpu,cuda --gpu sm_90
says both/both.so '.target sm_90'
for kernel in flow_f32_log_prob flow_f64_gradient_reduce flow_f64_rows_to_tiles; do
  says both/both.so ".visible .entry $kernel("
done
expect 0 "$flowc" both.flow --target cpu,cuda --matmul=bf16 -o rounded
says rounded/both.so 'mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32'
says rounded/manifest.json '"matmul": "bf16"'
expect 2 "$flowc" both.flow --target cpu,cuda --matmul=fp16
expect 0 "$flowc" both.flow -o cpu_alone
grep -q '.target sm_' cpu_alone/both.so && fail 'a model for the CPU alone has PTX'

echo 'flow broken { data real[2' >broken.flow
expect 1 "$flowc" broken.flow -o broken
says err 'broken.flow:1:'
[ -e broken ] && fail 'a wrong spec leaves a model directory'
[ -z "$(find . -name '*.unfinished-*')" ] || fail 'unfinished files are left'

# Of layers that are alike one is judged, wherever in a `repeat` they stand, and what is wrong with them is told once.
echo 'flow alike { data real[4]; repeat 6 { affine_coupling; actnorm } }' >alike.flow
expect 0 "$flowc" alike.flow --emit=derived -o alike.mlir --timing
says err "check, 4 kinds of 13 layers"
says err "in all"
printf 'bijection bend(x) = x + 2 * sin(x)\nflow bent { data real[2]; repeat 3 { bend } }\n' >bent.flow
expect 1 "$flowc" bent.flow
[ "$(grep -c 'is not a bijection' err)" -eq 1 ] || fail "an error for each of three equal layers"

finish
