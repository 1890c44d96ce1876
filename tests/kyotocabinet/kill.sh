#!/usr/bin/env bash
# Claim: whenever the port is killed, its database opens without repair as some end of a transaction left it, at least
# the last that returned. The file is compared with the records that there must be, by the port and by plain Kyoto
# Cabinet (tests/e2e/kill_rounds.h). usage: kill.sh SOURCE_ROOT BUILD_DIRECTORY DATABASE KILLS
. "$(dirname "$0")/testlib.sh"
"$build/tests/e2e/kill_loop" "$1" --kills "$2" --examples "$programs" --snapctl "$build/wrappers/snapctl/snapctl" \
  --dir "$scratch"
