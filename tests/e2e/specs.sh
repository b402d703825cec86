#!/usr/bin/env bash
# The examples' specs: laid out canonically, every phase prints, and the two forms of a spec are the same flow.
source "$(dirname "$0")/common.sh"

examples=$source/examples
mapfile -t specs < <(find "$examples" -name '*.flow' -o -path '*two_moons/*.json' | sort)
[ "${#specs[@]}" -ge 3 ] || fail "too few specs: ${specs[*]}"
expect 0 "$flowc" fmt --check "${specs[@]}"

# fmt --check notices, fmt repairs.
sed 's/^ */     /; s/ = /  =/' "$examples/cpp_density/two_gaussians.flow" >untidy.flow
expect 1 "$flowc" fmt --check untidy.flow
expect 0 "$flowc" fmt untidy.flow
cmp -s untidy.flow "$examples/cpp_density/two_gaussians.flow" || fail 'fmt does not restore the layout'

moons=$examples/two_moons/two_moons
for form in flow json; do
  for phase in tree flow derived staged scheduled mlir llvm asm object; do
    expect 0 "$flowc" build "$moons.$form" --emit="$phase"
    [ -s out ] || fail "--emit=$phase of two_moons.$form prints nothing"
    [ "$phase" = flow ] && sed -E 's/ loc\(.*\)$//; /^#loc/d' out >"$form.flow_ir"
  done
done
cmp flow.flow_ir json.flow_ir || fail 'the .flow and the .json form differ'
says flow.flow_ir 'flow.model'

expect 0 "$flowc" build "$moons.flow" --emit=llvm -o kept.ll
[ -s kept.ll ] || fail '--emit -o writes no file'

finish
