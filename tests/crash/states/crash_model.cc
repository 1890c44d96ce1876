#include "crash_model.h"

#include <algorithm>
#include <stdexcept>

namespace states {
namespace {

constexpr u64 to_the_end = ~u64{0};

}  // namespace

std::string directory_of(const std::string &path) { return path.substr(0, path.rfind('/')); }

u64 MetadataChange::applied_to(u64 offset, u64 value) const {
  for (u64 i = 0; i < 8; ++i)
    if (offset + i >= from && offset + i < end) value &= ~(u64{0xff} << (8 * i));
  return value;
}

void CrashModel::apply(const Event &e) {
  ++time_;
  switch (e.kind) {
    case EventKind::file:
    case EventKind::create:
      return note_file(e);
    case EventKind::link:
    case EventKind::unlink:
    case EventKind::rename:
      return change_names(e);
    case EventKind::store_nt:
      return store(e, e.thread + 1);
    case EventKind::store:
      return store(e, 0);
    case EventKind::write_back:
      return write_back(e);
    case EventKind::fence:
      return fence(e.thread);
    case EventKind::resize:
      return change_metadata(e.file, {true, e.count, to_the_end});
    case EventKind::punch:
      return change_metadata(e.file, {false, e.offset, e.offset + e.count});
    case EventKind::sync:
      return sync(e);
    case EventKind::sync_failed:
      return sync_failed(e);
    case EventKind::sync_directory:
      return sync_directory(e.name);
    case EventKind::expect:
    case EventKind::begins:
    case EventKind::returned:
    case EventKind::check:
    case EventKind::output:
      return;
  }
  throw std::runtime_error("the trace has an event of kind " + std::to_string(static_cast<u32>(e.kind)));
}

void CrashModel::note_file(const Event &e) {
  if (files_.add(e.offset, e.count, e.bytes) != e.file) throw std::runtime_error("files are not in order");
  if (e.name.empty()) return;
  if (e.kind == EventKind::create) return change_names({EventKind::link, 0, e.file, 0, 0, e.name, {}});
  files_.name_leads_to(files_.add_name(e.name), e.file);
}

void CrashModel::change_names(const Event &e) {
  const u32 name = files_.add_name(e.name);
  NameChange change{time_, name, e.kind == EventKind::link ? e.file : SimulatedFiles::none};
  if (e.kind == EventKind::rename) change.second_name = files_.add_name(e.bytes), change.second_file = e.file;
  names_[directory_of(e.name)].push_back(change);
}

const std::vector<MetadataChange> &CrashModel::metadata_of(u32 file) const {
  static const std::vector<MetadataChange> empty;
  const auto at = metadata_.find(file);
  return at == metadata_.end() ? empty : at->second;
}

u64 CrashModel::pending_size(u32 file) const {
  const auto &changes = metadata_of(file);
  for (auto c = changes.rbegin(); c != changes.rend(); ++c)
    if (c->resize) return c->from;
  return files_[file].size();
}

// The word as the running system sees it.
u64 CrashModel::pending_value(u32 file, u64 offset) const {
  const auto at = words_.find({file, offset});
  const auto &changes = metadata_of(file);
  u64 value = at == words_.end() ? files_.word(file, offset) : at->second.values.back().value;
  for (u64 i = at == words_.end() ? 0 : at->second.values.back().metadata_before; i < changes.size(); ++i)
    value = changes[i].applied_to(offset, value);
  return value;
}

void CrashModel::store(const Event &e, u32 fencer) {
  const u64 end = e.offset + e.bytes.size();
  if (end > pending_size(e.file)) change_metadata(e.file, {true, end, to_the_end});
  for (u64 word = e.offset / 8 * 8; word < end; word += 8) {
    u64 value = pending_value(e.file, word);
    const u64 from = std::max(word, e.offset), to = std::min(word + 8, end);
    std::memcpy(reinterpret_cast<u8 *>(&value) + (from - word), e.bytes.data() + (from - e.offset),
                to - from);
    store_word(e.file, word, value, fencer);
  }
}

void CrashModel::store_word(u32 file, u64 offset, u64 value, u32 fencer) {
  const u32 metadata = static_cast<u32>(metadata_of(file).size());
  const auto at = words_.find({file, offset});
  if (at == words_.end()) {
    if (metadata == 0 && value == files_.word(file, offset)) return;
    words_[{file, offset}] = {time_, {{value, metadata, fencer, false, false}}};
    return;
  }
  const PendingValue &last = at->second.values.back();
  const bool same = last.value == value && last.metadata_before == metadata;
  if (same && (last.settled || (last.fencer == fencer && !last.lost))) return;
  at->second.values.push_back({value, metadata, fencer, false, false});
}

// Ordinary stores become durable with the next fence of the thread.
void CrashModel::write_back(const Event &e) {
  for (auto at = words_.lower_bound({e.file, e.offset / 8 * 8});
       at != words_.end() && at->first < Place{e.file, e.offset + e.count}; ++at)
    for (PendingValue &v : at->second.values)
      if (v.fencer == 0) v.fencer = e.thread + 1;
}

void CrashModel::change_metadata(u32 file, const MetadataChange &change) {
  if (change.resize && change.from == pending_size(file)) return;
  metadata_[file].push_back(change);
  metadata_time_.try_emplace(file, time_);
}

void CrashModel::settle_word(const Place &place, PendingWord &word, std::size_t count) {
  PendingValue &newest = word.values[count - 1];
  if (newest.metadata_before == 0) {
    files_.put_word(place.first, place.second, newest.value);
  } else {
    newest.settled = true;
    --count;
  }
  word.values.erase(word.values.begin(), word.values.begin() + static_cast<std::ptrdiff_t>(count));
}

template <typename Is>
void CrashModel::settle(u32 file_first, u32 file_last, Is is) {
  for (auto at = words_.lower_bound({file_first, 0}); at != words_.end() && at->first.first <= file_last;) {
    auto &values = at->second.values;
    std::size_t count = values.size();
    while (count > 0 && !is(at->first, values[count - 1])) --count;
    if (count > 0) settle_word(at->first, at->second, count);
    at = values.empty() ? words_.erase(at) : std::next(at);
  }
}

void CrashModel::fence(u32 thread) {
  settle(0, ~u32{0}, [&](const Place &, const PendingValue &v) { return v.fencer == thread + 1; });
}

void CrashModel::sync(const Event &e) {
  const u64 end = e.count == 0 ? to_the_end : e.offset + e.count;
  settle(e.file, e.file, [&](const Place &place, const PendingValue &v) {
    return v.fencer == 0 && !v.lost && place.second >= e.offset && place.second < end;
  });
  settle_metadata(e.file);
}

// All of the file's metadata is durable, and with it the settled words that were stored in between.
void CrashModel::settle_metadata(u32 file) {
  const auto found = metadata_.find(file);
  if (found == metadata_.end()) return;
  const std::vector<MetadataChange> changes = std::move(found->second);
  metadata_.erase(found);
  metadata_time_.erase(file);
  const auto begin = words_.lower_bound({file, 0}), end = words_.lower_bound({file + 1, 0});
  for (u32 done = 0; done <= changes.size(); ++done) {
    for (auto at = begin; at != end; ++at)
      if (const PendingValue &v = at->second.values.front(); v.settled && v.metadata_before == done)
        files_.put_word(file, at->first.second, v.value);
    if (done == changes.size()) break;
    const MetadataChange &c = changes[done];
    if (c.resize)
      files_.resize(file, c.from);
    else
      files_.zero(file, c.from, c.end - c.from);
  }
  for (auto at = begin; at != end;) {
    auto &values = at->second.values;
    if (values.front().settled) values.erase(values.begin());
    for (PendingValue &v : values) {
      for (u64 i = v.metadata_before; i < changes.size(); ++i)
        v.value = changes[i].applied_to(at->first.second, v.value);
      v.metadata_before = 0;
    }
    at = values.empty() ? words_.erase(at) : std::next(at);
  }
}

void CrashModel::sync_failed(const Event &e) {
  const u64 end = e.count == 0 ? to_the_end : e.offset + e.count;
  for (auto &[place, word] : words_)
    if (place.first == e.file && place.second >= e.offset && place.second < end)
      for (PendingValue &v : word.values)
        if (v.fencer == 0) v.lost = true;
}

void CrashModel::sync_directory(const std::string &directory) {
  for (const NameChange &c : names_[directory]) {
    files_.name_leads_to(c.name, c.file);
    if (c.second_name != SimulatedFiles::none) files_.name_leads_to(c.second_name, c.second_file);
  }
  names_.erase(directory);
}

}  // namespace states
