// The public functions: look up, lock, forward, translate to errno.
#include "snapshot/snapshot.h"

#include "api/range.h"
#include "base/message.h"
#include "base/syscall.h"
#include "snapshot/abi.h"

using namespace snapshot;

namespace {

int to_errno(Status s) {
  if (s.ok()) return 0;
  errno = s.error;
  return -1;
}

}  // namespace

extern "C" {

SNAPSHOT_API int snapshot_commit(void *address, size_t length) {
  return to_errno(commit_managed(reinterpret_cast<u64>(address), length));
}

SNAPSHOT_API int snapshot_rollback(void *address, size_t length) {
  return to_errno(rollback_managed(reinterpret_cast<u64>(address), length));
}

SNAPSHOT_API void snapshot_log_range(const void *address, size_t length) {
  // Unlike a store, a declaration may name an address where there is nothing at all.
  const u64 begin = reinterpret_cast<u64>(address);
  if (in_working_range(address) && windows[slot_of(line_of(begin))].contains(begin))
    __snapshot_mark(address, length);
}

SNAPSHOT_API int snapshot_is_managed(const void *address, size_t length) {
  return is_managed(reinterpret_cast<u64>(address), length == 0 ? 1 : length) ? 1 : 0;
}

SNAPSHOT_API int snapshot_get_statistics(snapshot_statistics *out, size_t size) {
  if (size < offsetof(snapshot_statistics, files_managed)) {
    Message m;
    m << "snapshot_get_statistics: " << size
      << " bytes cannot hold the version; pass sizeof(snapshot_statistics)";
    return to_errno(fail(EINVAL, m));
  }
  snapshot_statistics s{};
  const Counters c = total_counters(&s.files_managed, &s.recoveries_clean, &s.recoveries_rolled_back);
  s.version = SNAPSHOT_STATISTICS_VERSION;
  s.size = static_cast<u32>(min_u64(size, sizeof s));
  s.commits = c.commits;
  s.commits_empty = c.commits_empty;
  s.commits_failed = c.commits_failed;
  s.rollbacks = c.rollbacks;
  s.lines_committed = c.lines_committed;
  s.bytes_logged = c.bytes_logged;
  s.fences = c.fences;
  s.thread_fences = c.thread_fences;
  s.lines_discarded = c.lines_discarded;
  s.lines_untracked = c.lines_untracked;
  s.pages_scanned = c.pages_scanned;
  s.pages_compared = c.pages_compared;
  s.lines_found = c.lines_found;
  copy_bytes(out, &s, s.size);
  __snapshot_mark(out, s.size);
  return 0;
}

SNAPSHOT_API const char *snapshot_last_error(void) { return last_error_text(); }
SNAPSHOT_API const char *snapshot_version(void) { return SNAPSHOT_VERSION_STRING; }
}
