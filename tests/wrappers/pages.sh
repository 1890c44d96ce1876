#!/bin/sh
# Claim: snaprun --pages makes msync failure-atomic for programs that know nothing of Snapshot: their stores are committed,
# survive kills as whole commits, and are discarded at exit without one; it says how it finds them. So does
# SNAPSHOT_TRACK=both for the parts of a program that were not instrumented. Without --pages
# nothing is committed.
. "$(dirname "$0")/testlib.sh"
clang=$(default_clang)
runs=$(mktemp -d /dev/shm/snapshot-wrappers.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$scratch" "$runs"' EXIT
export SNAPSHOT_MEDIA=memory

cat >check <<E2
#!/bin/sh
[ -e records ] || exit 0
count=\$($scratch/records check records) || { echo "\$count" && exit 1; }
said=\$(tail -n 1 "\$SNAPSHOT_CRASH_OUTPUT")
[ "\$count" -ge "\${said:-0}" ] || { echo "said \$said, but \$count are there" && exit 1; }
E2
chmod +x check
crash_test() { "$snaprun" "$@" --crash-test --dir "$runs" --check ./check --kills 30 --seed 1 ./records run records 50; }

for compiler in "$clang" gcc; do
  command -v "$compiler" >/dev/null || continue
  "$compiler" -O2 "$here/counted_records.c" -o records
  begin "$compiler: kills under --pages"
  succeeds crash_test --pages
  has_text out ' 51 commits; now 30 kills from seed 1'
  has_text out 'the checker accepts every recovered state'
done
begin 'crash images under --pages'
succeeds "$snaprun" --pages --crash-test --states --images 2000 --dir "$runs" --check ./check ./records run records 10
has_text out ' different states: the checker accepts each'

begin 'without --pages'
fails_with 125 crash_test
has_text err 'said 50, but 0 are there'

for way in scan copies compare; do
  run "$snaprun" --pages --pages-from "$way" --log info ./records run "$way.data" 3
  if [ "$status" != 0 ] && grep -q "SNAPSHOT_PAGES_FROM=$way does not work here" err; then
    echo "SKIPPED: one case: $(cat err)"
    continue
  fi
  begin "$way: it says so, and commits"
  [ "$status" = 0 ] || fail "exit status $status"
  has_text err 'snapshot: page tracking by '
  has_text err "($way)"
  succeeds ./records check "$way.data"
  same "$(cat out)" 3
done

begin 'an instrumented program with a library that is not: both, and the audit finds nothing'
"$clang" -O2 -c "$here/untracked.c" -o untracked.o
"$snapcc" -O2 "-I$source_root/include" "-I$build/include" "$here/audit.c" untracked.o -lpthread -o mixed
SNAPSHOT_TRACK=both SNAPSHOT_AUDIT=warn succeeds ./mixed mixed.data
has_text out 'untracked lines: 0'
[ ! -s err ] || fail "it says: $(cat err)"
same "$(dd if=mixed.data bs=1 skip=12388 count=6 2>/dev/null)" MISSED
same "$(dd if=mixed.data bs=1 count=7 2>/dev/null)" tracked
SNAPSHOT_TRACK=both SNAPSHOT_AUDIT=warn succeeds ./mixed mixed.data 4
has_text out 'untracked lines: 0'

cat >leave.c <<'E2'
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int argc, char **argv) {
  int fd = open(argv[1], O_RDWR | O_CREAT, 0644);
  if (argc != 2 || fd < 0 || ftruncate(fd, 65536) != 0) return 3;
  volatile char *bytes = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (bytes == MAP_FAILED) return 4;
  bytes[0] = 'a', bytes[63] = 'b', bytes[64] = 'c', bytes[65535] = 'd';
  return 0;
}
E2
"$clang" -O2 leave.c -o leave
begin 'at exit'
succeeds "$snaprun" --pages --log info ./leave left.data
has_text err 'left.data: 3 changed lines were not committed before exit and are discarded'
same "$(tr -d '\000' <left.data)" ''
succeeds "$snaprun" --pages --exit commit ./leave left.data
same "$(tr -d '\000' <left.data)" abcd
