#!/usr/bin/env bash
# Wrong rows, checkpoints and places for results: one clear line, the documented exit code, and nothing left behind.
# Arguments of common.sh, and Python, whose numpy is not needed.
source "$(dirname "$0")/common.sh"
python=$1
here=$source/tests/e2e

cat >tiny.flow <<'FLOW'
flow tiny {
  data real[2]
  affine_coupling(mask = alternate, net = mlp(hidden = [8]))
  actnorm
  base normal
}
FLOW
sed 's/tiny/other/; s/\[8\]/[6]/' tiny.flow >other.flow
mkdir data
"$python" "$here/wrong_data.py" data || exit 1
expect 0 "$flowc" tiny.flow -o tiny || finish
expect 0 "$flowc" other.flow -o other || finish
expect 0 tiny/model train --data data/plain.npy --epochs 2 --run-dir run || finish
expect 0 other/model train --data data/plain.npy --epochs 1 --run-dir other_run || finish
cp tiny/parameters.safetensors sound.safetensors

# Every file here with its content and rights, but for out, err and the list itself.
state() { find . -type f ! -name out ! -name err ! -name state.\* -exec cksum {} + | sort -k 3; find . ! -type f | sort; }
# says_once TEXT: stderr is one line, an error, with this text.
says_once() {
  [ "$(wc -l <err)" -eq 1 ] || { fail "stderr is not one line: $command"; cat err; }
  says err ': error: '
  says err "$1"
  LC_ALL=C grep -q '[^[:print:]]' err && fail "stderr has control characters: $command"
}
# refuses CODE TEXT COMMAND...: nothing on stdout, one line with the text, every file as it was.
refuses() {
  local code=$1 text=$2
  shift 2
  command=$*
  state >state.before
  expect "$code" "$@" || return
  says_once "$text"
  [ -s out ] && fail "output in spite of an error: $command"
  state >state.after
  cmp -s state.before state.after || { fail "files changed: $command"; diff state.before state.after; }
}
# refuses_data FILE CODE TEXT: by every command that reads rows, from the model and from flowc; an older result stays.
refuses_data() {
  local file=data/$1 code=$2 text=$3
  echo old >old.npy
  refuses "$code" "$text" tiny/model log-prob --data "$file" -o new.csv
  refuses "$code" "$text" tiny/model log-prob --data "$file" -o old.npy
  refuses "$code" "$text" "$flowc" log-prob tiny --data "$file"
  refuses "$code" "$text" tiny/model transform --to latent --data "$file" -o old.npy
  refuses "$code" "$text" "$flowc" transform tiny --to data --data "$file" -o new.npy
  refuses_training "$@"
}
refuses_training() {
  local file=data/$1 code=$2 text=$3
  refuses "$code" "$text" tiny/model train --data "$file" --epochs 1 --run-dir new_run
  refuses "$code" "$text" "$flowc" train tiny --data data/plain.npy --valid "$file" --epochs 1 --run-dir new_run
  refuses "$code" "$text" tiny/model train --data "$file" --epochs 3 --resume run
  refuses "$code" "$text" tiny/model plot density --data "$file" -o new.svg
}

# Accepted: the results are those of the plain file.
same() {
  local reference=$1 file
  shift
  expect 0 tiny/model log-prob --data "data/$reference" -o expected.npy || return
  for file; do
    expect 0 tiny/model log-prob --data "data/$file" -o found.npy && cmp expected.npy found.npy ||
      fail "$file is read otherwise than $reference"
  done
}
same plain.npy plain.csv named.csv windows.csv npy_by_content version2.npy version3.npy fortran.npy big_endian.npy \
  big_endian_fortran.npy single.npy flat_rows.npy
same whole.csv signed_i1.npy signed_i2.npy signed_i4.npy signed_i8.npy
same natural.csv unsigned_u1.npy unsigned_u2.npy unsigned_u4.npy unsigned_u8.npy
same booleans.csv booleans.npy
expect 0 tiny/model log-prob --data data/huge.npy --dtype f64 -o found.npy
rm -f found.npy expected.npy

