#!/bin/sh
# Claim: every byte that an example stores is tracked; and its file opens at the same address in the next process, where
# the program that was not recompiled reads it as well.
# usage: audit.sh EXAMPLE
set -eu
example=$1
work=$(mktemp -d /dev/shm/snapshot-audit.XXXXXX)
trap 'rm -rf "$work"' EXIT
export SNAPSHOT_MEDIA=memory SNAPSHOT_AUDIT=abort
"$example" run "$work/file" 20480 7 --commit-every 256
"$example" run "$work/file" 40960 7 --commit-every 256
[ "$("$example" check "$work/file" 7 --commit-every 256)" = 40960 ]
case $example in
  *-libcxx) ;;
  *) [ "$("$example-plain" check "$work/file" 7 --commit-every 256)" = 40960 ] ;;
esac
