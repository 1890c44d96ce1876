#!/bin/sh
# Claim: the example in README.md works as it stands there, with the command that stands there: after each run its file
# holds two numbers that belong together.
. "$(dirname "$0")/testlib.sh"
sed '1,/^```c$/d; /^```$/,$d' "$source_root/README.md" >example.c
command=$(sed -n '/^snapcc .*example\.c/{p;q;}' "$source_root/README.md")
number_at() { od -A n -t d8 -j "$1" -N 8 counter | tr -d ' '; }
PATH=$build/wrappers:$PATH
export SNAPSHOT_LOG=info

for run in 1 2; do
  begin "run $run of: $command"
  succeeds sh -c "$command"
  has_text err 'counter: medium '
  lacks_text err 'not instrumented'
  same "$(number_at 0) $(number_at 800)" "$run -$run"
done
echo 'readme: passed'
