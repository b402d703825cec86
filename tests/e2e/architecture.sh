#!/usr/bin/env bash
# docs/architecture.md shows every phase, and what it shows is what flowc prints. Arguments of common.sh, and Python.
source "$(dirname "$0")/common.sh"
python=$1
page=$source/docs/architecture.md

expect 0 "$flowc" build --help
phases=$(sed -n 's/.*--emit=PHASE.* stop: //p' out | tr -d ',')
[ -n "$phases" ] || fail 'build --help names no phases'
for phase in $phases; do
  grep -qE -- "^\\$ .*--emit=$phase( |$)" "$page" || fail "the page does not show --emit=$phase"
done
expect 0 "$python" "$source/tests/e2e/shown.py" "$page" "$flowc"

finish
