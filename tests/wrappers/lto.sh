#!/bin/sh
# Claim: -flto and -flto=thin give an instrumented, linked program that runs, with the default linker and with lld.
. "$(dirname "$0")/testlib.sh"
clang=${SNAPSHOT_CC:-$(default_clang)}
major=$(clang_major "$clang")

cat >store.c <<'E2'
void store(char *p, int i) { p[64 * i] = (char)i; }
E2
cat >main.c <<'E2'
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "snapshot/snapshot.h"
void store(char *p, int i);
int main(void) {
  int fd = open("lto.dat", O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || ftruncate(fd, 4096) != 0) return 2;
  char *p = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (p == MAP_FAILED || !snapshot_is_managed(p, 4096)) return 3;
  for (int i = 1; i < 9; ++i) store(p, i);
  snapshot_statistics s;
  if (msync(p, 4096, MS_SYNC) != 0 || snapshot_get_statistics(&s, sizeof s) != 0) return 4;
  return s.lines_committed == 8 ? 0 : 5;
}
E2
include="-I$source_root/include -I$build/include"

# A clang may pick up the lld of another version; what it would do itself is what counts here.
linkers=default
command -v "ld.lld-$major" >/dev/null && linkers="default lld-$major"
# shellcheck disable=SC2086
for linker in $linkers; do
  flags=
  [ "$linker" = default ] || flags=-fuse-ld=$linker
  for lto in -flto -flto=thin; do
    for level in -O0 -O2 -O3; do
      begin "$lto $level, linker: $linker"
      succeeds_quietly "$snapcc" -Wall -Werror $include $lto $level -c store.c
      succeeds_quietly "$snapcc" -Wall -Werror $include $lto $level -c main.c
      succeeds_quietly "$snapcc" -Wall -Werror $lto $level $flags main.o store.o -o lto
      linked lto
      SNAPSHOT_MEDIA=memory succeeds ./lto
    done
  done
done
begin '-flto in one call'
# shellcheck disable=SC2086
succeeds_quietly "$snapcc" -Wall -Werror $include -flto -O2 main.c store.c -o lto
linked lto
echo 'lto: passed'
