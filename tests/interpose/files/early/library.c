// A library whose constructor runs before libsnapshot.so's and before main, and there maps a file, stores and
// commits. The file's name is in EARLY_FILE. And whose destructor runs after libsnapshot.so's.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "snapshot/snapshot.h"

char *early_mapping;
int early_error = -1;
uint64_t late_discarded;  // how many lines exit is to discard

enum { bytes = 8192 };

__attribute__((constructor(101))) static void construct(void) {
  const char *path = getenv("EARLY_FILE");
  const int fd = path == NULL ? -1 : open(path, O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, bytes) != 0) return;
  early_mapping = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (early_mapping == MAP_FAILED) return;
  memcpy(early_mapping + 100, "constructed", 11);
  early_error = msync(early_mapping, bytes, MS_SYNC);
  if (pwrite(fd, "written", 7, 4096) != 7 || fsync(fd) != 0) early_error = -2;
  close(fd);
}

__attribute__((destructor(101))) static void destruct(void) {
  int (*get_statistics)(snapshot_statistics *, size_t);
  *(void **)&get_statistics = dlsym(RTLD_DEFAULT, "snapshot_get_statistics");
  snapshot_statistics s;
  if (get_statistics(&s, sizeof s) == 0 && s.lines_discarded == late_discarded) return;
  fprintf(stderr, "early: at exit %llu lines were discarded\n", (unsigned long long)s.lines_discarded);
  _exit(1);
}
