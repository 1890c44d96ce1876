// The two areas of a log, which its records use in turn.
#pragma once
#include "base/status.h"
#include "log/format.h"
#include "media/medium.h"
#include "platform/hash.h"

namespace snapshot {

// An area larger than this is given back once records need little of it.
inline constexpr u64 kShrinkAreaAbove = 16 << 20;

struct Area {
  u64 offset = 0;        // in the log file
  u64 capacity = 0;      // bytes
  u8 *mapped = nullptr;  // memory media: where it is mapped

  u64 end() const { return offset + capacity; }
};

// What a log of appended records has in hand; the others use their areas in turn, a record each.
struct Tail {
  unsigned area = 1;  // of the next record; the first one goes to area 1
  u64 used = 0;       // bytes of that area that have records
  u64 durable = 0;    // sequence of the newest record that is durable
};

format::AreaEntry make_area_entry(u64 log_id, unsigned index, const Area &area);

// The area that the entry describes, if the entry is whole and the area lies after the header. Whether the
// file is long enough for it is for the caller to check.
bool parse_area_entry(const format::AreaEntry &entry, u64 log_id, unsigned index, Area *out);

// An open log, owned by the process that manages the file; used under that file's commit lock.
struct Log {
  int fd = -1;
  format::Header header{};
  HashKey key;  // of header.log_id; set by open_areas
  Area area[2];
  u64 sequence = 0;  // of the newest record that is known complete; 0: none yet
  Tail tail;
  Medium medium;

  bool is_open() const { return fd >= 0; }
};

// Maps what the medium needs mapped, after create_log has made the file.
Status open_areas(Log *log);
void close_areas(Log *log);

// Gives the area of the next record room for bytes, allocated on the file system and (memory media)
// populated, so that writing the record cannot fail for want of space. Moves the area within the file when it
// is too small, or far too large; durable on return. ENOSPC, EIO, ENOMEM: the newest record is untouched and
// the call can be repeated.
SNAPSHOT_SLOW_PATH Status move_for_record(Log *log, u64 bytes);
// Whether that has nothing to do.
inline bool has_room_for_record(const Log &log, u64 bytes) {
  const u64 capacity = log.area[format::area_of(log.sequence + 1)].capacity;
  return bytes <= capacity && capacity <= kShrinkAreaAbove;
}
inline Status reserve_record(Log *log, u64 bytes) {
  return SNAPSHOT_LIKELY(has_room_for_record(*log, bytes)) ? kOk : move_for_record(log, bytes);
}

// The same for the area of a log of appended records that is to be used next, from its beginning: wanted
// bytes, or, where there is no room for so many, at least the needed ones. It may be larger than wanted, but
// not by much. Nothing that recovery needs may be in that area. ENOSPC, EIO, ENOMEM: can be repeated.
Status reserve_area(Log *log, unsigned index, u64 needed, u64 wanted);

}  // namespace snapshot
