#!/bin/sh
# Claim: a static link is refused in one line, because it would give a program that silently is not protected; calls
# with -static that do not link are not.
. "$(dirname "$0")/testlib.sh"
include="-I$source_root/include -I$build/include"
cp "$here/managed.c" managed.c

# shellcheck disable=SC2086
{
for flag in -static --static -static-pie; do
  begin "linking with $flag"
  fails_with 1 "$snapcc" $flag $include managed.c -o managed
  one_error 'snapcc: error: -static: libsnapshot cannot be linked statically'
  [ ! -e managed ] || fail 'there is a program all the same'
done
begin '-static in a response file'
succeeds_quietly "$snapcc" -static $include -c managed.c
instrumented managed.o
printf -- '-static managed.o' >static.rsp
fails_with 1 "$snapcc" @static.rsp
one_error '-static'
begin 'questions and compilation with -static'
succeeds "$snapcc" -static -v
succeeds_quietly "$snapcc" -static -E $include managed.c
begin 'static parts of a dynamic program'
printf 'int main() { return 0; }\n' >main.cc
succeeds_quietly "$snapcxx" -static-libgcc -static-libstdc++ main.cc -o main
linked main
succeeds ./main
}
echo 'static: passed'
