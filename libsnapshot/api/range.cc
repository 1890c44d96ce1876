#include "api/range.h"

#include <sys/single_threaded.h>

#include "api/group_commit.h"
#include "api/managed_io.h"
#include "commit/commit.h"
#include "snapshot/snapshot.h"

namespace snapshot {
namespace {

Status not_managed(u64 address, int error) {
  Message m;
  m << "address ";
  m.hex(address) << (error == EINVAL ? " is not in a managed file; map it MAP_SHARED and PROT_WRITE, and see "
                                       "SNAPSHOT_FILES and SNAPSHOT_IGNORE"
                                     : " is beyond what is mapped of the file");
  return fail(error, m);
}

LineRange lines_of(const RegisteredFile &file, u64 address, u64 length) {
  return length == SNAPSHOT_WHOLE_FILE ? whole_file(file) : lines_between(file, address, length);
}

Interval pages_of(const RegisteredFile &file, u64 address, u64 end) {
  const u64 base = file.base().value;
  return {round_down(address - base, kPageBytes), round_up(end - base, kPageBytes)};
}

// Finds the one mapped file that has all of the range.
Status find(u64 address, u64 length, RegisteredFile **out) {
  RegisteredFile *file = file_at(address);
  if (file == nullptr) return not_managed(address, EINVAL);
  const u64 end = address + length;
  const Interval first = pages_of(*file, address, address + 1);
  MappingsReader lock(*file);
  if (!file->mappings.covers(first)) return not_managed(address, EINVAL);
  *out = file;
  if (length == SNAPSHOT_WHOLE_FILE) return kOk;
  if (end < address || end - file->base().value > file->window().bytes()) return not_managed(address, ENOMEM);
  if (length != 0 && !file->mappings.covers(pages_of(*file, address, end)))
    return not_managed(address, ENOMEM);
  return kOk;
}

template <typename Action>
__attribute__((always_inline)) inline Status locked(RegisteredFile &file,
                                                    Action action) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  if (Status s = lock_for_commit(file); !s.ok()) return s;
  const Status s = action(file);
  file.commit_lock.unlock();
  return s;
}

bool shares_sync(const RegisteredFile &file, Durability durability) {
  return __libc_single_threaded == 0 && durability == Durability::now &&
         file.group.useful.load(std::memory_order_relaxed);
}

__attribute__((always_inline)) inline Status commit_part(RegisteredFile &file, LineRange range,
                                                         Durability durability) {
  if (SNAPSHOT_UNLIKELY(shares_sync(file, durability))) return commit_in_group(file, range);
  return locked(file, [&](RegisteredFile &f)
                          SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS { return commit_range(f, range, durability); });
}

void keep_first(Status *to, Status s) {
  if (to->ok()) *to = s;
}

LineRange lines_of_pages(u64 begin, u64 end) { return {line_of(begin), line_of(end)}; }

// One file's part of an msync.
Status sync_part(RegisteredFile &file, u64 begin, u64 end, Durability durability) {
  const u64 base = file.base().value;
  Status result;
  Interval rest{begin - base, end - base};
  while (rest.begin < rest.end) {
    Interval mapped;
    bool found;
    {
      MappingsReader lock(file);
      found = file.mappings.next_covered(rest, &mapped);
    }
    if (!found || mapped.begin != rest.begin) keep_first(&result, {ENOMEM});
    if (!found) break;
    keep_first(&result,
               commit_part(file, lines_of_pages(base + mapped.begin, base + mapped.end), durability));
    rest.begin = mapped.end;
  }
  return result;
}

// Calls f(file, begin, end) for each file's part of [address, end); what belongs to no file is skipped, and
// *gap set.
template <typename F>
void for_each_part(u64 address, u64 end, bool *gap, F f) {
  while (address < end) {
    RegisteredFile *file = file_at(address);
    if (file == nullptr || !file->window().contains(address)) {
      // Windows begin at the same place of a granule, and end with one.
      const u64 granule = round_down(address, kGranuleBytes);
      *gap = true;
      address = granule + kWindowSkew + (address < granule + kWindowSkew ? 0 : kGranuleBytes);
      continue;
    }
    const u64 stop = min_u64(end, file->base().value + file->window().bytes());
    f(*file, address, stop);
    address = stop;
  }
}

SNAPSHOT_SLOW_PATH Status sync_parts(u64 address, u64 end, Durability durability) {
  Status result;
  bool gap = false;
  for_each_part(address, end, &gap, [&](RegisteredFile &file, u64 from, u64 to) {
    keep_first(&result, sync_part(file, from, to, durability));
  });
  if (gap) keep_first(&result, {ENOMEM});
  return result;
}

}  // namespace

