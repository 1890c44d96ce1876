#include "record.h"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "replay.h"
#include "subject_process.h"
#include "temp_dir.h"

namespace states {
namespace {

// By the words that records begin with (libsnapshot/FORMAT.md): that a setting has reached the program.
void require_protocol(const std::vector<Event> &events, const std::vector<std::string> &settings) {
  const auto asks_for = [&](const char *protocol) {
    return std::count(settings.begin(), settings.end(), std::string("SNAPSHOT_PROTOCOL=") + protocol) != 0;
  };
  std::vector<const char *> others;
  if (asks_for("undo")) others = {"REDO", "APND"};
  if (asks_for("redo")) others = {"UNDO"};
  for (const Event &e : events)
    for (const char *other : others)
      if (e.bytes.find(other) != std::string::npos)
        throw std::runtime_error(std::string("the program was to commit by another protocol than ") + other);
}

}  // namespace

std::vector<Event> record_sequence(const std::string &sequence, const std::string &media,
                                   const std::vector<std::string> &settings, const std::string &keep) {
  const test::TempDir directory;
  const std::string trace = directory / "trace", errors = directory / "errors";
  std::vector<std::string> environment = settings;
  environment.insert(environment.end(), {"SNAPSHOT_MEDIA=" + media, "SNAPSHOT_LOG=error"});
  test::SubjectProcess process(STATES_SUBJECT, {sequence, directory.path(), trace}, environment, errors);
  const int status = process.wait();
  if (!keep.empty())
    std::filesystem::copy_file(trace, keep, std::filesystem::copy_options::overwrite_existing);
  if (status != 0)
    throw std::runtime_error("the program ends with status " + std::to_string(status) + ": " +
                             test::read_file(errors));
  std::vector<Event> events = read_trace(trace);
  require_protocol(events, settings);
  for (const char *name : {"first", "second"}) require_complete(events, directory / name);
  return events;
}

void require_complete(const std::vector<Event> &events, const std::string &path) {
  Replay replay;
  for (const Event &e : events) replay.apply(e);
  const std::string name = std::filesystem::canonical(path).string();
  const std::vector<u8> *bytes = replay.contents(name);
  const std::string real = test::read_file(path);
  if (bytes == nullptr || std::string(bytes->begin(), bytes->end()) == real) return;
  throw std::runtime_error("the trace is not complete: its replay does not give " + path + " as it is");
}

}  // namespace states
