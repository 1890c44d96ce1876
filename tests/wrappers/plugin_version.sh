#!/bin/sh
# Claim: a clang that the plugin was not built for, and that was given the plugin without the wrapper, says so in one
# line instead of crashing.
. "$(dirname "$0")/testlib.sh"
plugin=$build/pass/snapshot-pass.so
printf 'void f(int *p) { *p = 1; }\n' >f.c

# load_into NAME DECLARATIONS: what the plugin says in a program with LLVM's functions of such a compiler, which loads it
# as a compiler does, and is to refuse it for its interface.
load_into() {
  cat >"$1.c" <<E
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
$2
int main(int argc, char **argv) {
  void *plugin = dlopen(argv[argc - 1], RTLD_NOW);
  if (!plugin) return puts(dlerror()), 2;
  struct plugin_info { uint32_t api; const char *name, *version; void *callbacks; };
  struct plugin_info (*info)(void) = dlsym(plugin, "llvmGetPassPluginInfo");
  return info && info().api == 0 ? 0 : 3;
}
E
  succeeds_quietly "$(default_clang)" -rdynamic "$1.c" -o "$1"
  succeeds "./$1" "$plugin"
}
begin 'a compiler that is not based on LLVM'
load_into none ''
has_text err 'snapshot: the compiler is not based on LLVM; use clang '
begin 'an LLVM that cannot say its version'
load_into old 'void *LLVMContextCreate(void) { return 0; }'
has_text err "snapshot: the compiler's LLVM is older than 16; use clang "
begin 'an LLVM for which there is no pass'
load_into other 'void *LLVMContextCreate(void) { return 0; }
void LLVMGetVersion(unsigned *a, unsigned *b, unsigned *c) { *a = 99, *b = *c = 0; }'
has_text err 'snapshot: no compiler pass for LLVM 99 '

other=
for major in 13 14 15 17 18 20; do
  ! command -v "clang-$major" >/dev/null || other=$major
done
if [ -z "$other" ]; then
  echo 'SKIPPED a real compiler: no clang is installed that the plugin was not built for (clang-14, say)'
  echo 'plugin_version: passed'
  exit
fi
begin "clang-$other with the plugin"
fails_with 1 "clang-$other" "-fpass-plugin=$plugin" -c f.c
grep -q '^snapshot: .*use clang ' err || fail 'the plugin did not say which clang it wants'
lacks_text err 'Stack dump'
begin "clang-$other with the flags that pkg-config gives"
fails_with 1 "clang-$other" "-fplugin=$plugin" "-fpass-plugin=$plugin" -c f.c
grep -q '^snapshot: .*use clang ' err || fail 'the plugin did not say which clang it wants'
lacks_text err 'Stack dump'
echo 'plugin_version: passed'
