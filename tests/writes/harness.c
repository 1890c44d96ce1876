// Claim: whatever an instrumented program has written to a managed file, in whatever way, is in the next
// commit to the last byte; and none of it is in the file before.
//
// Method: each kind of write (kind.h) runs at 128 offsets from the start of a file, from a page boundary, and
// from a place such that it ends with the last byte of the mapping. Each time everything is committed before,
// so that no line is marked; or, where the kind's bytes lie in several lines, sometimes its first one is, or
// its last one. Then the kind writes. The file, looked at past the library, must be as before.
// After a commit it must equal the working copy in every byte, and that must equal what the same code does to
// ordinary memory.
//
// This file is compiled without the pass: nothing here marks a line for the kinds. Each kind runs in a child
// that starts the next one if it is killed, so that one crash hides nothing else.
//
// usage: PROGRAM [--canary] [KIND...]   exit status 0, or 1 if a kind failed. --canary is for a program that
// was compiled without the pass: it fails if a kind is not lost, which shows that the harness can tell.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kind.h"
#include "snapshot/snapshot.h"

enum { file_bytes = 4 * 4096, source_bytes_max = 8192, offsets = 128, place_count = 3 };
static const char *const place_names[place_count] = {"start of the file", "page boundary",
                                                     "end of the mapping"};

static struct kind *first_kind, **last_link = &first_kind;

void register_kind(struct kind *kind) {
  *last_link = kind;
  last_link = &kind->next;
}

uint64_t opaque(uint64_t value) { return value; }
byte *opaque_pointer(byte *pointer) { return pointer; }

// Bytes below 0x80; the pattern that is there before has only others.
const byte *source_bytes(uint64_t seed, size_t bytes) {
  static byte source[source_bytes_max];
  for (size_t i = 0; i < bytes; ++i) source[i] = (byte)((seed + i * 37 + (i >> 7)) & 0x7f);
  return source;
}

// What a child says to its parent, and what is left when it dies.
struct progress {
  struct kind *kind;
  size_t offset;
  int place;
  int kinds, skipped, failed;
};
static struct progress *progress;

static struct {
  byte *working;  // the mapping
  byte *file;     // what the file holds, past the library
  byte before[file_bytes];
  _Alignas(4096) byte ordinary[file_bytes];
  int to_file;  // whether the kind is writing to the file now
  int is_canary;
  int lost;  // in this kind
} state;

__attribute__((noreturn)) static void stop(const char *what) {
  printf("harness: %s: %s; %s\n", what, strerror(errno), snapshot_last_error());
  fflush(stdout);
  _exit(3);
}

static size_t first_difference(const byte *a, const byte *b) {
  size_t i = 0;
  while (i < file_bytes && a[i] == b[i]) ++i;
  return i;
}

static void report(const char *wrong, const byte *a, const byte *b) {
  if (a != NULL && memcmp(a, b, file_bytes) == 0) return;
  const struct kind *kind = progress->kind;
  if (state.lost++ > 0 || state.is_canary) return;  // one line for each kind
  const char *file = strrchr(kind->file, '/');
  printf("FAILED %s (%s), %s, offset %zu: %s", kind->name, file == NULL ? kind->file : file + 1,
         place_names[progress->place], progress->offset, wrong);
  if (a != NULL) printf(" (byte %zu of the file)", first_difference(a, b));
  printf("\n");
}

static void commit(void) {
  if (msync(state.working, file_bytes, MS_SYNC) != 0) stop("msync");
}

static void commit_and_compare(void) {
  report("in the file before the commit", state.before, state.file);
  commit();
  report("lost: not in the file after the commit", state.working, state.file);
  memcpy(state.before, state.file, file_bytes);
}

void checkpoint(void) {
  if (state.to_file) commit_and_compare();
}

static void fill(const struct kind *kind, byte *to, uint64_t seed) {
  for (size_t i = 0; i < kind->bytes; ++i) to[i] = (byte)(0x80 | (seed + i * 11));
  if (kind->prepare) kind->prepare(to, kind->bytes);
}

static void try_at(const struct kind *kind, size_t start, uint64_t seed) {
  byte *to = state.working + start;
  fill(kind, to, seed);
  snapshot_log_range(to, kind->bytes);
  commit();
  if (start / 64 != (start + kind->bytes - 1) / 64 && seed % 3 != 0)
    snapshot_log_range(seed % 3 == 1 ? to : to + kind->bytes - 1, 1);
  memcpy(state.before, state.working, file_bytes);
  memcpy(state.ordinary, state.working, file_bytes);

  state.to_file = 1;
  kind->write(to, seed);
  state.to_file = 0;
  if (memcmp(state.ordinary, state.working, file_bytes) == 0) report("nothing was written", NULL, NULL);
  commit_and_compare();
  if (kind->flags & BYTES_DEPEND_ON_ADDRESS) return;
  kind->write(state.ordinary + start, seed);
  report("not what the same code writes to ordinary memory", state.ordinary, state.working);
}

