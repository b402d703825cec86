#!/usr/bin/env bash
# docs/first-layer.md shows what someone sees who writes a layer for the first time, docs/peers.md what flowc says to constructs that other
# libraries take without a word. Arguments of common.sh, and Python.
source "$(dirname "$0")/common.sh"
python=$1

expect 0 "$python" "$source/tests/e2e/shown.py" "$source/docs/first-layer.md" "$flowc"
expect 0 "$python" "$source/tests/e2e/shown.py" "$source/docs/peers.md" "$flowc"

# The cheap direction, for programs.
for name in density sampling; do
  expect 0 "$flowc" check "$name.flow" --json
  mv out "$name.json"
done
"$python" - <<'PYTHON' || fail 'the report does not know the cheap direction'
import json
for name, cheap in ("density", "to_latent"), ("sampling", "to_data"):
    layers = json.load(open(f"{name}.json"))["layers"]
    slow = {key for layer in layers for key, one in layer["one_pass"].items() if not one}
    assert slow == {"to_latent", "to_data"} - {cheap}, (name, slow)
PYTHON

finish
