#!/usr/bin/env bash
# Records each example program, small, and explores its crash states: recovered, the file must be as some msync left
# it, and the example's own checker must say so, too. Where that fails the temporary directory stays: what is printed to
# bring the failure back names files in it.
# usage: examples.sh MEDIUM CRASH_STATES RECORDER TESTING_LIBRARY EXAMPLES_DIRECTORY
set -euo pipefail
[ $# = 5 ] || { sed -n '5s/^# //p' "$0" >&2 && exit 2; }
medium=$1 crash_states=$2 recorder=$3 library=$4 examples=$5

work=$(mktemp -d /dev/shm/snapshot-test-XXXXXX)
status=0
trap '[ $status != 0 ] || rm -rf "$work"' EXIT
# The examples ask for the library that users get; they are given the one for tests, which can be observed.
mkdir "$work/lib"
ln -s "$library" "$work/lib/libsnapshot.so.0"
for i in $(seq 300); do echo "word$i"; done >"$work/words"

# explore NAME 'RUN' 'CHECK' [EFFORT]: arguments of the example; FILE stands for its data file, {} for a recovered one.
explore() {
  local name=$1 run=$2 check=$3 file="$work/$1" trace="$work/$1.$medium.trace"
  local effort=${4:---exhaustive 1024 --samples 25 --check-every 300}
  # shellcheck disable=SC2086 # arguments without spaces in them
  SNAPSHOT_MEDIA=$medium SNAPSHOT_LOG=error SNAPSHOT_TEST_RECORD=$trace LD_LIBRARY_PATH=$work/lib \
    LD_PRELOAD=$recorder "$examples/$name" ${run//FILE/$file} >"$work/output" 2>&1 ||
    { cat "$work/output" >&2 && echo "$name on $medium cannot be recorded" >&2 && return 1; }
  [ -s "$trace" ] || { echo "$name on $medium: nothing was recorded" >&2 && return 1; }
  echo "$name on $medium"
  # shellcheck disable=SC2086 # as above
  "$crash_states" --trace "$trace" --data "$file" $effort --check "$examples/$name-plain $check" && return
  echo "kept: $work" >&2
  return 1
}

explore array_append 'run FILE 9000 42 --commit-every 3000' 'check {} 42 --commit-every 3000' || status=1
explore linked_list 'run FILE 60 42 --commit-every 10' 'check {} 42 --commit-every 10' || status=1
explore btree 'run FILE 60 42 --commit-every 10' 'check {} 42 --commit-every 10' || status=1
explore kv "load FILE $work/words --limit 60 --batch 10" "check {} $work/words --batch 10" || status=1
# Its file has 16 MiB, so an image takes long: by the default protocol only.
[ "${SNAPSHOT_PROTOCOL:-}" = undo ] || explore containers 'run FILE 20 42 --commit-every 10' 'check {} 42 --commit-every 10' \
  '--exhaustive 64 --samples 5 --check-every 20' || status=1
exit $status
