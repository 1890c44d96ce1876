#include "trace.h"

#include <fstream>
#include <stdexcept>

namespace states {
namespace {

const char *name_of(EventKind kind) {
  static const char *const names[] = {"?",      "file",     "create",   "link",       "unlink",
                                      "rename", "store-nt", "store",    "write-back", "fence",
                                      "resize", "punch",    "sync",     "failed",     "sync-dir",
                                      "expect", "begins",   "returned", "check",      "output"};
  const auto i = static_cast<std::size_t>(kind);
  return i < std::size(names) ? names[i] : "?";
}

bool read_string(std::ifstream &in, u64 bytes, std::string *out) {
  out->resize(bytes);
  return bytes == 0 || static_cast<bool>(in.read(out->data(), static_cast<std::streamsize>(bytes)));
}

}  // namespace

std::vector<Event> read_trace(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  u64 magic = 0;
  if (!in.read(reinterpret_cast<char *>(&magic), sizeof magic) || magic != trace_magic)
    throw std::runtime_error(path + ": not a trace; record one with SNAPSHOT_TEST_RECORD");
  std::vector<Event> events;
  for (EventHead head; in.read(reinterpret_cast<char *>(&head), sizeof head);) {
    Event event{head.kind, head.thread, head.file, head.offset, head.count, {}, {}};
    if (!read_string(in, head.name_bytes, &event.name) || !read_string(in, head.bytes, &event.bytes))
      throw std::runtime_error(path + ": the trace is cut off after " + std::to_string(events.size()) +
                               " events");
    events.push_back(std::move(event));
  }
  return events;
}

std::string describe(const Event &e) {
  std::string text = name_of(e.kind);
  text += " thread " + std::to_string(e.thread) + " file " + std::to_string(e.file);
  text += " offset " + std::to_string(e.offset) + " count " + std::to_string(e.count);
  if (!e.name.empty()) text += " " + e.name;
  if (!e.bytes.empty()) text += ", " + std::to_string(e.bytes.size()) + " bytes";
  return text;
}

}  // namespace states
