#!/bin/sh
# Claim: the project's scripts parse and check-layers finds what it looks for.
. "$(dirname "$0")/testlib.sh"
cd "$source_root"

begin 'every shell script parses'
count=0
for script in .ci/run scripts/* wrappers/*.in tests/*/*.sh "$snapcc" "$snapcxx" "$snaprun"; do
  case $(head -n 1 "$script" 2>/dev/null) in
    *bash) shell='bash' ;;
    *sh) shell='sh' ;;
    *) continue ;;
  esac
  count=$((count + 1))
  "$shell" -n "$script" || fail "$script"
  [ -x "$script" ] || case $script in *.in | *lib.sh) ;; *) fail "$script is not executable" ;; esac
done
[ "$count" -gt 15 ] || fail "only $count scripts were found"
bash -n scripts/lib.sh || fail 'scripts/lib.sh'
if command -v shellcheck >/dev/null; then
  begin 'shellcheck'
  for script in .ci/run scripts/test scripts/format scripts/tidy scripts/check-layers tests/wrappers/*.sh "$snapcc" \
    "$snapcxx" "$snaprun"; do
    shellcheck -x "$script" || fail "$script"
  done
fi

cd "$scratch"
begin 'check-layers: what is allowed'
layer() { mkdir -p "lib/$1" && printf '#include %s\n' "$3" >"lib/$1/$2"; }
layer base one.h '<stdint.h>'
layer commit two.cc '"base/one.h"'
layer commit three.cc '"commit/two.h"'
layer api four.cc '"snapshot/snapshot.h"'
succeeds "$source_root/scripts/check-layers" lib
has_text out '4 files'
begin 'check-layers: an include to the right'
layer base wrong.h '"commit/two.h"'
fails_with 1 "$source_root/scripts/check-layers" lib
has_text err 'base/wrong.h:1: base may not include commit/two.h'
rm lib/base/wrong.h
begin 'check-layers: the same with brackets and blanks, and on a later line'
printf '// text\n  #  include <interpose/x.h>\n' >lib/api/wrong.cc
fails_with 1 "$source_root/scripts/check-layers" lib
has_text err 'api/wrong.cc:2: api may not include interpose/x.h'
rm lib/api/wrong.cc
begin 'check-layers: around the layers'
layer commit sneaky.cc '"../api/four.h"'
fails_with 1 "$source_root/scripts/check-layers" lib
has_text err 'includes ../api/four.h'
rm lib/commit/sneaky.cc
begin 'check-layers: a folder or a file outside the layers'
layer misc five.cc '<stdio.h>'
fails_with 1 "$source_root/scripts/check-layers" lib
has_text err 'the folder misc is no layer'
rm -r lib/misc
touch lib/six.cc
fails_with 1 "$source_root/scripts/check-layers" lib
has_text err 'six.cc: belongs to no layer'
begin 'check-layers: nothing to check is no success'
mkdir nothing
fails_with 1 "$source_root/scripts/check-layers" nothing
fails_with 2 "$source_root/scripts/check-layers" nowhere
echo 'scripts: passed'
