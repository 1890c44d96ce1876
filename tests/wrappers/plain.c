// A program that knows nothing of Snapshot: stores argv[2] at the start of the file argv[1], in place, and
// exits without msync. Managed, the store is discarded; unmanaged, it is in the file.
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  int fd = open(argv[1], O_RDWR | O_CREAT, 0644);
  if (fd < 0 || ftruncate(fd, 4096) != 0) return 3;
  char *bytes = (char *)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (bytes == (char *)MAP_FAILED) return 4;
  memcpy(bytes, argv[2], strlen(argv[2]));
  _exit(0);
}
