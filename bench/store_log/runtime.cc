// Another runtime for programs that snapc++ has compiled: the published undo protocol, which logs at the
// store and not at the commit. Put in libsnapshot's place (LD_LIBRARY_PATH), it tells what finding the dirty
// lines costs, by where they are found. BENCH_FIND:
//   log    in the undo log itself, which lies on the medium
//   list   in a list beside the log, in DRAM, which was written with it
//   map    in the line map, all of which is looked through
//
// The first store to a line appends an entry to the log, with non-temporal stores: address, length, old bytes
// from the backing range, packed, so that entries are of any length. A commit: fence; the lines to the
// backing range; fence; the log is marked as empty, which the next fence makes durable. So a crash right
// after an msync may undo it, where libsnapshot's commits are durable on return.
//
// For measuring: one file, one thread, a commit always of the whole file, no recovery.
#include <fcntl.h>
#include <immintrin.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/layout.h"
#include "base/syscall.h"
#include "media/persist.h"
#include "snapshot/snapshot.h"

#define EXPORTED extern "C" __attribute__((visibility("default")))

namespace snapshot {
namespace {

struct Entry {
  u64 address, bytes;
};
static_assert(sizeof(Entry) == 16);

constexpr u64 kLogBytes = u64{8} << 30, kListBytes = u64{2} << 30;

enum class Find { log, list, map };

struct {
  u64 begin = 0, bytes = 0;  // of the file, in the working range; no bytes: none yet
  const PersistVerbs *verbs = nullptr;
  Find find = Find::log;
  u8 *log = nullptr;
  u64 log_end = 0;  // behind its head, a line
  Entry *list = nullptr;
  u64 listed = 0;
  u64 commits = 0, lines = 0, fences = 0;
} file;

[[noreturn]] void give_up(const char *what) {
  std::perror(what);
  std::_Exit(1);
}

void *map(u64 at, u64 bytes, int flags, int fd) {
  const long got = sys::mmap(at, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (sys::failed(got)) give_up("store_log: mmap");
  return reinterpret_cast<void *>(got);
}

// --- the log

void stream(u8 *to, const void *from, u64 bytes) {
  for (u64 i = 0; i < bytes; i += 16)
    _mm_stream_si128(reinterpret_cast<__m128i *>(to + i),
                     _mm_loadu_si128(reinterpret_cast<const __m128i *>(static_cast<const u8 *>(from) + i)));
}

// The head: how much of the log is valid.
void set_log_end(u64 end) {
  const u64 head[2] = {end, file.commits};
  stream(file.log, head, sizeof head);
}

void append(LineIndex first, u64 count) {
  const Entry entry{address_of(first).value, count * kLineBytes};
  if (file.log_end + sizeof entry + entry.bytes > kLogBytes ||
      (file.listed + 1) * sizeof entry > kListBytes) {
    std::fprintf(stderr, "store_log: the log is full\n");
    std::_Exit(1);
  }
  stream(file.log + file.log_end, &entry, sizeof entry);
  stream(file.log + file.log_end + sizeof entry, backing_of(address_of(first)).ptr(), entry.bytes);
  file.log_end += sizeof entry + entry.bytes;
  if (file.find == Find::list) file.list[file.listed++] = entry;
}

void mark(u64 address, u64 size) {
  if (size == 0 || address - file.begin >= file.bytes) return;
  const LineIndex end = line_of(address + size - 1) + 1;
  for (LineIndex l = line_of(address); l < end; ++l) {
    const LineIndex first = l;
    while (l < end && line_map()[l] == 0) line_map()[l++] = 1;
    if (l != first) append(first, l - first);
  }
}

// --- commits

void apply(u64 address, u64 bytes) {
  const WorkingAddr at{address};
  file.verbs->copy_nt(backing_of(at).ptr(), at.ptr(), bytes);
  std::memset(line_map() + line_of(address), 0, bytes / kLineBytes);
  file.lines += bytes / kLineBytes;
}

void apply_from_map() {
  typedef u64 Word __attribute__((may_alias));
  const LineIndex end = line_of(file.begin + file.bytes);
  for (LineIndex l = line_of(file.begin); l < end; l += 8) {
    if (*reinterpret_cast<const Word *>(line_map() + l) == 0) continue;
    for (LineIndex k = l; k < l + 8; ++k)
      if (line_map()[k] != 0) apply(address_of(k).value, kLineBytes);
  }
}

void apply_from_log() {
  for (u64 at = kLineBytes; at < file.log_end;) {
    Entry entry;
    std::memcpy(&entry, file.log + at, sizeof entry);
    apply(entry.address, entry.bytes);
    at += sizeof entry + entry.bytes;
  }
}

void fence() {
  file.verbs->fence();
  ++file.fences;
}

void commit() {
  if (file.log_end == kLineBytes) return;
  set_log_end(file.log_end);
  fence();  // the old bytes are durable before any of them is overwritten
  if (file.find == Find::log) apply_from_log();
  if (file.find == Find::map) apply_from_map();
  for (u64 i = 0; i < file.listed; ++i) apply(file.list[i].address, file.list[i].bytes);
  fence();  // the new bytes are durable before the old ones are given up
  ++file.commits;
  file.listed = 0;
  set_log_end(file.log_end = kLineBytes);
}

// --- the file

int open_log_beside(int fd) {
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0) give_up(link);
  path[n] = 0;
  *std::strrchr(path, '/') = 0;
  const int log = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (log < 0 || ftruncate(log, static_cast<off_t>(kLogBytes)) != 0) give_up("store_log: the log");
  return log;
}

void *adopt(int fd, u64 bytes) {
  const char *const find = std::getenv("BENCH_FIND");
  if (find == nullptr || file.bytes != 0 ||
      !select_persist_verbs(PersistChoice::automatic, &file.verbs).ok()) {
    std::fprintf(stderr, "store_log: BENCH_FIND is not set, or there is a second file\n");
    std::_Exit(1);
  }
  file.find = std::strcmp(find, "list") == 0  ? Find::list
              : std::strcmp(find, "map") == 0 ? Find::map
                                              : Find::log;
  constexpr int kAnywhere = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, kThere = MAP_FIXED_NOREPLACE;
  const WorkingAddr begin{kWorkingBase + kWindowSkew};
  map(kLineMapBase, kLineMapBytes, kAnywhere | kThere, -1);
  map(backing_of(begin).value, bytes, MAP_SHARED | kThere, fd);
  map(begin.value, bytes, kAnywhere | kThere, -1);
  madvise(begin.ptr(), bytes, MADV_HUGEPAGE);
  std::memcpy(begin.ptr(), backing_of(begin).ptr(), bytes);
  const int log = open_log_beside(fd);
  file.log = static_cast<u8 *>(map(0, kLogBytes, MAP_SHARED | MAP_NORESERVE, log));
  close(log);
  file.list = static_cast<Entry *>(map(0, kListBytes, kAnywhere, -1));
  file.begin = begin.value;
  file.bytes = bytes;
  set_log_end(file.log_end = kLineBytes);
  return begin.ptr();
}

int forward(long result) {
  if (!sys::failed(result)) return static_cast<int>(result);
  errno = static_cast<int>(-result);
  return -1;
}

}  // namespace
}  // namespace snapshot

