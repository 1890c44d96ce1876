#!/usr/bin/env bash
# Claim: a program sees of the port what it sees of plain Kyoto Cabinet (behaviour.cc), on both media and with both
# kinds of working copy; and every byte that it stores is tracked: the audit ends the program at the first that is not.
. "$(dirname "$0")/testlib.sh"
mkdir "$scratch/files"
"$programs/behaviour-plain" "$scratch/files" >"$scratch/plain" || fail "plain: $(tail -n 1 "$scratch/plain")"
! grep -q CHANGED "$scratch/plain" || fail "plain: $(grep CHANGED "$scratch/plain")"
for medium in memory page-cache; do
  for copy in lazy eager; do
    rm -rf "$scratch/files" && mkdir "$scratch/files"
    SNAPSHOT_MEDIA=$medium SNAPSHOT_COPY=$copy SNAPSHOT_AUDIT=abort "$programs/behaviour" "$scratch/files" \
      >"$scratch/port" || fail "$medium, $copy: $(tail -n 1 "$scratch/port")"
    diff "$scratch/plain" "$scratch/port" || fail "$medium, $copy: it behaves otherwise than plain Kyoto Cabinet"
    [ -z "$(find "$scratch/files" -name '*.wal' -o -name '*.snaplog')" ] || fail "$medium, $copy: a log was left"
  done
done
