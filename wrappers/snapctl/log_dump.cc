#include "log_dump.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/message.h"
#include "log/sidecar.h"
#include "platform/private_fd.h"

namespace snapctl {
namespace {

namespace format = snapshot::format;
using snapshot::AreaState;
using snapshot::RecordView;
using snapshot::Status;

constexpr const char *kSuffix = ".snaplog";

bool ends_with_suffix(const std::string &name) {
  const std::string suffix = kSuffix;
  return name.size() > suffix.size() && name.compare(name.size() - suffix.size(), suffix.size(), suffix) == 0;
}

// The log lies beside the file itself, not beside a symbolic link to it.
std::string resolved(const std::string &file) {
  const std::unique_ptr<char, void (*)(void *)> real(realpath(file.c_str(), nullptr), std::free);
  return real == nullptr ? file : std::string(real.get());
}

bool give_up(LogDump *dump, int error, const std::string &message) {
  dump->error = error;
  dump->message = message;
  print_error(message);
  return false;
}

void stop_reading(LogDump *dump, Status s) {
  give_up(dump, s.error,
          fmt::format("{}: cannot read the log: {}; what was printed is not whole", dump->log_path,
                      snapshot::error_words(s.error)));
}

// Opened without the lock: a log in use can be dumped too, as it happens to be.
bool open_descriptors(LogDump *dump) {
  dump->log_fd = open(dump->log_path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (dump->log_fd < 0)
    return give_up(dump, errno,
                   fmt::format("{}: cannot open the log: {}; try again as the data file's owner",
                               dump->log_path, snapshot::error_words(errno)));
  dump->data_fd = open(dump->data_path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  struct stat st;
  if (dump->data_fd >= 0 && (fstat(dump->data_fd, &st) != 0 || !S_ISREG(st.st_mode))) {
    (void)close(dump->data_fd);
    dump->data_fd = -1;
  }
  return true;
}

// Refuses what is not a regular file, with the library's own words, and finds out whether the log is in use.
bool check_log(const std::string &file, LogDump *dump) {
  int fd = -1;
  const Status s =
      snapshot::lock_existing_log(dump->log_path.c_str(), snapshot::Contention::report, false, &fd);
  snapshot::close_private(fd);
  dump->in_use = s.error == EAGAIN;
  if (!s.ok() && !dump->in_use) return give_up(dump, s.error, snapshot::last_error_text());
  if (fd >= 0 || dump->in_use) return true;
  struct stat st;
  if (stat(file.c_str(), &st) != 0)
    return give_up(dump, errno, fmt::format("{}: no such file or log; check the name", file));
  return give_up(dump, ENOENT,
                 fmt::format("{}: has no log to dump; it was closed cleanly, or never opened "
                             "under Snapshot",
                             file));
}

}  // namespace

LogDump::~LogDump() {
  if (log_fd >= 0) (void)close(log_fd);
  if (data_fd >= 0) (void)close(data_fd);
}

bool LogDump::newest(unsigned area) const {
  const RecordView &mine = log.record[area], &other = log.record[area ^ 1];
  return mine.state == AreaState::whole &&
         (other.state != AreaState::whole || mine.header.sequence > other.header.sequence);
}

bool open_log(const std::string &file, LogDump *dump) {
  if (ends_with_suffix(file)) {
    dump->log_path = file;
    dump->data_path = file.substr(0, file.size() - std::string(kSuffix).size());
  } else {
    dump->data_path = resolved(file);
    dump->log_path = dump->data_path + kSuffix;
  }
  if (!check_log(file, dump) || !open_descriptors(dump)) return false;
  const Status s = snapshot::read_log(dump->log_fd, dump->log_path.c_str(), &dump->log);
  dump->error = s.error;
  if (!s.ok()) dump->message = snapshot::last_error_text();
  dump->header_read =
      snapshot::read_exactly(dump->log_fd, &dump->log.header, sizeof dump->log.header, format::kHeaderOffset)
          .ok();
  if (!s.ok()) print_error(dump->message);
  return true;
}

std::vector<DumpedRun> read_runs(LogDump *dump, const RecordView &record) {
  std::vector<uint64_t> packed(record.header.run_count);
  std::vector<DumpedRun> runs;
  const Status s = snapshot::read_exactly(dump->log_fd, packed.data(), packed.size() * sizeof(uint64_t),
                                          record.runs_offset());
  if (!s.ok()) {
    stop_reading(dump, s);
    return runs;
  }
  for (const uint64_t p : packed) runs.push_back({format::run_line(p), format::run_count(p)});
  return runs;
}

void for_each_line(LogDump *dump, const RecordView &record,
                   const std::function<void(const DumpedLine &)> &visit) {
  uint64_t at = record.lines_offset();
  for (const DumpedRun &run : read_runs(dump, record)) {
    for (uint64_t line = run.line; line < run.line + run.count; ++line, at += snapshot::kLineBytes) {
      DumpedLine dumped{line, std::vector<uint8_t>(snapshot::kLineBytes), {}};
      const Status s =
          snapshot::read_exactly(dump->log_fd, dumped.logged_bytes.data(), snapshot::kLineBytes, at);
      if (!s.ok()) return stop_reading(dump, s);
      dumped.now_bytes.resize(snapshot::kLineBytes);
      const ssize_t n = pread(dump->data_fd, dumped.now_bytes.data(), snapshot::kLineBytes,
                              static_cast<off_t>(line * snapshot::kLineBytes));
      dumped.now_bytes.resize(n < 0 ? 0 : static_cast<size_t>(n));
      visit(dumped);
    }
  }
}

void for_each_record(LogDump *dump, unsigned area, const std::function<void(const RecordView &)> &visit) {
  const RecordView &newest = dump->log.record[area];
  if (newest.state != AreaState::whole) return;
  if (!newest.appended()) return visit(newest);
  uint64_t at = newest.area.offset;
  for (uint64_t i = 0; i < newest.count; ++i) {
    RecordView record;
    const Status s = snapshot::read_record_at(dump->log, newest.area, at, &record);
    if (!s.ok()) return stop_reading(dump, s);
    visit(record);
    at = record.end();
  }
}

bool holds_new_lines(const RecordView &record) { return record.header.magic != format::kUndoMagic; }

const char *protocol_name(const RecordView &record) {
  return record.appended() ? "append" : holds_new_lines(record) ? "redo" : "undo";
}

const char *area_state_name(AreaState state) {
  switch (state) {
    case AreaState::empty:
      return "empty";
    case AreaState::whole:
      return "whole";
    case AreaState::invalid:
      return "invalid";
  }
  return "";
}

}  // namespace snapctl
