# Sourced by the wrapper tests: a scratch directory, named cases, and assertions that say what they saw.
# shellcheck shell=sh
#
# A test is run as  TEST BUILD_DIRECTORY [CLANG_MAJOR]  and stops at its first failure. Exit status 77: skipped.
set -eu

[ $# -ge 1 ] || { echo "usage: $0 BUILD_DIRECTORY [CLANG_MAJOR]" >&2 && exit 2; }
# shellcheck disable=SC2034  # these are for the tests
{
  build=$(cd "$1" && pwd)
  here=$(cd "$(dirname "$0")" && pwd)
  source_root=$(cd "$here/../.." && pwd)
  snapcc=$build/wrappers/snapcc
  snapcxx=$build/wrappers/snapc++
  snaprun=$build/wrappers/snaprun
}
scratch=$(mktemp -d "${TMPDIR:-/tmp}/snapshot-wrappers.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM HUP
cd "$scratch"
# The tests decide which compiler runs, and a ccache of the user's would only hide it.
unset SNAPSHOT_CC SNAPSHOT_CXX CFLAGS CXXFLAGS CPPFLAGS LDFLAGS CC CXX LD_PRELOAD LD_LIBRARY_PATH MAKEFLAGS
export CCACHE_DISABLE=1 LC_ALL=C
[ -z "${2-}" ] || export SNAPSHOT_CC="clang-$2" SNAPSHOT_CXX="clang++-$2"

skip() { echo "SKIPPED: $1" && exit 77; }
need() {
  for program do
    command -v "$program" >/dev/null || skip "$program is not installed"
  done
}

# The clang that the wrappers run when nothing else is asked for, and a clang's major version.
default_clang() { sed -n 's/^clang=.*:-\(.*\)}$/\1/p' "$snapcc"; }
clang_major() { "$1" --version | sed -n 's/.*clang version \([0-9]*\).*/\1/p'; }

current_case='(setup)'
begin() { current_case=$1; }
fail() {
  echo "FAILED: $current_case: $1" >&2
  [ ! -s out ] || { echo "--- its output:" && cat out; } >&2
  [ ! -s err ] || { echo "--- its errors:" && cat err; } >&2
  exit 1
}

# run COMMAND...: keeps the output in ./out and ./err and the exit status in $status.
run() {
  last_command=$*
  status=0
  "$@" >out 2>err </dev/null || status=$?
}
succeeds() {
  run "$@"
  [ "$status" = 0 ] || fail "exit status $status from: $last_command"
}
# quietly: as a configure check with -Werror sees it; no warning, no word.
succeeds_quietly() {
  succeeds "$@"
  [ ! -s err ] || fail "unexpected messages from: $last_command"
}
fails_with() {
  expected_status=$1
  shift
  run "$@"
  [ "$status" = "$expected_status" ] || fail "exit status $status, not $expected_status, from: $last_command"
}
# one_error TEXT: the last command said exactly one line, and this text is in it.
one_error() {
  [ "$(wc -l <err)" = 1 ] || fail "expected one line of error, with: $1"
  grep -qF -- "$1" err || fail "expected an error with: $1"
}
has_text() { grep -qF -- "$2" "$1" || fail "expected in $1: $2 (after: $last_command)"; }
lacks_text() { ! grep -qF -- "$2" "$1" || fail "not expected in $1: $2 (after: $last_command)"; }
exists() { [ -e "$1" ] || fail "$1 is missing after: $last_command"; }
same() { [ "$1" = "$2" ] || fail "expected '$2', got '$1' after: $last_command"; }

# An instrumented object refers to the contract's version symbol, whatever else it does.
instrumented() { nm "$1" | grep -q ' __snapshot_' || fail "$1 is not instrumented (after: $last_command)"; }
not_instrumented() { ! nm "$1" | grep -q ' __snapshot_' || fail "$1 is instrumented (after: $last_command)"; }
# The library comes first: before libc, whose functions it takes the place of.
linked() {
  readelf -d "$1" | grep NEEDED >needed || fail "$1 needs no library at all (after: $last_command)"
  head -n 1 needed | grep -q 'libsnapshot\.so' || fail "libsnapshot is not the first library of $1: $(cat needed)"
}
not_linked() { ! readelf -d "$1" | grep -q 'libsnapshot\.so' || fail "$1 is linked to libsnapshot"; }
