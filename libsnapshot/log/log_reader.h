// Reads a log that may be torn, truncated, foreign or hostile. Trusts nothing: every number is bounded before
// use, and all reading is by pread, so that a file that shrinks meanwhile is a short read, not a signal.
#pragma once
#include "log/areas.h"
#include "log/sidecar.h"
#include "platform/file_io.h"

namespace snapshot {

enum class AreaState {
  empty,    // no record was ever written here: the header line is zeros
  whole,    // a record whose checksum holds
  invalid,  // torn or damaged; the two look alike
};

// A record; of several that were appended to an area, the newest.
struct RecordView {
  AreaState state = AreaState::invalid;
  Area area;
  u64 offset = 0;  // in the log
  format::RecordHeader header{};

  // Of all the records of the area that are whole and follow each other from its beginning.
  u64 count = 0;
  u64 first_sequence = 0;
  u64 first_size = 0;     // size_before of the first one
  u64 smallest_size = 0;  // of all their sizes

  u64 runs_offset() const { return offset + sizeof header; }
  u64 lines_offset() const { return runs_offset() + format::run_table_bytes(header.run_count); }
  u64 end() const { return lines_offset() + header.line_count * kLineBytes; }
  bool appended() const { return header.magic == format::kAppendMagic; }
};

struct LogView {
  int fd = -1;
  u64 bytes = 0;
  format::Header header{};
  HashKey key;  // of header.log_id
  bool retired = false;
  RecordView record[2];
  // A whole record says that one which is not there was durable.
  bool record_missing = false;
};

// The header alone, of a log that may be in use: it never changes. Errors as read_log's.
Status read_log_header(int fd, const char *path, format::Header *out);

// Reads header, areas and records of the log behind fd; checks them by their checksums and by the data file's
// bounds, but judges nothing. Takes time and reads in proportion to the log's size. EBADMSG with a message:
// not a log, truncated, another version or architecture, damaged header. EIO: cannot be read. path is for
// messages.
Status read_log(int fd, const char *path, LogView *out);

// Whether a record's runs are in range of its sizes and add up to its lines, wherever in fd it was found.
// piece: kCheckBytes of memory.
inline constexpr u64 kCheckBytes = 16 << 10;
Status check_runs(int fd, const RecordView &record, u8 *piece, bool *fit);

// Whether the record at offset, of an area that read_log has found whole, could be read: into *out, for a
// walk through records that were appended. The caller knows how many there are.
Status read_record_at(const LogView &log, const Area &area, u64 offset, RecordView *out);

}  // namespace snapshot
