#!/bin/sh
# Claim: snapctl check says which sources and libraries of a program are instrumented, which are not, and which by
# another version or with other options; and a program says at its start which of its libraries are not, once, if asked.
. "$(dirname "$0")/testlib.sh"
snapctl=$build/wrappers/snapctl/snapctl
clang=$(default_clang)
export LD_LIBRARY_PATH=.

printf 'int g(int *);\nint h(int *);\nint main(void) { int x = 1; return g(&x) + h(&x); }\n' >main.c
printf 'int g(int *p) { *p = 0; return *p; }\n' >g.c
printf 'int h(int *p) { *p = 0; return *p; }\n' >h.c
"$snapcc" -c main.c && "$snapcc" -c g.c && "$snapcc" -fPIC -c h.c && "$clang" -c g.c -o g-plain.o
"$snapcc" -shared h.o -o libh.so && "$clang" -shared -fPIC h.c -o libh-plain.so

begin 'all of it'
"$snapcc" main.o g.o -L. -lh -o full
succeeds "$snapctl" check ./full
has_text out './full: instrumented: 2 sources, mode=full'
has_text out 'libh.so: instrumented: 1 source, mode=full'
lacks_text out libc
lacks_text out libsnapshot
lacks_text out dlopen
SNAPSHOT_LOG=info succeeds_quietly ./full

begin 'a source that is not'
"$snapcc" main.o g-plain.o -L. -lh -o part
fails_with 6 "$snapctl" check ./part
has_text out './part: not instrumented: g.c'
lacks_text out main.c

begin 'a library that is not'
cp libh.so kept.so && cp libh-plain.so libh.so
fails_with 6 "$snapctl" check ./full
has_text out './full: instrumented: 2 sources'
has_text out 'libh.so: not instrumented'
SNAPSHOT_LOG=info succeeds ./full
one_error 'not instrumented, so that what they store is tracked by pages only (SNAPSHOT_TRACK): libh.so'
succeeds_quietly ./full
cp kept.so libh.so

begin 'a program that is not, preloaded'
"$clang" main.c g.c h.c -o plain
fails_with 6 "$snapctl" check ./plain
has_text out './plain: not instrumented'
SNAPSHOT_LOG=info succeeds "$snaprun" ./plain
has_text err '(SNAPSHOT_TRACK): the program'

begin 'other options, and another version'
"$snapcc" -mllvm -snapshot-track-allocations -c g.c -o g-other.o
"$snapcc" main.o g-other.o h.o -o mixed
fails_with 7 "$snapctl" check ./mixed
has_text out './mixed: stale: g.c: mode=full track-allocations; another part has mode=full'
"$snapcc" -mllvm -snapshot-mode=check -c g.c -o g-idle.o
"$snapcc" main.o g-idle.o h.o -o idle
fails_with 7 "$snapctl" check ./idle
has_text out './idle: stale: g.c: mode=check tracks nothing'
sed 's/pass 0\.1\.0 abi/pass 0.0.9 abi/' g.o >g-old.o
"$snapcc" main.o g-old.o h.o -o old
fails_with 7 "$snapctl" check ./old
has_text out './old: stale: g.c: pass 0.0.9 abi 1'

begin 'objects, several at once, a stripped program'
fails_with 7 "$snapctl" check g.o g-plain.o g-old.o
has_text out 'g.o: instrumented: 1 source'
has_text out 'g-plain.o: not instrumented'
"$snapcc" -s main.o g-plain.o h.o -o stripped
succeeds "$snapctl" check ./stripped
has_text out 'no symbol table: whether there are others cannot be told'

begin 'what dlopen loads is not known'
printf '#include <dlfcn.h>\nint main(void) { return dlopen("libh.so", RTLD_NOW) == 0; }\n' >loads.c
"$snapcc" loads.c -o loads
succeeds "$snapctl" check ./loads
has_text out 'calls dlopen: what it loads then is not looked at'

begin 'what is no program'
fails_with 4 "$snapctl" check main.c
one_error 'main.c: is no 64-bit ELF file'
fails_with 4 "$snapctl" check nowhere
one_error 'nowhere: cannot be read'
head -c 1000 full >cut-off
run "$snapctl" check cut-off
[ "$status" -lt 8 ] || fail "exit status $status"

echo 'check: passed'
