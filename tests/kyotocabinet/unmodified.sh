#!/usr/bin/env bash
# Claim: Debian's binary of Kyoto Cabinet, which knows nothing of Snapshot, under snaprun --pages: whenever it is killed,
# its database is as some synchronize left it, at least as the last that returned. It opens with a repair of Kyoto Cabinet's
# own (the file says that nobody has closed it), which finds every record; the records are compared as with the port.
# usage: unmodified.sh SOURCE_ROOT BUILD_DIRECTORY DATABASE KILLS
. "$(dirname "$0")/testlib.sh"
database=$1 kills=$2
[ -e /usr/include/kchashdb.h ] || skip 'libkyotocabinet-dev is not installed'
clang=$(sed -n 's/^clang=.*:-\(.*\)}$/\1/p' "$build/wrappers/snapc++")
class=HashDB
[ "$database" = kyotocabinet ] || class=TreeDB
"${clang/clang-/clang++-}" -std=c++20 -O2 -DDATABASE=$class -I "$root/examples" -I "$root/tests/support" \
  -I "$root/include" -I "$build/include" "$here/subject.cc" -lkyotocabinet -o "$scratch/$database-plain"
KYOTOCABINET_PLAIN=synchronize "$build/tests/e2e/kill_loop" "$database" --kills "$kills" --may-repair \
  --preload "$build/libsnapshot/libsnapshot.so" --examples "$scratch" --snapctl "$build/wrappers/snapctl/snapctl" \
  --dir "$scratch"