using namespace snapshot;

EXPORTED const uint32_t SNAPSHOT_ABI_SYMBOL;
const uint32_t SNAPSHOT_ABI_SYMBOL = SNAPSHOT_ABI_VERSION;

EXPORTED SNAPSHOT_COLD_CALL void __snapshot_mark(const volatile void *address, size_t size) {
  mark(reinterpret_cast<u64>(address), size);
}
EXPORTED SNAPSHOT_COLD_CALL void __snapshot_mark_clean(const volatile void *address, size_t size) {
  mark(reinterpret_cast<u64>(address), size);
}
// One thread: nobody commits in between.
EXPORTED SNAPSHOT_COLD_CALL void __snapshot_announce(const volatile void *, size_t) {}
EXPORTED SNAPSHOT_COLD_CALL void __snapshot_mark_announced(const volatile void *address, size_t size) {
  mark(reinterpret_cast<u64>(address), size);
}

EXPORTED void *mmap(void *address, size_t bytes, int rights, int flags, int fd, off_t offset) {
  if (fd >= 0 && (flags & MAP_SHARED) != 0 && (rights & PROT_WRITE) != 0) return adopt(fd, bytes);
  const long got =
      sys::mmap(reinterpret_cast<u64>(address), bytes, rights, flags, fd, static_cast<u64>(offset));
  if (!sys::failed(got)) return reinterpret_cast<void *>(got);
  errno = static_cast<int>(-got);
  return MAP_FAILED;
}
EXPORTED int msync(void *address, size_t bytes, int flags) {
  if (!in_working_range(address)) return forward(sys::msync(reinterpret_cast<u64>(address), bytes, flags));
  commit();
  return 0;
}

EXPORTED int snapshot_is_managed(const void *address, size_t) {
  return reinterpret_cast<u64>(address) - file.begin < file.bytes;
}
EXPORTED int snapshot_get_statistics(snapshot_statistics *out, size_t size) {
  if (size < sizeof *out) return -1;
  *out = {};
  out->commits = file.commits;
  out->lines_committed = file.lines;
  out->fences = file.fences;
  return 0;
}
