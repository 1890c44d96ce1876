#!/bin/sh
# Claim: a clang that the plugin was not built for, and that was given the plugin without the wrapper, says so in one
# line instead of crashing.
. "$(dirname "$0")/testlib.sh"
plugin=$build/pass/snapshot-pass.so
printf 'void f(int *p) { *p = 1; }\n' >f.c

other=
for major in 13 14 15 17 18 20; do
  ! command -v "clang-$major" >/dev/null || other=$major
done
[ -n "$other" ] || skip 'no clang is installed that the plugin was not built for (clang-14, say)'
begin "clang-$other with the plugin"
fails_with 1 "clang-$other" "-fpass-plugin=$plugin" -c f.c
grep -q '^snapshot: .*use clang ' err || fail 'the plugin did not say which clang it wants'
lacks_text err 'Stack dump'
begin "clang-$other with the flags that pkg-config gives"
fails_with 1 "clang-$other" "-fplugin=$plugin" "-fpass-plugin=$plugin" -c f.c
grep -q '^snapshot: .*use clang ' err || fail 'the plugin did not say which clang it wants'
lacks_text err 'Stack dump'
echo 'plugin_version: passed'
