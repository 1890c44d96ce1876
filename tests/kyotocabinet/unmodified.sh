#!/usr/bin/env bash
# Claim: Debian's binary of Kyoto Cabinet, which knows nothing of Snapshot, under snaprun --pages: whenever it is killed,
# its database is as some synchronize left it, at least as the last that returned. It opens with a repair of Kyoto Cabinet's
# own (the file says that nobody has closed it), which finds every record; the records are compared as with the port.
# usage: unmodified.sh SOURCE_ROOT BUILD_DIRECTORY DATABASE KILLS
. "$(dirname "$0")/testlib.sh"
database=$1 kills=$2
[ -e /usr/include/kchashdb.h ] || skip 'libkyotocabinet-dev is not installed'
KYOTOCABINET_PLAIN=synchronize "$build/tests/e2e/kill_loop" "$database" --kills "$kills" --may-repair \
  --preload "$build/libsnapshot/libsnapshot.so" --examples "$programs/debian" --snapctl "$build/wrappers/snapctl/snapctl" \
  --dir "$scratch"
