#include "simulated_files.h"

#include <algorithm>

namespace states {
namespace {

// Most words are whole.
void put_bytes(SimulatedFiles::File &f, u64 offset, u64 value, u64 count) {
  if (count == 8)
    __builtin_memcpy(f.bytes.data() + offset, &value, 8);
  else
    std::memcpy(f.bytes.data() + offset, &value, count);
}

}  // namespace

u32 SimulatedFiles::add(u64 inode, u64 birth_ns, const std::string &bytes) {
  files_.push_back({{bytes.begin(), bytes.end()}, inode, birth_ns});
  return file_count() - 1;
}

u32 SimulatedFiles::add_name(const std::string &name) {
  if (const u32 known = find_name(name.c_str()); known != none) return known;
  names_.push_back({name, none});
  return name_count() - 1;
}

u32 SimulatedFiles::find_name(const char *text) const {
  for (u32 i = 0; i < name_count(); ++i)
    if (names_[i].text == text) return i;
  return none;
}

void SimulatedFiles::save(u32 file, u64 offset, u64 count) {
  journal_.push_back({Change::bytes, file, offset, count, saved_.size()});
  const u8 *from = files_[file].bytes.data() + offset;
  saved_.insert(saved_.end(), from, from + count);
}

void SimulatedFiles::write(u32 file, u64 offset, const void *bytes, u64 count) {
  if (offset + count > files_[file].size()) resize(file, offset + count);
  save(file, offset, count);
  std::memcpy(files_[file].bytes.data() + offset, bytes, count);
}

void SimulatedFiles::resize(u32 file, u64 size) {
  File &f = files_[file];
  if (size == f.size()) return;
  if (size < f.size()) save(file, size, f.size() - size);
  journal_.push_back({Change::size, file, f.size(), 0, 0});
  f.bytes.resize(size);
}

void SimulatedFiles::name_leads_to(u32 index, u32 file) {
  journal_.push_back({Change::name, index, 0, names_[index].file, 0});
  names_[index].file = file;
}

u64 SimulatedFiles::word(u32 file, u64 offset) const {
  const File &f = files_[file];
  u64 value = 0;
  if (offset + 8 <= f.size())
    __builtin_memcpy(&value, f.bytes.data() + offset, 8);
  else if (offset < f.size())
    std::memcpy(&value, f.bytes.data() + offset, f.size() - offset);
  return value;
}

void SimulatedFiles::put_word(u32 file, u64 offset, u64 value) {
  File &f = files_[file];
  if (offset >= f.size()) return;
  const u64 count = std::min<u64>(8, f.size() - offset);
  journal_.push_back({Change::word, file, offset, count, word(file, offset)});
  put_bytes(f, offset, value, count);
}

void SimulatedFiles::zero(u32 file, u64 offset, u64 count) {
  File &f = files_[file];
  if (offset >= f.size()) return;
  count = std::min(count, f.size() - offset);
  save(file, offset, count);
  std::memset(f.bytes.data() + offset, 0, count);
}

void SimulatedFiles::back_to(Mark mark) {
  while (journal_.size() > mark) {
    const Change &c = journal_.back();
    if (c.kind == Change::word) {
      put_bytes(files_[c.index], c.offset, c.saved, c.count);
    } else if (c.kind == Change::bytes) {
      std::memcpy(files_[c.index].bytes.data() + c.offset, saved_.data() + c.saved, c.count);
      saved_.resize(c.saved);
    } else if (c.kind == Change::size) {
      files_[c.index].bytes.resize(c.offset);
    } else {
      names_[c.index].file = static_cast<u32>(c.count);
    }
    journal_.pop_back();
  }
}

void SimulatedFiles::forget_journal() {
  journal_.clear();
  saved_.clear();
}

u64 SimulatedFiles::hash() const {
  u64 hash = 0;
  for (const File &f : files_) hash = mix_whole(mix(hash, f.size()), f.bytes.data(), f.size());
  for (const Name &n : names_) hash = mix(hash, n.file);
  return hash;
}

}  // namespace states
