// What the library's constructor has committed is there, managed, and can be worked on.
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

extern char *early_mapping;
extern int early_error;
extern uint64_t late_discarded;

static int fail(const char *what) {
  fprintf(stderr, "early: %s\n", what);
  return 1;
}

static int in_file(long offset, const char *text) {
  char bytes[64] = "";
  const long fd = syscall(SYS_openat, AT_FDCWD, getenv("EARLY_FILE"), O_RDONLY);
  const long n = syscall(SYS_pread64, fd, bytes, strlen(text), offset);
  syscall(SYS_close, fd);
  return n == (long)strlen(text) && strcmp(bytes, text) == 0;
}

int main(void) {
  int (*is_managed)(const void *, size_t);
  *(void **)&is_managed = dlsym(RTLD_DEFAULT, "snapshot_is_managed");
  if (is_managed == NULL) return fail("libsnapshot is not here");
  if (early_error != 0) return fail("the constructor could not map and commit");
  if (!is_managed(early_mapping, 8192)) return fail("the constructor's mapping is not managed");
  if (!in_file(100, "constructed")) return fail("the constructor's commit is not in the file");
  if (!in_file(4096, "written")) return fail("the constructor's write is not in the file");
  memcpy(early_mapping + 200, "main", 4);
  if (in_file(200, "main")) return fail("a store was in the file before its commit");
  if (msync(early_mapping, 8192, MS_SYNC) != 0 || !in_file(200, "main")) return fail("main cannot commit");
  if (munmap(early_mapping, 8192) != 0) return fail("munmap");

  // What is not committed at exit is discarded, and counted; the library's destructor looks.
  const int fd = open(getenv("EARLY_FILE"), O_RDWR);
  char *const mapping = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapping == MAP_FAILED) return fail("mmap");
  memcpy(mapping, "a line", 6);
  memcpy(mapping + 4096 + 60, "two lines", 9);
  late_discarded = 3;
  return 0;
}
