# Sourced by the scripts here. Each is called as SCRIPT FLOWC SOURCE WORK: the compiler, the repository, and a folder for its files.
# Checks go on after a failure; `finish` ends the script with the verdict.
set -o nounset -o pipefail

flowc=$1
source=$2
work=$3
shift 3
failures=0
rm -rf "$work"
mkdir -p "$work"
cd "$work" || exit 1

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# expect CODE COMMAND...: the exit code; what it printed lies in `out` and `err`.
expect() {
  local code=$1 found=0
  shift
  "$@" >out 2>err </dev/null || found=$?
  [ "$found" -eq "$code" ] && return
  fail "exit code $found instead of $code: $*"
  tail -n 20 out err
  return 1
}

# says FILE TEXT: the file has this text.
says() { grep -qF -- "$2" "$1" || { fail "$1 lacks: $2"; tail -n 20 "$1"; }; }

finish() {
  [ "$failures" -eq 0 ] && exit 0
  echo "$failures checks failed"
  exit 1
}
