#include "replay.h"

#include <algorithm>
#include <map>
#include <stdexcept>

namespace states {

void Replay::apply(const Event &e) {
  switch (e.kind) {
    case EventKind::file:
    case EventKind::create:
      if (files_.add(e.offset, e.count, e.bytes) != e.file)
        throw std::runtime_error("files are not in order");
      if (!e.name.empty()) name(e.name, e.file);
      break;
    case EventKind::link:
      name(e.name, e.file);
      break;
    case EventKind::unlink:
      name(e.name, SimulatedFiles::none);
      break;
    case EventKind::rename:
      name(e.name, SimulatedFiles::none);
      name(e.bytes, e.file);
      break;
    case EventKind::store:
    case EventKind::store_nt:
      files_.write(e.file, e.offset, e.bytes.data(), e.bytes.size());
      break;
    case EventKind::resize:
      files_.resize(e.file, e.count);
      break;
    case EventKind::punch:
      files_.zero(e.file, e.offset, e.count);
      break;
    case EventKind::check:
      check(e);
      break;
    default:
      break;
  }
  files_.forget_journal();
}

void Replay::check(const Event &e) const {
  const auto &bytes = files_[e.file].bytes;
  if (bytes.size() == e.offset && mix_bytes(check_seed, bytes.data(), bytes.size()) == e.count) return;
  throw std::runtime_error("the trace is not complete: file " + std::to_string(e.file) + " has " +
                           std::to_string(e.offset) + " bytes which the replay does not give (it has " +
                           std::to_string(bytes.size()) + " bytes): something wrote it unseen");
}

const std::vector<u8> *Replay::contents(const std::string &name) const {
  const u32 index = files_.find_name(name.c_str());
  const u32 file = index == SimulatedFiles::none ? SimulatedFiles::none : files_.named(index);
  return file == SimulatedFiles::none ? nullptr : &files_[file].bytes;
}

std::vector<std::string> data_files_of(const std::vector<Event> &events) {
  std::vector<std::string> names;
  constexpr std::string_view ending = ".snaplog";
  for (const Event &e : events) {
    const std::string &name = e.kind == EventKind::rename ? e.bytes : e.name;
    if ((e.kind != EventKind::link && e.kind != EventKind::rename && e.kind != EventKind::file) ||
        !name.ends_with(ending))
      continue;
    const std::string data = name.substr(0, name.size() - ending.size());
    if (std::find(names.begin(), names.end(), data) == names.end()) names.push_back(data);
  }
  return names;
}

namespace {

class Expectations {
 public:
  explicit Expectations(const std::vector<Event> &events) : events_(events), names_(data_files_of(events)) {}

  std::vector<Event> merged() {
    for (std::size_t i = 0; i < events_.size(); ++i) look_at(i);
    std::vector<Event> all;
    for (std::size_t i = 0; i <= events_.size(); ++i) {
      for (auto [at, end] = added_.equal_range(i); at != end; ++at) all.push_back(at->second);
      if (i < events_.size()) all.push_back(events_[i]);
    }
    return all;
  }

 private:
  void look_at(std::size_t i) {
    const Event &e = events_[i];
    replay_.apply(e);
    if (e.kind == EventKind::begins) begin_of_[e.offset] = i;
    if (e.kind == EventKind::returned && e.count == 0)
      for (const std::string &name : names_)
        if (leads_to(name, e.file)) expect(begin_of_[e.offset], e.offset, 0, name);
    const bool stores = e.kind == EventKind::store || e.kind == EventKind::punch;
    if (!stores && e.kind != EventKind::resize) return;
    for (const std::string &name : names_)
      if (leads_to(name, e.file) && replay_.contents(name + ".snaplog") == nullptr)
        allow_unprotected(i, stores ? 1 : 0, name);
  }
  void expect(std::size_t before, u64 commit, u64 anything, const std::string &name) {
    const auto &bytes = *replay_.contents(name);
    added_.insert({before, {EventKind::expect, 0, 0, commit, anything, name, {bytes.begin(), bytes.end()}}});
  }
  void allow_unprotected(std::size_t i, u64 anything, const std::string &name) {
    const u64 commit = (u64{1} << 63) + unprotected_++;
    expect(i, commit, anything, name);
    added_.insert({i, {EventKind::begins, 0, 0, commit, 0, {}, {}}});
  }
  bool leads_to(const std::string &name, u32 file) const {
    const u32 index = replay_.files().find_name(name.c_str());
    return index != SimulatedFiles::none && replay_.files().named(index) == file;
  }

  const std::vector<Event> &events_;
  std::vector<std::string> names_;
  Replay replay_;
  std::multimap<std::size_t, Event> added_;  // before the event of this number
  std::map<u64, std::size_t> begin_of_;
  u64 unprotected_ = 0;
};

}  // namespace

std::vector<Event> with_expectations(const std::vector<Event> &events) {
  return Expectations(events).merged();
}

std::vector<Event> without_expectations(const std::vector<Event> &events) {
  std::vector<Event> all;
  for (const std::string &name : data_files_of(events))
    all.push_back({EventKind::expect, 0, 0, 0, 1, name, {}});
  all.insert(all.end(), events.begin(), events.end());
  return all;
}

}  // namespace states
