#include "recorded_run.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "command_line.h"
#include "explorer.h"
#include "replay.h"
#include "report.h"

namespace crash_test {
namespace {

namespace fs = std::filesystem;
using states::Event;
using states::EventKind;
using states::SimulatedFiles;

constexpr const char *trace_name = "trace", *printed_name = "printed";

std::string bytes_of(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool has_bytes(const std::string &path, const std::vector<states::u8> &bytes) {
  const std::string there = bytes_of(path);
  return std::equal(there.begin(), there.end(), bytes.begin(), bytes.end(),
                    [](char a, states::u8 b) { return static_cast<states::u8>(a) == b; });
}

// Files that the program has made, or changed, and that are not in the trace.
Words unrecorded_files(const Options &options, const Attempt &attempt, const SimulatedFiles &recorded) {
  Words all;
  const fs::path root = fs::canonical(attempt.files());
  for (const fs::directory_entry &entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file() || recorded.find_name(entry.path().c_str()) != SimulatedFiles::none)
      continue;
    const std::string name = fs::relative(entry.path(), root);
    const std::string before = options.template_directory + "/" + name;
    if (!options.template_directory.empty() && fs::exists(before) &&
        bytes_of(before) == bytes_of(entry.path()))
      continue;
    all.push_back(name);
  }
  return all;
}

// The replay of a complete trace gives the files as they are.
bool is_complete(const Options &options, const Attempt &attempt) {
  const RecordedRun run(attempt.root());
  states::Replay replay;
  for (const Event &e : run.events()) replay.apply(e);
  const SimulatedFiles &files = replay.files();
  for (states::u32 i = 0; i < files.name_count(); ++i) {
    const std::string place = run.place_of(files.name(i));
    if (place.empty()) continue;
    const std::string path = attempt.files() + "/" + place;
    const bool exists = files.named(i) != SimulatedFiles::none;
    if (exists == fs::exists(path) && (!exists || has_bytes(path, files[files.named(i)].bytes))) continue;
    complain(
        place +
        ": changed by what --states cannot record (C stdio, a child, stores while it was not managed); test "
        "it by kills, without --states");
    return false;
  }
  for (const std::string &name : unrecorded_files(options, attempt, files))
    fmt::print("not recorded, so in the images it is as before the run: {}\n", name);
  return true;
}

}  // namespace

bool record(const Options &options, const Attempt &attempt) {
  const std::string tools = options.tools + "/recording", recorder = tools + "/libsnapshot_recorder.so";
  const std::string library = fs::path(options.library).filename();
  for (const std::string &needed : {recorder, tools + "/" + library})
    if (access(needed.c_str(), R_OK) != 0) {
      complain(needed +
               ": not found, and --states cannot record without it; build Snapshot with its tests "
               "(SNAPSHOT_BUILD_TESTS=ON)");
      return false;
    }
  const char *path = std::getenv("LD_LIBRARY_PATH");
  // By its bare name, which is also what a program that was linked with libsnapshot asks for.
  const Ended program =
      attempt.run_program({"LD_PRELOAD=" + preload(recorder + ":" + library),
                           "LD_LIBRARY_PATH=" + tools + (path == nullptr ? "" : std::string(":") + path),
                           "SNAPSHOT_TEST_RECORD=" + attempt.path(trace_name)},
                          {});
  if (program.status == 0 && !fs::exists(attempt.path(trace_name))) {
    complain("the program changes no file under Snapshot, so nothing can be tested");
    return false;
  }
  if (program.status == 0 && !is_complete(options, attempt)) return false;
  if (!agrees(attempt, program)) return false;
  fs::copy_file(attempt.output(), attempt.path(printed_name));
  return true;
}

RecordedRun::RecordedRun(const std::string &root)
    : directory_(fs::weakly_canonical(root).string() + "/files/"),
      printed_(root + "/" + printed_name),
      events_(states::read_trace(root + "/" + trace_name)) {
  std::error_code none;
  const u64 printed = fs::file_size(printed_, none);
  // The end of the trace is the end of the program.
  if (!none) events_.push_back({EventKind::output, 0, 0, 0, printed, {}, {}});
}

u64 RecordedRun::commits() const {
  return static_cast<u64>(std::count_if(events_.begin(), events_.end(),
                                        [](const Event &e) { return e.kind == EventKind::begins; }));
}

bool RecordedRun::has_managed_file() const {
  const Words names = states::data_files_of(events_);
  return std::any_of(names.begin(), names.end(), [&](const std::string &n) { return !place_of(n).empty(); });
}

std::string RecordedRun::place_of(const std::string &name) const {
  return name.starts_with(directory_) ? name.substr(directory_.size()) : "";
}

u64 RecordedRun::points() const {
  u64 points = 1;
  for (const Event &e : events_) points += is_point_before(e) + is_point_after(e);
  return points;
}

std::string RecordedRun::instant_of(u64 point) const {
  u64 begun = 0, returned = 0, points = 0;
  for (const Event &e : events_) {
    if (is_point_before(e) && points++ == point) break;
    begun += e.kind == EventKind::begins;
    returned += e.kind == EventKind::returned;
    if (is_point_after(e) && points++ == point) break;
  }
  if (begun == 0) return fmt::format("before the first commit (of {})", commits());
  return fmt::format("{} commit {} (of {})", begun == returned ? "after" : "in", begun, commits());
}

void RecordedRun::lay_out(Attempt &attempt, const SimulatedFiles &files, u64 output_bytes) const {
  attempt.refill();
  for (states::u32 i = 0; i < files.name_count(); ++i) {
    const std::string place = place_of(files.name(i));
    if (place.empty()) continue;
    const fs::path path = attempt.files() + "/" + place;
    fs::remove(path);
    if (files.named(i) == SimulatedFiles::none) continue;
    fs::create_directories(path.parent_path());
    const auto &bytes = files[files.named(i)].bytes;
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char *>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  fs::copy_file(printed_, attempt.output(), fs::copy_options::overwrite_existing);
  fs::resize_file(attempt.output(), output_bytes);
}

}  // namespace crash_test