# No rows are rows to evaluate, but none to train on; an empty file is what a failed program leaves behind.
for file in no_rows.npy no_rows.csv; do
  expect 0 "$flowc" transform tiny --to latent --data data/$file -o none.csv && says none.csv z0,z1
  refuses_training $file 1 "data/$file: no rows"
done
refuses_data empty.npy 1 'data/empty.npy: the file is empty; expected a .npy array'
refuses_data empty.csv 1 'data/empty.csv: the file is empty; expected rows of numbers'
refuses_data blank.csv 1 'data/blank.csv: the file is empty; expected rows of numbers'

# Values.
refuses_data nan.npy 1 'data/nan.npy: element [2, 1] is nan; expected finite numbers: remove'
refuses_data inf.npy 1 'data/inf.npy: element [1, 0] is -inf; expected finite'
refuses_data two_nan.npy 1 'element [0, 0] is nan; expected finite numbers (2 elements are not): remove'
refuses_data nan_fortran.npy 1 'element [2, 1] is nan'
refuses_data huge.npy 1 'element [1, 1] is 1e+300, too large for f32; use --dtype f64'
refuses_data nan.csv 1 'data/nan.csv:2:2: `nan`; expected a finite number: remove'
refuses_data inf.csv 1 'data/inf.csv:3:1: `-inf`; expected a finite number'
refuses_data huge.csv 1 'data/huge.csv:2:2: `1e300` is too large for f32; use --dtype f64'
refuses 1 'too large for f64' tiny/model log-prob --dtype f64 --data data/overflow.csv

# Shapes.
refuses_data wide.npy 1 'the shape (2, 4) has rows of 4 numbers; the model has 2 features: expected shape (rows, 2)'
refuses_data vector.npy 1 'the shape (8,) has rows of 1 number;'
refuses_data number.npy 1 'the array has no dimensions; expected rows'
refuses_data no_columns.npy 1 'the shape (4, 0) has rows of 0 numbers'
refuses_data wide.csv 1 'data/wide.csv:1: 3 fields; expected 2'
refuses_data narrow.csv 1 'data/narrow.csv:1: 1 field; expected 2'
refuses_data ragged.csv 1 'data/ragged.csv:2: 3 fields; expected 2'
refuses_data short_line.csv 1 'data/short_line.csv:3: 1 field; expected 2'
refuses_data spaces.csv 1 'data/spaces.csv:1: 1 field; expected 2, one for each feature of the model, with commas'
refuses_data wide_header.csv 1 'data/wide_header.csv:1: 3 fields; expected 2'
refuses_data trailing_comma.csv 1 'data/trailing_comma.csv:1:3: empty field'

# Element types.
refuses_data strings.npy 1 'data/strings.npy: elements of type `<U3` (text); expected f4, f8, integers or booleans: convert'
refuses_data bytes.npy 1 '`|S4` (text)'
refuses_data complex.npy 1 '`<c16` (complex numbers)'
refuses_data objects.npy 1 '`|O` (Python objects)'
refuses_data dates.npy 1 '`<M8[ns]` (dates)'
refuses_data half.npy 1 '`<f2`; expected f4, f8'
refuses_data long_double.npy 1 '`<f16`; expected f4, f8'
refuses_data records.npy 1 '`record`; expected f4, f8'

# Damage.
for file in cut_length cut_header; do
  refuses_data $file.npy 1 "data/$file.npy: truncated inside the header; copy or write the file again"
