// Reads a log that may be torn, truncated, foreign or hostile. Trusts nothing: every number is bounded before
// use, and all reading is by pread, so that a file that shrinks meanwhile is a short read, not a signal.
#pragma once
#include "log/areas.h"
#include "log/sidecar.h"

namespace snapshot {

enum class AreaState {
  empty,    // no record was ever written here: the header line is zeros
  whole,    // a record whose checksum holds
  invalid,  // torn or damaged; the two look alike
};

struct RecordView {
  AreaState state = AreaState::invalid;
  Area area;
  format::RecordHeader header{};

  u64 runs_offset() const { return area.offset + sizeof header; }
  u64 lines_offset() const { return runs_offset() + format::run_table_bytes(header.run_count); }
};

struct LogView {
  int fd = -1;
  u64 bytes = 0;
  format::Header header{};
  HashKey key;  // of header.log_id
  bool retired = false;
  RecordView record[2];
};

// Reads header, areas and records of the log behind fd; checks them by their checksums and by the data file's
// bounds, but judges nothing. EBADMSG with a message: not a log, truncated, another version or architecture,
// damaged header. EIO: cannot be read. path is for messages.
Status read_log(int fd, const char *path, LogView *out);

// Reads exactly bytes at offset. ENODATA if the file ends before, EIO and the like from the system.
Status read_exactly(int fd, void *to, u64 bytes, u64 offset);

}  // namespace snapshot
