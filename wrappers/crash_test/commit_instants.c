// Preloaded before libsnapshot by snaprun --crash-test: counts the instants just before and just after each
// call that commits, in all processes of the program together, and kills them all at the one that is asked
// for.
//
//   SNAPSHOT_CRASH_INSTANTS  a file of 16 bytes: the count so far, and the instant to kill at (0: none)
//
// What a kill within a commit leaves is what one of the two instants around it leaves: that is what
// failure-atomic means. So these instants are all that can happen to one file; kills by time find what
// involves more than it.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct instants {
  uint64_t count, kill_at;
};

static struct instants *instants;

// By system calls: libsnapshot would want to manage the file.
__attribute__((constructor)) static void start(void) {
  const char *path = getenv("SNAPSHOT_CRASH_INSTANTS");
  if (path == NULL) return;
  long fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  long address = syscall(SYS_mmap, 0L, sizeof *instants, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
  if (address > 0) instants = (struct instants *)address;
  (void)syscall(SYS_close, fd);
}

// Keeps errno.
static void pass_instant(void) {
  if (instants == NULL) return;
  uint64_t number = __atomic_add_fetch(&instants->count, 1, __ATOMIC_SEQ_CST);
  if (number == instants->kill_at) (void)syscall(SYS_kill, 0L, (long)SIGKILL);  // 0: the whole process group
}

static int is_managed(const void *address, size_t length) {
  int (*query)(const void *, size_t) =
      (int (*)(const void *, size_t))dlsym(RTLD_DEFAULT, "snapshot_is_managed");
  return query != NULL && query(address, length) == 1;
}

// The function that would have been called, were this library not there.
#define NEXT(type, name) ((type)dlsym(RTLD_NEXT, name))
#define BETWEEN_INSTANTS(call) \
  pass_instant();              \
  int result = call;           \
  pass_instant();              \
  return result

int msync(void *address, size_t length, int flags) {
  BETWEEN_INSTANTS(NEXT(int (*)(void *, size_t, int), "msync")(address, length, flags));
}
int fsync(int fd) { BETWEEN_INSTANTS(NEXT(int (*)(int), "fsync")(fd)); }
int fdatasync(int fd) { BETWEEN_INSTANTS(NEXT(int (*)(int), "fdatasync")(fd)); }
int snapshot_commit(void *address, size_t length) {
  BETWEEN_INSTANTS(NEXT(int (*)(void *, size_t), "snapshot_commit")(address, length));
}
int munmap(void *address, size_t length) {
  int (*next)(void *, size_t) = NEXT(int (*)(void *, size_t), "munmap");
  if (!is_managed(address, 0)) return next(address, length);
  BETWEEN_INSTANTS(next(address, length));
}
