#include "log/areas.h"

#include "base/step.h"
#include "base/syscall.h"
#include "platform/file_io.h"

namespace snapshot {
namespace {

constexpr u64 kShrinkFactor = 64;  // "little": less than the capacity by this

Status map_area(const Log &log, Area *area) {
  if (!log.medium.is_memory()) return kOk;
  const long mapped =
      sys::mmap(0, area->capacity, PROT_READ | PROT_WRITE, log.medium.map_flags, log.fd, area->offset);
  if (sys::failed(mapped)) return sys::status(mapped);
  const long populated = sys::madvise(static_cast<u64>(mapped), area->capacity, MADV_POPULATE_WRITE);
  if (sys::failed(populated)) {
    (void)sys::munmap(static_cast<u64>(mapped), area->capacity);
    return {populated == -EFAULT ? ENOSPC : static_cast<int>(-populated)};
  }
  area->mapped = reinterpret_cast<u8 *>(mapped);
  return kOk;
}

void unmap_area(Area *area) {
  if (area->mapped != nullptr) (void)sys::munmap(reinterpret_cast<u64>(area->mapped), area->capacity);
  area->mapped = nullptr;
}

// Blocks for the area, wherever the file system can promise them. Copy-on-write file systems promise nothing:
// there the writes themselves report ENOSPC, which on page-cache media they can.
Status allocate_blocks(const Log &log, const Area &area) {
  const Status s = sys::status(sys::fallocate(log.fd, 0, area.offset, area.capacity));
  if (s.ok() || s.error != EOPNOTSUPP) return s;
  // Only ever longer: the other area, with the newest record, may lie behind this one.
  struct stat st;
  if (Status t = sys::status(sys::fstat(log.fd, &st)); !t.ok()) return t;
  if (static_cast<u64>(st.st_size) >= area.end()) return kOk;
  return sys::status(sys::ftruncate(log.fd, area.end()));
}

// On page-cache media the zeros are written as well: a block that is allocated but was never written is one
// whose first write changes the file system's own data, which the sync of a record would have to journal. And
// a stale record that an area left there is gone.
Status allocate(const Log &log, const Area &area) {
  const Status s = allocate_blocks(log, area);
  return !s.ok() || log.medium.is_memory() ? s : write_zeros(log.fd, area.offset, area.capacity);
}

// The lowest place for capacity bytes that does not touch the other area, which holds the newest record.
u64 free_place(const Area &other, u64 capacity) {
  return other.offset - format::kFirstAreaOffset >= capacity ? format::kFirstAreaOffset : other.end();
}

// Drops what neither area uses: the old place, and the end of the file.
void give_back(const Log &log, const Area &old) {
  const u64 end = max_u64(log.area[0].end(), log.area[1].end());
  const u64 old_end = min_u64(old.end(), end);
  (void)sys::ftruncate(log.fd, end);
  for (u64 at = old.offset; at < old_end; at += kPageBytes) {
    bool used = false;
    for (const Area &a : log.area) used = used || (at >= a.offset && at < a.end());
    if (used) continue;
    u64 stop = old_end;
    for (const Area &a : log.area)
      if (a.offset > at) stop = min_u64(stop, a.offset);
    (void)sys::fallocate(log.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, stop - at);
    at = stop - kPageBytes;
  }
}

Status write_entry(const Log &log, unsigned index, const Area &area) {
  const format::AreaEntry entry = make_area_entry(log.header.log_id, index, area);
  const long result = sys::pwrite(log.fd, &entry, sizeof entry, format::kAreaEntryOffset[index]);
  if (sys::failed(result)) return sys::status(result);
  if (result != sizeof entry) return {EIO};
  return sys::status(sys::fdatasync(log.fd));
}

Status move_area(Log *log, unsigned index, u64 capacity) {
  const Area old = log->area[index];
  const Area &other = log->area[index ^ 1];
  Area moved{free_place(other, capacity), capacity, nullptr};
  Status allocated = allocate(*log, moved);
  if (allocated.ok()) allocated = map_area(*log, &moved);
  // The log must be long enough before an entry can say so: the entry's sync writes it before the file's
  // size.
  if (allocated.ok()) allocated = sys::status(sys::fsync(log->fd));
  if (!allocated.ok()) {
    unmap_area(&moved);
    // The blocks that there were, unless it is unknown which ones the medium's entry names (below).
    if (old.capacity != 0) give_back(*log, moved);
    return allocated;
  }
  SNAPSHOT_STEP("area-allocated");
  // The old place still holds the record before the newest; from here on it is gone, which is what starting
  // the next record would do to it anyway. A stale record at the new place is told apart by its sequence
  // number.
  if (Status s = write_entry(*log, index, moved); !s.ok()) {
    // Which of the two places the medium names is unknown now: no record until an entry has been written for
    // sure.
    unmap_area(&moved);
    unmap_area(&log->area[index]);
    log->area[index].capacity = 0;
    return s;
  }
  SNAPSHOT_STEP("area-moved");
  unmap_area(&log->area[index]);
  log->area[index] = moved;
  give_back(*log, old);
  return kOk;
}

u64 rounded_capacity(u64 bytes) {
  u64 wanted = format::kAreaBytesMin;
  while (wanted < bytes) wanted *= 2;
  // Doubling a very large record's area would ask for up to twice what is needed: stop rounding at some
  // point.
  return wanted > (u64{64} << 20) ? round_up(bytes, u64{16} << 20) : wanted;
}

}  // namespace

format::AreaEntry make_area_entry(u64 log_id, unsigned index, const Area &area) {
  format::AreaEntry entry{};
  entry.log_id = log_id;
  entry.offset = area.offset;
  entry.capacity = area.capacity;
  entry.checksum = hash_lines(HashKey(log_id), index, &entry, sizeof entry);
  return entry;
}

bool parse_area_entry(const format::AreaEntry &entry, u64 log_id, unsigned index, Area *out) {
  format::AreaEntry copy = entry;
  copy.checksum = 0;
  if (entry.checksum != hash_lines(HashKey(log_id), index, &copy, sizeof copy) || entry.log_id != log_id)
    return false;
  if (entry.offset % kPageBytes != 0 || entry.capacity % kPageBytes != 0) return false;
  if (entry.offset < format::kFirstAreaOffset || entry.capacity < format::kAreaBytesMin) return false;
  if (entry.offset + entry.capacity < entry.offset) return false;
  *out = {entry.offset, entry.capacity, nullptr};
  return true;
}

Status open_areas(Log *log) {
  log->key = HashKey(log->header.log_id);
  log->tail = {};
  for (unsigned i = 0; i < 2; ++i) {
    log->area[i] = {format::kFirstAreaOffset + i * format::kAreaBytesMin, format::kAreaBytesMin, nullptr};
    if (Status s = map_area(*log, &log->area[i]); !s.ok()) {
      close_areas(log);
      return s;
    }
  }
  return kOk;
}

void close_areas(Log *log) {
  for (Area &area : log->area) unmap_area(&area);
}

Status move_for_record(Log *log, u64 bytes) {
  const unsigned index = format::area_of(log->sequence + 1);
  const u64 capacity = log->area[index].capacity;
  const bool wasteful = capacity > kShrinkAreaAbove && bytes < capacity / kShrinkFactor;
  if (SNAPSHOT_LIKELY(bytes <= capacity && !wasteful)) return kOk;
  const Status moved = move_area(log, index, rounded_capacity(bytes));
  // A disk too full for a smaller area is no reason to fail: the large one is still there.
  return bytes <= log->area[index].capacity ? kOk : moved;
}

Status reserve_area(Log *log, unsigned index, u64 needed, u64 wanted) {
  const u64 capacity = log->area[index].capacity;
  wanted = rounded_capacity(max_u64(needed, wanted));
  if (capacity >= wanted && capacity / 4 <= wanted) return kOk;
  Status s = move_area(log, index, wanted);
  const u64 least = rounded_capacity(needed);
  if (!s.ok() && log->area[index].capacity < needed && least < wanted) s = move_area(log, index, least);
  return needed <= log->area[index].capacity ? kOk : s;
}

}  // namespace snapshot