done
refuses_data cut_data.npy 1 'truncated: 52 bytes of data, expected 64; copy or write the file again'
refuses_data vast.npy 1 'truncated: 64 bytes of data, expected 1125899906842624'
refuses_data longer.npy 1 '8 bytes after the end of the array; expected a single array'
for file in malformed negative; do refuses_data $file.npy 1 "data/$file.npy: the .npy header is malformed"; done
refuses_data future.npy 1 '.npy version 9; expected 1, 2 or 3'
for file in cut_magic text; do refuses_data $file.npy 1 "data/$file.npy: not a .npy file in spite of its name"; done
for file in zip.npy zip.csv; do refuses_data $file 1 "data/$file: a zip archive (.npz?); expected a single array"; done
refuses_data cut_number.csv 1 'data/cut_number.csv:3:2: empty field; expected a number'
refuses_data text.csv 1 'data/text.csv:3:2: not a number: `four`; correct or remove this line'
refuses_data text_first.csv 1 'data/text_first.csv:1:2: not a number: `four`; expected a row of numbers, or a header'
refuses_data two_headers.csv 1 'data/two_headers.csv:2:1: not a number: `left`'
refuses_data header_late.csv 1 'data/header_late.csv:2:1: not a number: `x`'
refuses_data hole.csv 1 'data/hole.csv:2:2: empty field'
refuses_data missing_value.csv 1 'data/missing_value.csv:2:2: not a number: `NA`'
refuses_data decimal_comma.csv 1 'data/decimal_comma.csv:1:2: not a number: `5;1`'
refuses_data hex.csv 1 'data/hex.csv:2:1: not a number: `0x10`'
refuses_data nul.csv 1 'data/nul.csv: not CSV: byte 7 is zero'
refuses_data utf16.csv 1 'data/utf16.csv: not CSV: byte'
refuses_data escape.csv 1 'data/escape.csv:2:2: not a number: `\x1b[31mred\x0d4`'

# Files that are none.
mkdir data/folder data/folder.npy
refuses_data missing.npy 3 'data/missing.npy: cannot be opened: No such file or directory'
for file in folder folder.npy; do refuses_data $file 3 "data/$file: is a folder; expected a file"; done
refuses 2 '`--data` is missing' tiny/model log-prob
refuses 2 '`--data` needs a value: FILE' tiny/model log-prob --data ''
refuses 2 '`--to` is missing' tiny/model transform --data data/plain.npy
refuses 1 '<stdin>: the file is empty' tiny/model log-prob --data -

# Checkpoints, by --params and as the model's own.
head -c 4 sound.safetensors >head.safetensors
head -c 100 sound.safetensors >half.safetensors
head -c -20 sound.safetensors >cut.safetensors
cat sound.safetensors head.safetensors >longer.safetensors
: >empty.safetensors
cp data/plain.npy array.safetensors
sed 's/"F32"/"I32"/' sound.safetensors >integers.safetensors
"$python" - <<'PYTHON'
content = open("sound.safetensors", "rb").read()
open("nan.safetensors", "wb").write(content[:-4] + b"\0\0\xc0\x7f")
PYTHON
refuses_checkpoint() {
  local file=$1 code=$2 text=$3
  echo old >old.npy
  refuses "$code" "$file: $text" tiny/model sample --params "$file" -o new.npy
  refuses "$code" "$file: $text" "$flowc" log-prob tiny --params "$file" --data data/plain.npy -o old.npy
  refuses "$code" "$file: $text" tiny/model transform --to latent --params "$file" --data data/plain.npy
  refuses "$code" "$file: $text" tiny/model plot density --params "$file" -o new.svg
  refuses "$code" "$file: $text" tiny/model selftest --params "$file"
  [ -f "$file" ] || return
  cp "$file" tiny/parameters.safetensors
  refuses "$code" "tiny/parameters.safetensors: $text" tiny/model sample -o old.npy
  refuses "$code" "tiny/parameters.safetensors: $text" "$flowc" sample tiny
  cp sound.safetensors tiny/parameters.safetensors
  says err '--params'
}
refuses_checkpoint empty.safetensors 1 'truncated, or no safetensors file: it has 0 bytes; name a sound checkpoint'
refuses_checkpoint head.safetensors 1 'truncated, or no safetensors file: it has 4 bytes'
refuses_checkpoint half.safetensors 1 'truncated, or no safetensors file: a header of'
refuses_checkpoint array.safetensors 1 'truncated, or no safetensors file: a header of'
refuses_checkpoint cut.safetensors 1 'tensor `'
refuses_checkpoint longer.safetensors 1 '4 bytes belong to no tensor'
refuses_checkpoint integers.safetensors 1 'tensor `'
refuses_checkpoint nan.safetensors 1 'parameter `'
refuses_checkpoint other_run/model.safetensors 1 'parameter `0.affine_coupling.net.linear.weight` has shape [6, 1]'
says err 'is one of `other`'
refuses_checkpoint run/optim.safetensors 1 'parameter `0.affine_coupling.net.linear.weight` of tiny is missing'
refuses_checkpoint none.safetensors 3 'cannot be opened'
refuses_checkpoint data/folder 3 'is a folder; expected a file'