Status commit_range(RegisteredFile &file, LineRange range, Durability durability) {
  // Closed and reused for another file since it was looked up: then this range is not mapped any more.
  const Window &w = file.window();
  if (SNAPSHOT_UNLIKELY(range.first < w.first_line || range.end > w.first_line + w.line_count))
    return {ENOMEM};
  if (SNAPSHOT_LIKELY(!file.unmapped_pending)) return commit(file, range, durability);
  const Status s = commit(file, whole_file(file), durability);
  if (s.ok()) file.unmapped_pending = false;
  return s;
}

Status commit_managed(u64 address, u64 length) {
  RegisteredFile *file = nullptr;
  if (Status s = find(address, length, &file); !s.ok()) return s;
  return commit_part(*file, lines_of(*file, address, length), Durability::now);
}

Status rollback_managed(u64 address, u64 length) {
  RegisteredFile *file = nullptr;
  if (Status s = find(address, length, &file); !s.ok()) return s;
  return locked(*file, [&](RegisteredFile &f) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
    return rollback(f, lines_of(f, address, length));
  });
}

bool is_managed(u64 address, u64 length) {
  RegisteredFile *file = file_at(address);
  const u64 end = address + length;
  if (file == nullptr || end < address) return false;
  if (!file->window().contains(address) || end - file->base().value > file->window().bytes()) return false;
  MappingsReader lock(*file);
  return file->mappings.covers(pages_of(*file, address, end));
}

SNAPSHOT_SLOW_PATH static Status sync_pages_in_general(u64 address, u64 end, Durability durability) {
  RegisteredFile *const first = registered_files[slot_of(line_of(address))].load(std::memory_order_acquire);
  if (SNAPSHOT_LIKELY(first != nullptr)) {
    // What lies behind the window no mapping covers.
    const u64 base = first->base().value;
    if (SNAPSHOT_LIKELY(address >= base && first->widest_mapping_covers({address - base, end - base})))
      return commit_part(*first, lines_of_pages(address, end), durability);
  }
  return sync_parts(address, end, durability);
}

// Mostly the caller is alone, and these are pages of one file's widest mapping.
Status sync_pages(u64 address, u64 end, Durability durability) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  RegisteredFile *const file = registered_files[slot_of(line_of(address))].load(std::memory_order_acquire);
  if (SNAPSHOT_LIKELY(file != nullptr) && SNAPSHOT_LIKELY(try_lock_for_commit_alone(*file))) {
    // With the file locked, this is the window that it has.
    const u64 base = file->base().value;
    if (SNAPSHOT_LIKELY(address >= base && file->widest_mapping_covers({address - base, end - base}) &&
                        !file->unmapped_pending)) {
      const Status s = commit(*file, lines_of_pages(address, end), durability);
      file->commit_lock.unlock();
      return s;
    }
    file->commit_lock.unlock();
  }
  return sync_pages_in_general(address, end, durability);
}

Status unmap_pages(u64 address, u64 end) {
  Status result;
  bool gap = false;  // POSIX: unmapping what is not mapped is no error
  for_each_part(address, end, &gap, [&](RegisteredFile &file, u64 from, u64 to) {
    const u64 base = file.base().value;
    keep_first(&result, unmap_part(file, {from - base, to - base}));
  });
  return result;
}

Status clear_pages(u64 address, u64 end) {
  Status result;
  bool gap = false;
  for_each_part(address, end, &gap, [&](RegisteredFile &, u64 from, u64 to) {
    if (!is_managed(from, to - from)) gap = true;
  });
  if (gap) return {ENOMEM};
  for_each_part(address, end, &gap, [&](RegisteredFile &file, u64 from, u64 to) {
    const u64 base = file.base().value;
    keep_first(&result, clear_managed(file, from - base, to - base));
  });
  // Unmapped by another thread meanwhile.
  return result.error == ESTALE ? Status{ENOMEM} : result;
}

Status restrict_pages(u64 address, u64 end, bool readable) {
  Status result;
  bool gap = false;
  for_each_part(address, end, &gap, [&](RegisteredFile &file, u64, u64) {
    keep_first(&result, restrict_access(file, readable));
  });
  return result;
}

Status commit_whole(RegisteredFile &file) { return commit_part(file, whole_file(file), Durability::now); }

}  // namespace snapshot
