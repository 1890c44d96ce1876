#!/bin/sh
# Claim: SNAPSHOT_AUDIT finds the bytes that code compiled without the pass has stored, and none that were tracked; it
# says where, once, and which libraries it may have been; and leaves them out, ends the program, or commits them, as it is
# asked to.
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

  begin "$medium: a loop of another thread that has stored and not marked yet"
  for how in warn abort; do
    export SNAPSHOT_AUDIT=$how
    rm -f data*
    run ./audit data held
    [ "$status" != 77 ] || skip 'no userfaultfd, so no loop can be held; the other claims hold'
    [ "$status" = 0 ] || fail "exit status $status under $how"
    has_text out 'untracked lines: 0'
    [ ! -s err ] || fail "it says: $(cat err)"
    # What the loop has stored: 3 * 1 + 1.
    same "$(bytes_at data 131072 1 | od -An -tu1)" '   4'
  done

  begin "$medium: bytes that are missed while a loop of another thread is under way"
  export SNAPSHOT_AUDIT=warn
  rm -f data*
  succeeds ./audit data missed
  one_error '6 bytes at offset 12388 were stored untracked'
  SNAPSHOT_AUDIT=fix succeeds ./audit data missed
  same "$(bytes_at data 12388 6)" missed
  rm -f data*
  SNAPSHOT_AUDIT=abort fails_with 134 sh -c './audit data missed'
  has_text err '6 bytes at offset 12388 were stored untracked'
  rm -f data*
  # The loop never ends: nobody can tell.
  SNAPSHOT_AUDIT=abort succeeds ./audit data missed-to-the-end
  one_error '65 changed lines, the first at offset 12352, were left out of a commit: stored untracked, or by a thread'
  unset SNAPSHOT_AUDIT
done

begin 'the library that has stored what was missed'
"$clang" -shared -fPIC "$here/untracked.c" -o libuntracked.so
"$snapcc" -O2 "-I$source_root/include" "-I$build/include" "$here/audit.c" -L. -luntracked -lpthread -o audit-library
rm -f data*
LD_LIBRARY_PATH=. SNAPSHOT_AUDIT=warn succeeds ./audit-library data
has_text err 'not instrumented (snapctl check says more), and perhaps what has stored them: libuntracked.so'
[ "$(wc -l <err)" = 3 ] || fail "not three lines: $(cat err)"

begin 'a value that is not known'
SNAPSHOT_AUDIT=yes fails_with 3 ./audit data
has_text err 'SNAPSHOT_AUDIT=yes is not known: set it to off, warn, abort or fix'
