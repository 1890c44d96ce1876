// Maps argv[1] the ordinary way, stores to it and commits; prints what Snapshot made of that. Also built for
// C++.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "snapshot/snapshot.h"

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  int fd = open(argv[1], O_RDWR | O_CREAT, 0644);
  if (fd < 0 || ftruncate(fd, 4096) != 0) return 3;
  char *bytes = (char *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (bytes == (char *)MAP_FAILED) return 4;
  for (int i = 0; i < 8; ++i) bytes[64 * i] = (char)('a' + i);

  snapshot_statistics before, after;
  if (snapshot_get_statistics(&before, sizeof before) != 0) return 5;
  if (msync(bytes, 4096, MS_SYNC) != 0) return 6;
  if (snapshot_get_statistics(&after, sizeof after) != 0) return 7;
  printf("managed=%d lines=%d\n", snapshot_is_managed(bytes, 4096),
         (int)(after.lines_committed - before.lines_committed));
  return 0;
}
