#!/usr/bin/env bash
# Claim: Debian's source package of Kyoto Cabinet builds plain and, with 11 changed lines, with snapcc and snapc++.
# The other tests of this folder use what it makes.
. "$(dirname "$0")/testlib.sh"
for program in dpkg-source g++ make apt-get; do
  command -v $program >/dev/null || skip "$program is not installed"
done
rm -f "$locations"
status=0
found=$(SNAPSHOT_BUILD_DIR=$build "$root/scripts/kyotocabinet" --build-only 2>&1) || status=$?
[ $status -ne 77 ] || skip "${found##*$'\n'}"
[ $status -eq 0 ] || fail "$found"
"$here/compile" "$(sed -n 's/^plain //p' <<<"$found")" "$(sed -n 's/^port //p' <<<"$found")" "$build" \
  "$build/tests/kyotocabinet/programs"
echo "$found" >"$locations"
