// Maps a file under libsnapshot: exit status 0 if that works with the settings there are. The library says
// what does not.
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void) {
  char name[] = "/tmp/snapshot-probe-XXXXXX";
  const int fd = mkstemp(name);
  if (fd < 0 || ftruncate(fd, 4096) != 0) return 2;
  void *address = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  unlink(name);
  return address == MAP_FAILED ? 1 : munmap(address, 4096) != 0;
}
