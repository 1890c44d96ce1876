// Counters of clang's source-based coverage that outlive SIGKILL, _exit and fork: each image keeps its own in
// a file that is mapped shared, from its constructor on. Linked into every program and library of
// scripts/coverage's build.
//
// compiler-rt has such a mode (LLVM_PROFILE_FILE with %c), but it maps its file with mmap, which Snapshot
// stands in front of and would manage, and takes the file's name from the environment, which the crash tests
// do not hand on. So this does it by system calls of its own. Code compiled with -runtime-counter-relocation
// adds __llvm_profile_counter_bias to the address of each counter.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HIDDEN __attribute__((visibility("hidden")))

// compiler-rt's own start is not wanted (clang's manual, "Using the profiling runtime without static
// initializers").
HIDDEN int __llvm_profile_runtime = 0;

HIDDEN extern intptr_t __llvm_profile_counter_bias __attribute__((weak));  // only where there are counters
HIDDEN uint64_t __llvm_profile_get_size_for_buffer(void);
HIDDEN int __llvm_profile_write_buffer(char *buffer);
HIDDEN char *__llvm_profile_begin_counters(void);
HIDDEN char *__llvm_profile_begin_data(void);
HIDDEN char *__llvm_profile_end_data(void);

struct header {
#define INSTR_PROF_RAW_HEADER(Type, Name, Initializer) Type Name;
#include "llvm/ProfileData/InstrProfData.inc"
};

static void name_of_file(char *out, size_t size) {
  Dl_info image;
  const char *path = dladdr(&__llvm_profile_runtime, &image) != 0 ? image.dli_fname : "unknown";
  const char *slash = strrchr(path, '/');
  snprintf(out, size, "%s/%s.profraw", PROFILE_DIRECTORY, slash == NULL ? path : slash + 1);
}

// The first process fills the file; those after it add to its counters.
static char *map_file(uint64_t bytes) {
  char path[4096];
  name_of_file(path, sizeof path);
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) return NULL;
  syscall(SYS_flock, fd, LOCK_EX);
  const int fresh = syscall(SYS_lseek, fd, 0L, SEEK_END) != (long)bytes;
  char *file = MAP_FAILED;
  if (!fresh || syscall(SYS_ftruncate, fd, bytes) == 0)
    file = (char *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
  if (file != MAP_FAILED && fresh) __llvm_profile_write_buffer(file);
  syscall(SYS_flock, fd, LOCK_UN);
  syscall(SYS_close, fd);
  return file == MAP_FAILED ? NULL : file;
}

__attribute__((constructor(101))) static void count_in_file(void) {
  if (&__llvm_profile_counter_bias == NULL) return;
  char *file = map_file(__llvm_profile_get_size_for_buffer());
  if (file == NULL) return;
  const struct header *h = (const struct header *)file;
  const uint64_t data = (uint64_t)(__llvm_profile_end_data() - __llvm_profile_begin_data());
  char *counters = file + sizeof *h + h->BinaryIdsSize + data + h->PaddingBytesBeforeCounters;
  __llvm_profile_counter_bias = counters - __llvm_profile_begin_counters();
}
