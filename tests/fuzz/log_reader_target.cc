// Claim: whatever bytes a log consists of, the reader ends, touches nothing but the log, and finds in it
// exactly what FORMAT.md says is there; and no line of a record that it calls whole lies outside log, area or
// data file.
#include "base/syscall.h"
#include "log/log_reader.h"
#include "log/record_cursor.h"
#include "memory_files.h"
#include "quiet.h"
#include "reference.h"
#include "violation.h"

namespace {

using fuzz::MemoryFiles;
using fuzz::require;
using snapshot::AreaState;
using snapshot::u64;

void check_lines(const snapshot::LogView &log, const snapshot::RecordView &record) {
  const auto &h = record.header;
  const u64 file_end = snapshot::round_up(std::max(h.size_before, h.size_after), snapshot::kLineBytes);
  u64 bytes = 0;
  snapshot::RecordCursor cursor(log.fd, record);
  for (snapshot::LinePiece piece; cursor.next(&piece); bytes += piece.bytes) {
    require(piece.bytes != 0 && piece.bytes <= snapshot::RecordCursor::kPieceBytes,
            "a piece is longer than its buffer");
    require(piece.file_offset + piece.bytes <= file_end, "a line lies outside the data file");
    require(piece.log_offset >= record.lines_offset() &&
                piece.log_offset + piece.bytes <= record.area.end() && record.area.end() <= log.bytes,
            "a line lies outside its area");
  }
  require(cursor.status().ok(), "a whole record cannot be walked");
  require(bytes == h.line_count * snapshot::kLineBytes, "the cursor gives not as many lines as there are");
}

void compare(const snapshot::LogView &log, const fuzz::ReferenceLog &expected) {
  require(log.retired == expected.retired, "retired, or not");
  require(log.record_missing == expected.record_missing, "a record is missing, or not");
  for (unsigned area = 0; area < 2; ++area) {
    const snapshot::RecordView &found = log.record[area];
    const fuzz::ReferenceRecord &right = expected.record[area];
    require((found.state == AreaState::whole) == right.whole, "whole, or not");
    require((found.state == AreaState::empty) == (right.empty && right.known_place), "empty, or not");
    require((found.area.capacity != 0) == right.known_place, "an area's place is known, or not");
    require(found.area.offset == right.offset && found.area.capacity == right.capacity, "an area's place");
    if (!right.whole) continue;
    require(found.header.sequence == right.newest().header.sequence, "the newest record of an area");
    require(found.count == 1 + right.more.size(), "the number of records of an area");
    check_lines(log, found);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char *bytes, std::size_t count) {
  const fuzz::Files files = fuzz::Files::of(fuzz::HostileCase::parse(bytes, count));
  const fuzz::ReferenceLog expected = fuzz::reference_log(files.log);
  MemoryFiles memory(files, {});
  (void)memory.run([&] {
    const int fd = memory.open_log();
    snapshot::LogView log;
    const snapshot::Status read = snapshot::read_log(fd, memory.log_path().c_str(), &log);
    require(read.ok() == !expected.refused, "refused, or not");
    if (read.ok())
      compare(log, expected);
    else
      fuzz::require_message(snapshot::last_error_text(), memory.log_path());
    (void)snapshot::sys::close(fd);
  });
  require(memory.changes() == 0, "reading changes something");
  return 0;
}
