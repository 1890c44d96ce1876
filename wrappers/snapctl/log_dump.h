// A log as dump-log shows it, whatever shape it is in.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "log/log_reader.h"
#include "output.h"

namespace snapctl {

struct LogDump {
  std::string log_path;
  std::string data_path;
  int log_fd = -1;
  int data_fd = -1;  // -1: the data file is not there, or cannot be read
  bool in_use = false;
  bool header_read = false;
  int error = 0;  // why the log is refused; header holds what is there all the same
  std::string message;
  snapshot::LogView log{};

  LogDump() = default;
  ~LogDump();
  LogDump(const LogDump &) = delete;
  LogDump &operator=(const LogDump &) = delete;

  bool newest(unsigned area) const;
};

// file: a data file or a log. false, after printing the error and with it in dump->error, when there is no
// log to show.
bool open_log(const std::string &file, LogDump *dump);

// Calls the visitor for every record of a whole area, in order.
void for_each_record(LogDump *dump, unsigned area,
                     const std::function<void(const snapshot::RecordView &)> &visit);

// What is in its lines, and what else its header says.
bool holds_new_lines(const snapshot::RecordView &record);
const char *protocol_name(const snapshot::RecordView &record);

struct DumpedRun {
  uint64_t line;
  uint64_t count;
};

// The runs of a whole record; an empty vector, with dump->error set, when the log cannot be read.
std::vector<DumpedRun> read_runs(LogDump *dump, const snapshot::RecordView &record);

struct DumpedLine {
  uint64_t line;
  std::vector<uint8_t> logged_bytes;  // 64
  std::vector<uint8_t> now_bytes;     // as many as the data file has there
};

// Calls the visitor for every line of a whole record, in order.
void for_each_line(LogDump *dump, const snapshot::RecordView &record,
                   const std::function<void(const DumpedLine &)> &visit);

const char *area_state_name(snapshot::AreaState state);

void print_log_text(LogDump *dump, bool lines);
Json log_json(LogDump *dump, bool lines);

}  // namespace snapctl
