// dump-log for programs.
#include <fmt/core.h>

#include "log_dump.h"

namespace snapctl {
namespace {

namespace format = snapshot::format;
using snapshot::AreaState;

std::string hex_bytes(const std::vector<uint8_t> &bytes) {
  std::string out;
  for (const uint8_t b : bytes) out += fmt::format("{:02x}", b);
  return out;
}

Json header_json(const LogDump &dump) {
  const format::Header &h = dump.log.header;
  return {{"whole", dump.error == 0},
          {"magic", hex(h.magic)},
          {"version", h.version},
          {"architecture", h.architecture},
          {"id", hex(h.log_id)},
          {"file_inode", h.file_inode},
          {"file_birth_ns", h.file_birth_ns},
          {"size_at_open", h.size_at_open},
          {"owner_pid", h.owner_pid}};
}

Json record_json(LogDump *dump, const snapshot::RecordView &r, bool newest, bool lines) {
  const format::RecordHeader &h = r.header;
  Json out = {{"protocol", protocol_name(r)},    {"sequence", h.sequence},     {"newest", newest},
              {"size_before", h.size_before},    {"size_after", h.size_after}, {"line_count", h.line_count},
              {"new_digest", hex(h.new_digest)}, {"checksum", hex(h.checksum)}};
  if (r.appended()) {
    out.erase("new_digest");
    out["durable"] = h.durable;
  }
  out["runs"] = Json::array();
  for (const DumpedRun &run : read_runs(dump, r))
    out["runs"].push_back({{"line", run.line}, {"count", run.count}});
  if (!lines) return out;
  Json &all = out["lines"] = Json::array();
  for_each_line(dump, r, [&](const DumpedLine &line) {
    all.push_back({{"line", line.line},
                   {holds_new_lines(r) ? "new" : "old", hex_bytes(line.logged_bytes)},
                   {"now", hex_bytes(line.now_bytes)}});
  });
  return out;
}

}  // namespace

Json log_json(LogDump *dump, bool lines) {
  Json out;
  out["log"] = dump->log_path;
  out["file"] = dump->data_path;
  out["bytes"] = dump->log.bytes;
  out["in_use"] = dump->in_use;
  out["header"] = dump->header_read ? header_json(*dump) : Json();
  out["error"] = dump->error == 0 ? Json() : Json(dump->message);
  if (dump->error != 0) return out;
  out["retired"] = dump->log.retired;
  out["areas"] = Json::array();
  for (unsigned area = 0; area < 2; ++area) {
    const snapshot::RecordView &r = dump->log.record[area];
    Json one = {
        {"offset", r.area.offset}, {"capacity", r.area.capacity}, {"state", area_state_name(r.state)}};
    one["record"] = r.state == AreaState::whole ? record_json(dump, r, dump->newest(area), lines) : Json();
    if (r.appended()) {
      one["records"] = Json::array();
      for_each_record(dump, area, [&](const snapshot::RecordView &record) {
        const bool newest = dump->newest(area) && record.header.sequence == r.header.sequence;
        one["records"].push_back(record_json(dump, record, newest, lines));
      });
    }
    out["areas"].push_back(one);
  }
  return out;
}

}  // namespace snapctl