static size_t start_of(const struct kind *kind, int place, size_t offset) {
  if (place == 0) return offset;
  if (place == 1) return 4096 - offsets + offset;
  return (file_bytes - kind->bytes - offset) / kind->alignment * kind->alignment;
}

static void try_kind(struct kind *kind) {
  static uint64_t seed = 0x243f6a8885a308d3;
  progress->kind = kind;
  state.lost = 0;
  // What the kind before lost is not to be found now.
  snapshot_log_range(state.working, file_bytes);
  commit();
  ++progress->kinds;
  for (progress->place = 0; progress->place < place_count; ++progress->place)
    for (progress->offset = 0; progress->offset < offsets; progress->offset += kind->alignment) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      // No byte of it is one of the pattern's.
      try_at(kind, start_of(kind, progress->place, progress->offset), seed >> 1 & 0x7f7f7f7f7f7f7f7f);
    }
}

static int is_wanted(const struct kind *kind, char **names) {
  if (*names == NULL) return 1;
  for (; *names != NULL; ++names)
    if (strcmp(*names, kind->name) == 0) return 1;
  return 0;
}

static void open_file(const char *path) {
  const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, file_bytes) != 0) stop(path);
  state.working = mmap(NULL, file_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (state.working == MAP_FAILED) stop("mmap");
  if (!snapshot_is_managed(state.working, file_bytes)) stop("the file is not managed");
  const long raw_fd = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  state.file = (byte *)syscall(SYS_mmap, NULL, (long)file_bytes, PROT_READ, MAP_SHARED, raw_fd, 0L);
  if ((void *)state.file == MAP_FAILED) stop("mmap past the library");
}

// Whether the kind went as it should; says so if it is lost or found against expectation. What is lost
// against expectation has been reported where it was seen.
static int is_as_expected(const struct kind *kind) {
  if (!state.is_canary) return state.lost == 0;
  if (state.lost > 0 || (kind->flags & TRACKED_BY_INTERPOSER) != 0) return 1;
  printf("FAILED %s: is found without the pass\n", kind->name);
  return 0;
}

static void run(const char *path, struct kind *from, char **names) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) stop("prctl");
  open_file(path);
  for (struct kind *kind = from; kind != NULL; kind = kind->next) {
    if (!is_wanted(kind, names)) continue;
    if (kind->available && !kind->available()) {
      ++progress->skipped;
      continue;
    }
    try_kind(kind);
    progress->failed += !is_as_expected(kind);
  }
  progress->kind = NULL;
  if (munmap(state.working, file_bytes) != 0) stop("munmap");
  fflush(stdout);
  _exit(0);
}

// Returns where to go on: after the kind that killed the child, or nowhere.
static struct kind *run_in_child(const char *path, struct kind *from, char **names) {
  fflush(stdout);
  const pid_t child = fork();
  if (child < 0) stop("fork");
  if (child == 0) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    run(path, from, names);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child) stop("waitpid");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return NULL;
  ++progress->failed;
  struct kind *kind = progress->kind;
  if (kind == NULL) return NULL;
  printf("FAILED %s (%s), %s, offset %zu: ended by %s %d\n", kind->name, kind->file,
         place_names[progress->place], progress->offset, WIFSIGNALED(status) ? "signal" : "exit status",
         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  return kind->next;
}

int main(int argc, char **argv) {
  char **names = argv + 1;
  for (; names < argv + argc && strncmp(*names, "--", 2) == 0; ++names) {
    if (strcmp(*names, "--canary") == 0) state.is_canary = 1;
    if (strcmp(*names, "--needs-avx512") == 0 && !__builtin_cpu_supports("avx512vl")) return 77;
  }
  setenv("SNAPSHOT_MEDIA", "memory", 0);
  // Small redo commits of a program that has had another thread look again at lines that were committed
  // lately (commit/unfenced.h), and so would find there what nothing has marked.
  setenv("SNAPSHOT_PROTOCOL", "undo", 0);
  char directory[] = "/dev/shm/snapshot-writes-XXXXXX", path[64], log_path[64];
  if (mkdtemp(directory) == NULL) stop("mkdtemp");
  snprintf(path, sizeof path, "%s/data", directory);
  snprintf(log_path, sizeof log_path, "%s/data.snaplog", directory);
  progress = mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (progress == MAP_FAILED) stop("mmap of the progress");
  struct kind *from = first_kind;
  while (from != NULL) {
    from = run_in_child(path, from, names);
    unlink(path), unlink(log_path);
  }
  rmdir(directory);
  printf("%d kinds, %d not available here, %d failed\n", progress->kinds, progress->skipped,
         progress->failed);
  return progress->kinds == 0 || progress->failed != 0;
}
