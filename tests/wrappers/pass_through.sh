#!/bin/sh
# Claim: snapcc and snapc++ take every kind of call that clang takes, add nothing to those that do not compile or
# link, and never a warning that would turn a configure check with -Werror around.
. "$(dirname "$0")/testlib.sh"
warnings='-Wall -Wextra -Werror'

cat >store.c <<'E2'
void store(int *p) { *p = 1; }
E2
cat >main.c <<'E2'
void store(int *p);
int main(void) { int *volatile p = (int[1]){0}; store(p); return *p - 1; }
E2
cat >store.cc <<'E2'
#include <string>
void store(std::string &s) { s += "x"; s[0] = 'y'; }
E2
cat >main.cc <<'E2'
#include <string>
void store(std::string &s);
int main() { std::string s; store(s); return s == "y" ? 0 : 1; }
E2
printf 'int declared(void);\n' >header.h
printf '.globl answer\nanswer:\n movl $42, %%eax\n ret\n.section .note.GNU-stack,"",@progbits\n' >answer.s
printf '#define ANSWER 42\n.globl answer\nanswer:\n movl $ANSWER, %%eax\n ret\n.section .note.GNU-stack,"",@progbits\n' >cpp.S
printf 'int answer(void);\nint main(void) { return answer() - 42; }\n' >asks.c

