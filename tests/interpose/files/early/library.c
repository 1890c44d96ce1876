// A library whose constructor runs before libsnapshot.so's and before main, and there maps a file, stores and
// commits. The file's name is in EARLY_FILE.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

char *early_mapping;
int early_error = -1;

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
