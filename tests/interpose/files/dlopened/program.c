// usage: program PLUGIN DIRECTORY. The plugin brings libsnapshot.so with it, but too late: libc's functions
// are bound already, so the file is managed only if the library was linked or preloaded.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static int fail(const char *what) {
  fprintf(stderr, "dlopened: %s\n", what);
  return 1;
}

int main(int argc, char **argv) {
  if (argc < 3) return fail("no arguments");
  char path[4096];
  snprintf(path, sizeof path, "%s/snapshot-dlopened-XXXXXX", argv[2]);
  const int fd = mkstemp(path);
  if (fd < 0 || ftruncate(fd, 8192) != 0) return fail("no file");
  uint64_t *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (m == MAP_FAILED) return fail("mmap");
  void *plugin = dlopen(argv[1], RTLD_NOW);
  if (plugin == NULL) return fail(dlerror());
  void (*store)(uint64_t *, uint64_t);
  void (*fill)(uint64_t *, uint64_t, uint64_t);
  *(void **)&store = dlsym(plugin, "plugin_store");
  *(void **)&fill = dlsym(plugin, "plugin_fill");
  store(m, 7);
  fill(m + 100, 1000, 300);
  // What was marked stays marked when the code that did it is gone.
  if (dlclose(plugin) != 0) return fail("dlclose");
  uint64_t seen[1024];
  syscall(SYS_pread64, fd, seen, 8192, 0L);
  if (seen[0] != 0 || seen[399] != 0) return fail("a store was in the file before the commit");
  if (msync(m, 8192, MS_SYNC) != 0) return fail("msync");
  syscall(SYS_pread64, fd, seen, 8192, 0L);
  const int lost = memcmp(seen, m, 8192) != 0 || seen[0] != 7 || seen[399] != 1299;
  munmap(m, 8192);
  unlink(path);
  return lost ? fail("a store of the plugin's is lost") : 0;
}
