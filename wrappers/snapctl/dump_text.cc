// dump-log for people.
#include <fmt/core.h>

#include <algorithm>
#include <ctime>

#include "log_dump.h"

namespace snapctl {
namespace {

namespace format = snapshot::format;
using snapshot::AreaState;
using snapshot::kLineBytes;

std::string birth_words(uint64_t ns) {
  if (ns == 0) return "birth unknown";
  const auto seconds = static_cast<time_t>(ns / 1'000'000'000);
  struct tm utc;
  char text[32];
  if (gmtime_r(&seconds, &utc) == nullptr || std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc) == 0)
    return fmt::format("born at {} ns", ns);
  return fmt::format("born {}.{:09} UTC", text, ns % 1'000'000'000);
}

void print_header(const LogDump &dump) {
  const format::Header &h = dump.log.header;
  fmt::print("log       {}, {}{}\n", one_line(dump.log_path), count_of(dump.log.bytes, "byte"),
             dump.in_use ? ", in use: what follows may change while it is read" : "");
  if (!dump.header_read) return;
  fmt::print("header    {}: magic {}, version {}, architecture {:#x}\n",
             dump.error == 0 ? "whole" : "not valid, shown as it is", hex(h.magic), h.version,
             h.architecture);
  fmt::print("          id {}, size when opened {}, by process {}\n", hex(h.log_id),
             count_of(h.size_at_open, "byte"), h.owner_pid);
  fmt::print("          data file: inode {}, {}\n", h.file_inode, birth_words(h.file_birth_ns));
  if (dump.error == 0) fmt::print("retired   {}\n", dump.log.retired ? "yes: holds nothing" : "no");
}

void print_line(const DumpedLine &line) {
  for (uint64_t row = 0; row < kLineBytes; row += 16) {
    std::string logged_text, now_text;
    bool same = true;
    for (uint64_t i = row; i < row + 16; ++i) {
      const bool there = i < line.now_bytes.size();
      logged_text += fmt::format("{:02x}", line.logged_bytes[i]);
      now_text += there ? fmt::format("{:02x}", line.now_bytes[i]) : "--";
      same = same && there && line.now_bytes[i] == line.logged_bytes[i];
    }
    fmt::print("    {:#012x}  {} {} {}\n", line.line * kLineBytes + row, logged_text, same ? "=" : "|",
               now_text);
  }
}

std::string kind_words(const snapshot::RecordView &r) {
  if (r.appended())
    return fmt::format("redo, appended: holds the new lines; commit {} was durable when it was written",
                       r.header.durable);
  if (holds_new_lines(r)) return "redo: holds the new lines";
  return "undo: holds the old lines, digest of the new ones " + hex(r.header.new_digest);
}

void print_record(LogDump *dump, const snapshot::RecordView &r, bool newest, bool lines) {
  const format::RecordHeader &h = r.header;
  fmt::print("  commit {}{}: {} in {}, size {} to {} bytes\n", h.sequence, newest ? " (newest)" : "",
             count_of(h.line_count, "line"), count_of(h.run_count, "run"), h.size_before, h.size_after);
  fmt::print("  {}, checksum {}\n", kind_words(r), hex(h.checksum));
  for (const DumpedRun &run : read_runs(dump, r))
    fmt::print("  run at line {}, {}: bytes {} to {}\n", run.line, count_of(run.count, "line"),
               run.line * kLineBytes, (run.line + run.count) * kLineBytes - 1);
  if (!lines || h.line_count == 0) return;
  fmt::print("    {:<12}  {:<32}   {}\n", "offset",
             holds_new_lines(r) ? "new (in the log)" : "old (in the log)", "now (in the data file)");
  for_each_line(dump, r, print_line);
}

void print_area(LogDump *dump, unsigned area, bool lines) {
  const snapshot::RecordView &r = dump->log.record[area];
  if (r.area.capacity == 0) {
    fmt::print("area {}    unknown: its entry is torn or damaged\n", area);
    return;
  }
  constexpr const char *kWords[] = {"empty", "holds a whole record",
                                    "holds no whole record (torn, or damaged)"};
  fmt::print("area {}    at {}, {}: {}\n", area, r.area.offset, count_of(r.area.capacity, "byte"),
             r.appended() && r.count > 1 ? fmt::format("holds {} whole records", r.count)
                                         : kWords[static_cast<int>(r.state)]);
  for_each_record(dump, area, [&](const snapshot::RecordView &record) {
    const bool newest = dump->newest(area) && record.header.sequence == r.header.sequence;
    print_record(dump, record, newest, lines);
  });
}

}  // namespace

void print_log_text(LogDump *dump, bool lines) {
  print_header(*dump);
  if (dump->error != 0) return;
  for (unsigned area = 0; area < 2; ++area) print_area(dump, area, lines);
  if (lines && dump->data_fd < 0)
    fmt::print("data      {} cannot be read: no bytes to show beside the log's\n", one_line(dump->data_path));
}

}  // namespace snapctl
