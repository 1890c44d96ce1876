// Claim: whatever a generated program has stored to a managed file is in the file after the next commit, in
// every byte of the window; and until that commit nothing of it is.
//
// Method: the program's steps run in random order at random places, among them page and line boundaries and
// the window's end. After some of them everything is committed. Right before, the file, looked at past the
// library, must be what the last commit left; right after, it must equal the window.
//
// Compiled without the pass, so that nothing here marks a line for the steps.
//
// usage: PROGRAM [--canary] SEED   exit status 0, or 1 if a step was not tracked. With --canary, for programs
// that nothing tracks: 1 unless at least half of the steps were lost.
#define _GNU_SOURCE
#include "window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "snapshot/snapshot.h"

enum { window_bytes = 16 * 4096, page_bytes = 4096, rounds = 24, pending_max = 8, steps_max = 1000 };

static struct {
  byte *window;  // where the program writes
  byte *file;    // what the file holds, past the library
  byte before[window_bytes];
  uint64_t random;
  struct pending {
    const struct step *step;
    size_t offset;
  } pending[pending_max];  // since the last commit
  int pending_count;
  byte lost[steps_max];
} state;

static int is_canary;
static char directory[64], path[80], log_path[96];

__attribute__((noreturn)) static void stop(const char *what) {
  printf("window: %s: %s; %s\n", what, strerror(errno), snapshot_last_error());
  fflush(stdout);
  _exit(3);
}

uint64_t opaque(uint64_t value) { return value; }
byte *opaque_pointer(byte *pointer) { return pointer; }

const byte *source_bytes(uint64_t seed) {
  static byte source[source_bytes_max];
  for (size_t i = 0; i < sizeof source; i += 8) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    memcpy(source + i, &seed, 8);
  }
  return source;
}

static uint64_t next_random(uint64_t limit) {
  state.random = state.random * 6364136223846793005u + 1442695040888963407u;
  return (state.random >> 33) % limit;
}

static size_t first_difference(const byte *a, const byte *b) {
  size_t i = 0;
  while (a[i] == b[i]) ++i;
  return i;
}

static int may_have_written(const struct pending *p, size_t offset) {
  return offset >= p->offset && offset < p->offset + p->step->bytes;
}

// All that may have written there are named, the last one counts; each counts once.
static void blame(size_t at, const char *wrong) {
  int blamed = 0;
  for (int i = state.pending_count - 1; i >= 0; --i) {
    const struct pending *p = &state.pending[i];
    if (!may_have_written(p, at)) continue;
    byte *lost = &state.lost[p->step - steps];
    if (blamed == 0 && *lost != 0) return;
    if (!is_canary)
      printf("%s line %d: %s: %s: byte %zu of the step, at offset %zu of the window\n",
             blamed == 0 ? "FAILED" : "    or", p->step->line, p->step->name, wrong, at - p->offset, at);
    if (blamed++ == 0) *lost = 1;
  }
  if (blamed == 0) {
    printf("FAILED: %s: offset %zu of the window, where no step wrote\n", wrong, at);
    state.lost[0] = 1;
  }
}

static void compare(const char *wrong, const byte *expected) {
  if (memcmp(expected, state.file, window_bytes) != 0) blame(first_difference(expected, state.file), wrong);
}

static void commit(void) {
  compare("in the file before the commit", state.before);
  if (msync(state.window, window_bytes, MS_SYNC) != 0) stop("msync");
  compare("not in the file after the commit", state.window);
  if (memcmp(state.window, state.file, window_bytes) != 0) {
    // What was lost is not to be found again in the next step.
    snapshot_log_range(state.window, window_bytes);
    if (msync(state.window, window_bytes, MS_SYNC) != 0) stop("msync");
  }
  memcpy(state.before, state.file, window_bytes);
}

void checkpoint(void) { commit(); }

static void open_window(void) {
  snprintf(directory, sizeof directory, "/dev/shm/snapshot-tracking-XXXXXX");
  if (mkdtemp(directory) == NULL) stop("mkdtemp");
  snprintf(path, sizeof path, "%s/data", directory);
  snprintf(log_path, sizeof log_path, "%s.snaplog", path);
  const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, window_bytes) != 0) stop(path);
  state.window = mmap(NULL, window_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (state.window == MAP_FAILED) stop("mmap");
  if (!snapshot_is_managed(state.window, window_bytes)) stop("the window is not managed");
  const long raw = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
  state.file = (byte *)syscall(SYS_mmap, NULL, (long)window_bytes, PROT_READ, MAP_SHARED, raw, 0L);
  if ((void *)state.file == MAP_FAILED) stop("mmap past the library");
  memcpy(state.window, source_bytes(1), source_bytes_max);
  snapshot_log_range(state.window, window_bytes);
  commit();
}

static void close_window(void) { unlink(log_path), unlink(path), rmdir(directory); }

// Anywhere; across a page boundary; or at the end.
static size_t place_of(const struct step *step) {
  const size_t last = window_bytes - step->bytes;
  size_t at = next_random(last + 1);
  if (next_random(4) == 0) at = (1 + next_random(10)) * page_bytes - next_random(step->bytes + 1);
  if (next_random(8) == 0) at = last;
  return (at > last ? last : at) / step->alignment * step->alignment;
}

static void take(const struct step *step) {
  struct pending *now = &state.pending[state.pending_count++];
  now->step = step;
  now->offset = place_of(step);
  // Whoever is killed in a step has said in which.
  fprintf(stderr, "%d\n", step->line);
  step->write(state.window + now->offset,
              next_random(UINT64_C(1) << 31) << 31 | next_random(UINT64_C(1) << 31));
  if (state.pending_count < pending_max && next_random(3) == 0) return;
  commit();
  state.pending_count = 0;
}

int main(int argc, char **argv) {
  is_canary = argc == 3 && strcmp(argv[1], "--canary") == 0;
  if (argc != 2 + is_canary || step_count > steps_max) return 2;
  setenv("SNAPSHOT_MEDIA", "memory", 0);
  // Small redo commits of a program that has had another thread look again at lines that were committed
  // lately (commit/unfenced.h), and so would find there what nothing has marked.
  setenv("SNAPSHOT_PROTOCOL", "undo", 0);
  state.random = strtoull(argv[argc - 1], NULL, 0);
  open_window();
  for (int round = 0; round < rounds * step_count; ++round)
    take(&steps[round < step_count ? round : (int)next_random((uint64_t)step_count)]);
  close_window();
  int lost = 0;
  for (int i = 0; i < step_count; ++i) lost += state.lost[i];
  printf("%d steps, %d not tracked\n", step_count, lost);
  return is_canary ? 2 * lost < step_count : lost != 0;
}
