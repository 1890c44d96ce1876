# Sourced by this folder's tests. usage of each: TEST SOURCE_ROOT BUILD_DIRECTORY [ARGUMENT]...
# Kyoto Cabinet lies where kyotocabinet.build has put it; without it (no network) they are skipped.
# shellcheck shell=bash
set -euo pipefail
root=$1 build=$2
here=$root/tests/kyotocabinet
locations=$build/tests/kyotocabinet/locations
shift 2
skip() { echo "SKIPPED: $1" && exit 77; }
fail() { echo "FAILED: $1" >&2 && exit 1; }
if [ "${0##*/}" != build.sh ]; then
  [ -s "$locations" ] || skip 'Kyoto Cabinet is not there: kyotocabinet.build could not fetch its source package'
  # shellcheck disable=SC2034  # for the tests
  port=$(sed -n 's/^port //p' "$locations")
  # shellcheck disable=SC2034
  programs=$build/tests/kyotocabinet/programs
  # tmpfs, where there is room: what is tested writes much.
  parent=/dev/shm
  [ "$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1)" -gt 262144 ] || parent=${TMPDIR:-/tmp}
  scratch=$(mktemp -d "$parent/snapshot-kyotocabinet.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 1' INT TERM HUP
fi