# Runs.
resume() { refuses "$1" "$2" tiny/model train --data data/plain.npy --epochs 3 --resume "$3"; }
resume 3 'none: there is no run to resume' none
resume 3 'data: there is no run to resume' data
cp -r run damaged
head -c 200 run/optim.safetensors >damaged/optim.safetensors
resume 1 'damaged/optim.safetensors: truncated' damaged
says err '--run-dir'
cp other_run/optim.safetensors damaged
resume 1 'damaged/optim.safetensors: `parameters` has 30 elements; the model has 38 parameters' damaged
cp sound.safetensors damaged/optim.safetensors
resume 1 'damaged/optim.safetensors: no state of a training run' damaged
cp run/optim.safetensors damaged
echo '{"tr' >damaged/config.json
resume 1 'damaged/config.json: not the configuration of a run' damaged
echo '{"train": {"batch_size": "x"}}' >damaged/config.json
resume 1 'damaged/config.json: train.batch_size is "x"' damaged

# Places for results. The superuser may write anywhere, and so becomes nobody where there is a way to.
outputs() {
  refuses "$1" "$2" tiny/model sample -o "$3"
  refuses "$1" "$2" "$flowc" log-prob tiny --data data/plain.npy -o "$3"
  refuses "$1" "$2" tiny/model transform --to latent --data data/plain.npy -o "$3"
  refuses "$1" "$2" tiny/model plot density -o "$3"
}
outputs 3 'none/new.npy: cannot be written: there is no folder none; make it first' none/new.npy
outputs 3 'data/plain.npy/new.npy: cannot be written: data/plain.npy is no folder' data/plain.npy/new.npy
outputs 3 'data/folder.npy: is a folder; name a file in it' data/folder.npy
outputs 3 'none/: cannot be written: there is no folder none' none/
outputs 3 '/dev/full: cannot be written: No space left' /dev/full
outputs 2 '`--output` needs a value' ''
refuses 3 'data/plain.npy: cannot be made: Not a directory' tiny/model train --data data/plain.npy --run-dir data/plain.npy
refuses 3 'run: holds another run; use --resume=run' tiny/model train --data data/plain.npy --run-dir run
refuses 2 '`--count` is `9223372036854775807`' tiny/model sample -n 9223372036854775807
to_full() { "$@" >/dev/full; }
refuses 3 '<stdout>: cannot be written: No space left' to_full tiny/model sample -n 3

if [ "$(id -u)" -eq 0 ]; then
  as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
  chmod 755 tiny
else
  as_nobody=(env)
fi
mkdir locked
echo old >locked/old.npy
chmod 555 locked
echo old >protected.npy
chmod 444 protected.npy
if "${as_nobody[@]}" tiny/model sample -n 1 >out 2>err && ! "${as_nobody[@]}" touch locked/probe 2>err; then
  refuses 3 'locked/new.npy: cannot be written: Permission denied in the folder locked; choose another place' \
    "${as_nobody[@]}" tiny/model sample -o locked/new.npy
  refuses 3 'locked/old.npy: cannot be written: Permission denied' "${as_nobody[@]}" tiny/model sample -o locked/old.npy
  refuses 3 'protected.npy: cannot be written: Permission denied' "${as_nobody[@]}" tiny/model sample -o protected.npy
  refuses 3 'locked/run: cannot be made: Permission denied' \
    "${as_nobody[@]}" tiny/model train --data data/plain.npy --run-dir locked/run
else
  echo 'not checked: folders that are not writable, since no user without rights can run the model here'
fi
chmod 755 locked

finish
