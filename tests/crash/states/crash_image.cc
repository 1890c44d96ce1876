// The other half of crash_model.cc: what is open at a crash, and the image that a choice makes.
#include <algorithm>
#include <tuple>

#include "crash_model.h"

namespace states {
namespace {

// Bits of the word that lie within a file of this size.
u64 mask_within(u64 offset, u64 size) {
  if (offset + 8 <= size) return ~u64{0};
  return offset >= size ? 0 : (u64{1} << (8 * (size - offset))) - 1;
}

}  // namespace

std::string describe(const Choice &c, u32 option) {
  std::string text = c.kind == Choice::word
                         ? "file " + std::to_string(c.file) + ", word at " + std::to_string(c.offset)
                     : c.kind == Choice::metadata ? "file " + std::to_string(c.file) + ", size and holes"
                                                  : c.directory + ", names";
  return text + (option == 0 ? ": not done"
                             : ": done " + std::to_string(option) + " of " + std::to_string(c.options - 1));
}

// Whether a crash may leave a name that leads to the file: if not, it does not matter what is in it.
bool CrashModel::may_have_name(u32 file) const {
  for (u32 i = 0; i < files_.name_count(); ++i)
    if (files_.named(i) == file) return true;
  for (const auto &[directory, changes] : names_)
    for (const NameChange &c : changes)
      if (c.file == file || c.second_file == file) return true;
  return false;
}

std::vector<Choice> CrashModel::choices() const {
  std::vector<Choice> all;
  std::vector<bool> matters;
  for (u32 file = 0; file < files_.file_count(); ++file) matters.push_back(may_have_name(file));
  for (const auto &[place, word] : words_) {
    const auto [file, offset] = place;
    if (!matters[file]) continue;
    const bool plain = metadata_of(file).empty();
    const u64 mask = plain ? mask_within(offset, files_[file].size()) : ~u64{0};
    std::vector<PendingValue> values;
    u64 before = files_.word(file, offset);
    for (const PendingValue &v : word.values) {
      if (v.settled) continue;
      const auto same = [&](const PendingValue &o) { return ((o.value ^ v.value) & mask) == 0; };
      if (plain && (((v.value ^ before) & mask) == 0 || std::any_of(values.begin(), values.end(), same)))
        continue;
      values.push_back(v);
    }
    if (values.empty()) continue;
    const u32 options = static_cast<u32>(values.size()) + 1;
    all.push_back({Choice::word, file, offset, word.time, options, std::move(values), {}});
  }
  for (const auto &[file, changes] : metadata_)
    if (matters[file])
      all.push_back(
          {Choice::metadata, file, 0, metadata_time_.at(file), static_cast<u32>(changes.size()) + 1, {}, {}});
  for (const auto &[directory, changes] : names_)
    all.push_back(
        {Choice::names, 0, 0, changes.front().time, static_cast<u32>(changes.size()) + 1, {}, directory});
  std::sort(all.begin(), all.end(), [](const Choice &a, const Choice &b) {
    return std::tie(a.time, a.kind, a.file, a.offset) < std::tie(b.time, b.kind, b.file, b.offset);
  });
  return all;
}

void CrashModel::build(const std::vector<Choice> &choices, const std::vector<u32> &options) const {
  for (std::size_t i = 0; i < choices.size(); ++i) {
    const Choice &c = choices[i];
    if (c.kind == Choice::names)
      for (u32 k = 0; k < options[i]; ++k) {
        const NameChange &change = names_.at(c.directory)[k];
        files_.name_leads_to(change.name, change.file);
        if (change.second_name != SimulatedFiles::none)
          files_.name_leads_to(change.second_name, change.second_file);
      }
    else if (c.kind == Choice::metadata)
      build_with_metadata(c.file, options[i], choices, options);
    else if (options[i] != 0 && metadata_of(c.file).empty())
      files_.put_word(c.file, c.offset, c.values[options[i] - 1].value);
  }
}

void CrashModel::build_with_metadata(u32 file, u32 changes, const std::vector<Choice> &choices,
                                     const std::vector<u32> &options) const {
  const auto &all = metadata_of(file);
  // A store that came after a change which is not there can be there only where that change made nothing
  // anew.
  const auto put = [&](u64 offset, const PendingValue &v, u32 done) {
    if (v.metadata_before != done && (done != changes || v.metadata_before < done)) return;
    for (u32 i = done; i < v.metadata_before; ++i)
      if (all[i].touches(offset)) return;
    files_.put_word(file, offset, v.value);
  };
  for (u32 done = 0; done <= changes; ++done) {
    for (auto at = words_.lower_bound({file, 0}); at != words_.end() && at->first.first == file; ++at)
      if (at->second.values.front().settled) put(at->first.second, at->second.values.front(), done);
    for (std::size_t i = 0; i < choices.size(); ++i)
      if (choices[i].kind == Choice::word && choices[i].file == file && options[i] != 0)
        put(choices[i].offset, choices[i].values[options[i] - 1], done);
    if (done == changes) break;
    if (all[done].resize)
      files_.resize(file, all[done].from);
    else
      files_.zero(file, all[done].from, all[done].end - all[done].from);
  }
}

u64 CrashModel::hash(const std::vector<Choice> &choices) const {
  u64 hash = files_.hash();
  for (const Choice &c : choices) {
    hash = mix(mix(mix(hash, c.file * 4 + c.kind), c.offset), c.options);
    for (const PendingValue &v : c.values) hash = mix(mix(hash, v.value), v.metadata_before);
    if (c.kind == Choice::names)
      for (const NameChange &n : names_.at(c.directory)) hash = mix(mix(hash, n.name), n.file);
    if (c.kind == Choice::metadata)
      for (const MetadataChange &m : metadata_of(c.file)) hash = mix(mix(mix(hash, m.resize), m.from), m.end);
  }
  for (const auto &[place, word] : words_)
    if (word.values.front().settled)
      hash = mix(mix(hash, place.first), place.second ^ word.values.front().value);
  return hash;
}

}  // namespace states
