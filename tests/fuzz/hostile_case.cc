#include "hostile_case.h"

#include "repair.h"

namespace fuzz {
namespace {

// Takes bytes off the front of the input.
class Input {
 public:
  Input(const u8 *bytes, u64 count) : at_(bytes), left_(count) {}

  void take(void *to, u64 bytes) {
    const u64 n = std::min(bytes, left_);
    if (n != 0) std::memcpy(to, at_, n);
    at_ += n, left_ -= n;
  }
  std::string take(u64 bytes) {
    std::string out(std::min(bytes, left_), 0);
    take(out.data(), out.size());
    return out;
  }
  u64 left() const { return left_; }

 private:
  const u8 *at_;
  u64 left_;
};

void put(SparseFile *file, u64 offset, const void *bytes, u64 count) {
  if (offset < file->size()) file->write(offset, bytes, std::min(count, file->size() - offset));
}

}  // namespace

HostileCase HostileCase::parse(const u8 *bytes, u64 count) {
  HostileCase out;
  Input input(bytes, count);
  input.take(&out.prefix, sizeof out.prefix);
  input.take(out.head.data(), out.head.size());
  for (unsigned i = 0; i < 2; ++i)
    out.record[i] = input.take(std::min<u64>(out.prefix.record_bytes[i], record_bytes_max));
  out.data = input.take(input.left());
  return out;
}

std::string HostileCase::bytes() const {
  Prefix counted = prefix;
  for (unsigned i = 0; i < 2; ++i) counted.record_bytes[i] = static_cast<u32>(record[i].size());
  std::string out(reinterpret_cast<const char *>(&counted), sizeof counted);
  out.append(reinterpret_cast<const char *>(head.data()), head.size());
  return out + record[0] + record[1] + data;
}

Files Files::of(const HostileCase &hostile) {
  Files out;
  out.inode = hostile.prefix.inode;
  out.birth_ns = hostile.prefix.birth_ns;
  out.data.resize(std::min(hostile.prefix.data_bytes, SparseFile::bytes_max));
  put(&out.data, 0, hostile.data.data(), hostile.data.size());
  out.log.resize(std::min(hostile.prefix.log_bytes, log_bytes_max));
  put(&out.log, 0, hostile.head.data(), hostile.head.size());
  if ((hostile.prefix.repairs & repair_entries) != 0) repair_areas(&out);
  for (unsigned i = 0; i < 2; ++i) {
    const auto entry = read_struct<format::AreaEntry>(out.log, format::kAreaEntryOffset[i]);
    put(&out.log, entry.offset, hostile.record[i].data(), hostile.record[i].size());
  }
  repair(hostile.prefix.repairs, &out);
  return out;
}

}  // namespace fuzz
