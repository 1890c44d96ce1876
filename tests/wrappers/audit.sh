#!/bin/sh
# Claim: SNAPSHOT_AUDIT finds the bytes that code compiled without the pass has stored, and none that were tracked; it
# says where, once, and leaves them out, ends the program, or commits them, as it is asked to.
. "$(dirname "$0")/testlib.sh"
clang=$(default_clang)
"$clang" -O2 -Wall -Werror -c "$here/untracked.c" -o untracked.o
"$snapcc" -O2 -Wall -Werror "-I$source_root/include" "-I$build/include" "$here/audit.c" untracked.o -lpthread -o audit

bytes_at() { dd if="$1" bs=1 skip="$2" count="$3" 2>/dev/null; }

for medium in memory page-cache; do
  for copy in lazy eager; do
    export SNAPSHOT_MEDIA=$medium SNAPSHOT_COPY=$copy
    begin "$medium, $copy: off"
    rm -f data*
    succeeds ./audit data
    has_text out 'untracked lines: 0'
    [ ! -s err ] || fail "it says: $(cat err)"

    begin "$medium, $copy: warn"
    rm -f data*
    SNAPSHOT_AUDIT=warn succeeds ./audit data
    # Two lines; the first is found at three commits, the one at the end at two.
    has_text out 'untracked lines: 6'
    [ "$(wc -l <err)" = 2 ] || fail "not two lines: $(cat err)"
    has_text err '/data: 6 bytes at offset 12388 were stored untracked: were 00 00 00 00 00 00, are 6d 69 73 73 65 64; left out'
    has_text err '/data: 4 bytes at offset 262140 were stored untracked: were 00 00 00 00, are 65 6e 64 21; left out of'
    same "$(bytes_at data 0 7)" tracked
    same "$(bytes_at data 200 23)" 'in a line xhat is dirty'

    begin "$medium, $copy: fix"
    rm -f data*
    SNAPSHOT_AUDIT=fix succeeds ./audit data
    # Each once, and the first again after it has changed again.
    has_text out 'untracked lines: 3'
    has_text err '; committed all the same; '
    same "$(bytes_at data 12388 6)" MISSED
    same "$(bytes_at data 262140 4)" 'end!'

    begin "$medium, $copy: abort"
    rm -f data*
    SNAPSHOT_AUDIT=abort fails_with 134 sh -c './audit data'
    has_text err '6 bytes at offset 12388 were stored untracked'
    "$build/wrappers/snapctl/snapctl" recover data >recovered 2>&1 || fail "$(cat recovered)"
    # It never came to the first commit.
    [ -z "$(tr -d '\0' <data)" ] || fail 'something was committed'

    begin "$medium, $copy: threads that track everything"
    rm -f data*
    SNAPSHOT_AUDIT=warn succeeds ./audit data 4
    has_text out 'untracked lines: 0'
    [ ! -s err ] || fail "it says: $(cat err)"
  done
done

begin 'a value that is not known'
SNAPSHOT_AUDIT=yes fails_with 3 ./audit data
has_text err 'SNAPSHOT_AUDIT=yes is not known: set it to off, warn, abort or fix'