# shellcheck disable=SC2086
{
begin 'questions are answered as clang answers them'
clang=${SNAPSHOT_CC:-$(default_clang)}
for question in --version -dumpmachine -dumpversion -print-prog-name=ld -print-search-dirs -print-file-name=libc.so \
  -print-libgcc-file-name -print-resource-dir --help; do
  succeeds "$clang" "$question"
  mv out expected
  succeeds_quietly "$snapcc" "$question"
  # The traces of the wrapper: clang names the config file, and the version is that of the plugin as well.
  grep -v -e '^Configuration file: ' -e '^Instrumentation: ' out | cmp -s - expected || fail "$question answers otherwise than clang"
done
begin 'a call without input does not become a link'
succeeds "$snapcc" -v
has_text err 'clang version'
lacks_text err 'undefined reference'
succeeds "$snapcc" -v -o out.exe
succeeds "$snapcc" '-###'
lacks_text err 'crt1.o'
fails_with 1 "$snapcc"
one_error 'no input files'
fails_with 1 "$snapcc" -o some.c
one_error 'no input files'

begin '-c, with and without -o'
succeeds_quietly "$snapcc" $warnings -c store.c
instrumented store.o
succeeds_quietly "$snapcc" $warnings -O2 -c store.c -o named.o
instrumented named.o
succeeds_quietly "$snapcxx" $warnings -c store.cc -o storecc.o
instrumented storecc.o
begin 'several sources with -c'
succeeds_quietly "$snapcc" $warnings -c store.c main.c
exists main.o

begin '-E and -P'
succeeds_quietly "$snapcc" $warnings -E main.c
has_text out 'int main(void)'
succeeds_quietly "$snapcc" -E -P -o pre.i main.c
exists pre.i
succeeds_quietly "$snapcc" $warnings -c pre.i -o pre.o
begin '-S'
succeeds_quietly "$snapcc" $warnings -S store.c
has_text store.s __snapshot_
succeeds_quietly "$snapcc" -S -emit-llvm store.c -o store.ll
has_text store.ll __snapshot_
begin '-M, -MM, -MD and -MMD'
succeeds_quietly "$snapcc" -M store.c
has_text out 'store.o: store.c'
succeeds_quietly "$snapcc" -MM -MT other store.c
has_text out 'other: store.c'
succeeds_quietly "$snapcc" $warnings -MD -MF dep -MQ q -c store.c
has_text dep 'q: store.c'
succeeds_quietly "$snapcc" $warnings -MMD -MP -o with_deps store.c main.c
linked with_deps
begin '-fsyntax-only'
succeeds_quietly "$snapcc" $warnings -fsyntax-only store.c
printf 'int x = ;\n' >bad.c
fails_with 1 "$snapcc" -fsyntax-only bad.c
has_text err 'bad.c:1:9: error:'
fails_with 1 "$snapcc" -c bad.c -o bad.o
[ ! -e bad.o ] || fail 'a failed compilation left bad.o'
begin '-### shows the jobs and runs none'
succeeds "$snapcc" '-###' -o shown store.c main.c
has_text err '"--no-as-needed" "-lsnapshot"' # for linkers whose default is --as-needed
[ ! -e shown ] || fail '-### linked'
begin 'the tool under the driver'
succeeds_quietly "$snapcc" -cc1 -version
succeeds "$snapcc" -cc1as -version

begin 'standard input'
status=0
printf 'void f(int *p) { *p = 2; }' | "$snapcc" $warnings -x c -c -o stdin.o - >out 2>err || status=$?
same "$status" 0
instrumented stdin.o
status=0
printf 'int main(void) { return 0; }' | "$snapcc" -xc - -o stdin >out 2>err || status=$?
same "$status" 0
linked stdin
status=0
printf '#ifndef __clang__\n#error\n#endif\n' | "$snapcc" -E -x c - >out 2>err || status=$?
same "$status" 0

begin 'assembler sources'
succeeds_quietly "$snapcc" $warnings -c answer.s
succeeds_quietly "$snapcc" $warnings -c cpp.S -o cpp.o
succeeds_quietly "$snapcc" $warnings -x assembler-with-cpp -c cpp.S -o cpp2.o
not_instrumented answer.o
succeeds_quietly "$snapcc" $warnings -Wa,--noexecstack asks.c answer.s -o asks
succeeds_quietly ./asks
linked asks
succeeds_quietly "$snapcc" $warnings asks.c cpp.S -o asks_cpp
succeeds_quietly ./asks_cpp
begin '-fno-integrated-as'
succeeds_quietly "$snapcc" -fno-integrated-as -c store.c -o gas.o
instrumented gas.o

begin 'compile and link in one call'
succeeds_quietly "$snapcc" $warnings store.c main.c -o one_call
linked one_call
succeeds_quietly ./one_call
succeeds_quietly "$snapcxx" $warnings -pthread store.cc main.cc -lm -o one_call_cc
linked one_call_cc
succeeds_quietly ./one_call_cc
begin 'link-only calls'
succeeds_quietly "$snapcc" $warnings store.o main.o -o objects
linked objects
succeeds_quietly ./objects
succeeds_quietly "$snapcc" $warnings -O2 -g -I. -DX -std=c11 -c main.c -o main.o
succeeds_quietly ar rcs libstore.a store.o
succeeds_quietly "$snapcc" main.o -L. -lstore -o archive
linked archive
succeeds_quietly "$snapcc" -Wl,--whole-archive,libstore.a,--no-whole-archive main.o -o whole
linked whole
succeeds_quietly "$snapcc" -Wl,main.o,store.o -o only_wl
linked only_wl
succeeds_quietly "$snapcc" -Xlinker main.o -Xlinker store.o -o only_xlinker
linked only_xlinker
begin 'a program without a store is linked to the library, under --as-needed too'
printf 'int main(void) { return 0; }\n' >empty.c
succeeds_quietly "$snapcc" -Wl,--as-needed -Wl,-O1 empty.c -o empty -Wl,-z,defs
linked empty
begin 'names that look like options or inputs'
mkdir -p 'a dir'
cp store.c 'a dir/store it.c'
succeeds_quietly "$snapcc" $warnings -c 'a dir/store it.c' -o 'a dir/it.o'
instrumented 'a dir/it.o'

begin 'shared libraries'
succeeds_quietly "$snapcc" $warnings -fPIC -shared -Wl,-z,defs -Wl,-soname,libs.so.1 store.c -o libs.so.1
linked libs.so.1
ln -sf libs.so.1 libs.so
succeeds_quietly "$snapcc" main.c -L. -ls -Wl,-rpath,"$scratch" -o with_shared
linked with_shared
succeeds_quietly ./with_shared
begin '-nostdlib with the libraries named, as libtool does for C++'
succeeds_quietly "$snapcxx" -fPIC -shared -nostdlib store.cc -lstdc++ -lc -o libnostd.so
linked libnostd.so
begin '-nostartfiles, -nodefaultlibs'
succeeds_quietly "$snapcc" -nodefaultlibs store.c main.c -lc -o nodefaultlibs
succeeds_quietly ./nodefaultlibs
begin '-r'
succeeds_quietly "$snapcc" -r store.o main.o -o both.o
succeeds_quietly "$snapcc" -r -nostdlib store.o main.o -o both.o
succeeds_quietly "$snapcc" -nostdlib -no-pie -Wl,-r store.o main.o -o both.o
instrumented both.o
succeeds_quietly "$snapcc" both.o -o from_both
succeeds_quietly ./from_both
begin 'position-independent or not'
for kind in -pie -no-pie; do
  succeeds_quietly "$snapcc" -fPIE $kind store.c main.c -o kind
  linked kind
  succeeds_quietly ./kind
done
begin 'other linkers'
for linker in gold lld-19 lld-16; do
  if command -v "ld.$linker" >/dev/null; then
    succeeds_quietly "$snapcc" -fuse-ld=$linker store.c main.c -o linker
    linked linker
    succeeds_quietly ./linker
  fi
done

begin 'response files'
printf -- '-c "store.c"\n -o rsp.o\n' >compile.rsp
succeeds_quietly "$snapcc" $warnings @compile.rsp
instrumented rsp.o
printf 'store.o main.o\n' >objects.rsp
succeeds_quietly "$snapcc" @objects.rsp -o rsp
linked rsp
printf '@objects.rsp -o "nested rsp"' >nested.rsp
succeeds_quietly "$snapcc" @nested.rsp
linked 'nested rsp'
printf -- '-Wall -Werror -I.' >flags.rsp
succeeds_quietly "$snapcc" @flags.rsp -c store.c -o rsp2.o
printf -- '-v\n' >question.rsp
succeeds "$snapcc" @question.rsp
fails_with 1 "$snapcc" @missing.rsp
has_text err missing.rsp

begin 'precompiled headers'
succeeds_quietly "$snapcc" header.h
succeeds_quietly "$snapcc" $warnings -x c-header header.h -o header.h.pch
exists header.h.pch
succeeds_quietly "$snapcc" $warnings -include header.h -c store.c -o with_pch.o
instrumented with_pch.o
succeeds_quietly "$snapcc" -include-pch header.h.pch -c store.c -o with_pch.o
succeeds_quietly "$snapcxx" -xc++-header header.h -o header.hh.pch

begin 'every optimisation level is instrumented'
for level in -O0 -O1 -O2 -O3 -Os -Oz -Og -Ofast; do
  succeeds_quietly "$snapcc" -Wall -Wno-deprecated $level -c store.c -o level.o
  instrumented level.o
  succeeds "$snapcc" $level store.c main.c -o level
  succeeds_quietly ./level
done
begin 'debug information, profiles and sections go through'
succeeds_quietly "$snapcc" $warnings -g -gdwarf-4 -ffunction-sections -Wl,--gc-sections store.c main.c -o sections
succeeds_quietly ./sections
}

begin 'the tree is found through a symbolic link and through PATH'
mkdir -p links
ln -s "$snapcc" links/snapcc
ln -s "$snapcc" links/some-other-cc
succeeds_quietly links/snapcc -c store.c -o linked.o
instrumented linked.o
PATH=$scratch/links:$PATH
succeeds_quietly some-other-cc -c store.c -o linked.o
instrumented linked.o
echo 'pass_through: passed'
