#!/bin/sh
# Claim: a compiler that the plugin was not built for, and a runtime that speaks another contract, are one clear
# error each, before anything could run.
. "$(dirname "$0")/testlib.sh"
printf 'void f(int *p) { *p = 1; }\n' >f.c
printf 'int main(void) { return 0; }\n' >main.c

begin 'SNAPSHOT_CC that cannot be run'
SNAPSHOT_CC=no-such-clang fails_with 1 "$snapcc" -c f.c
one_error 'snapcc: error: SNAPSHOT_CC=no-such-clang: cannot be run'
SNAPSHOT_CXX=/dev/null fails_with 1 "$snapcxx" -c f.c
one_error 'snapc++: error: SNAPSHOT_CXX=/dev/null: cannot be run'
begin 'SNAPSHOT_CC that is not clang'
printf '#!/bin/sh\necho "gcc (Debian 12.2.0-14) 12.2.0"\n' >fake-gcc
printf '#!/bin/sh\necho "Debian clang version 15.0.1"\n' >fake-clang
chmod +x fake-gcc fake-clang
SNAPSHOT_CC=./fake-gcc fails_with 1 "$snapcc" -c f.c
one_error 'SNAPSHOT_CC=./fake-gcc: not clang'
begin 'a clang of another version'
SNAPSHOT_CC=./fake-clang fails_with 1 "$snapcc" -c f.c
one_error 'SNAPSHOT_CC=./fake-clang: is clang 15, but the plugin was built for clang '
[ ! -e f.o ] || fail 'there is an object all the same'

begin 'a default clang that is gone'
mkdir moved
for file in "$build"/wrappers/*.cfg "$snapcc"; do
  sed 's|:-/.*/clang|:-/nowhere/clang|' "$file" >"moved/${file##*/}"
done
fails_with 1 sh moved/snapcc -c f.c
one_error 'snapcc: error: /nowhere/clang'

begin 'a runtime with another contract'
# What the pass of another version would have left in the object.
cat >other.c <<'E2'
extern const unsigned __snapshot_abi_v99_range_40_0x20;
const void *const contract = &__snapshot_abi_v99_range_40_0x20;
E2
succeeds_quietly "$snapcc" -c other.c -o other.o
fails_with 1 "$snapcc" main.c other.o -o mismatch
has_text err '__snapshot_abi_v99_range_40_0x20'
[ ! -e mismatch ] || fail 'a program was linked'

begin 'this contract links'
# The symbol that the header makes, not one written down here.
cat >same.c <<'E2'
#include "snapshot/abi.h"
const void *const contract = &SNAPSHOT_ABI_SYMBOL;
E2
succeeds_quietly "$snapcc" -I"$source_root/include" -I"$build/include" main.c same.c -o match
succeeds ./match

begin 'a linked program meets a runtime with another contract'
mkdir other
echo 'const unsigned __snapshot_abi_v99_range_40_0x20 = 99;' >stub.c
echo 'SNAPSHOT_0.1 { *; };' >stub.map
succeeds_quietly "$(default_clang)" -shared -fPIC -Wl,-soname,libsnapshot.so.0 -Wl,--version-script=stub.map stub.c \
  -o other/libsnapshot.so.0
LD_LIBRARY_PATH=$scratch/other fails_with 127 ./match
one_error 'undefined symbol: __snapshot_abi_v'
# As the pass has left it in a program with a store.
succeeds_quietly "$snapcc" -O2 f.c main.c -o stores
succeeds ./stores
LD_LIBRARY_PATH=$scratch/other fails_with 127 ./stores
one_error 'undefined symbol: __snapshot_abi_v'

echo 'versions: passed'
