// Changes cases as cases (hostile_case.h): besides libFuzzer's own changes of bytes, a number of a header is
// set to one that matters (another number of the same case, a limit, a neighbour of either), runs are set,
// records change places, and what is repaired, or befalls the recovery, is chosen anew.
#include <algorithm>
#include <iterator>
#include <random>
#include <vector>

#include "hostile_case.h"

extern "C" std::size_t LLVMFuzzerMutate(unsigned char *bytes, std::size_t count, std::size_t count_max);

namespace {

using fuzz::HostileCase;
using snapshot::u64;
using snapshot::u8;
namespace format = fuzz::format;
using Random = std::minstd_rand;

u64 below(Random &random, u64 limit) { return random() % limit; }

// The 8-byte numbers of a case: all of the head's and the record headers', and the sizes of both files.
class Numbers {
 public:
  explicit Numbers(HostileCase *hostile) {
    add(&hostile->prefix.log_bytes, 4);
    add(hostile->head.data(), hostile->head.size() / sizeof(u64));
    for (std::string &record : hostile->record)
      add(record.data(), std::min<u64>(record.size(), sizeof(format::RecordHeader) + 64) / sizeof(u64));
  }
  u64 any(Random &random) const {
    u64 value;
    std::memcpy(&value, places_[below(random, places_.size())], sizeof value);
    return value;
  }
  void set_one(Random &random, u64 value) {
    std::memcpy(places_[below(random, places_.size())], &value, sizeof value);
  }

 private:
  void add(void *first, u64 count) {
    for (u64 i = 0; i < count; ++i) places_.push_back(static_cast<u8 *>(first) + i * sizeof(u64));
  }
  std::vector<u8 *> places_;
};

u64 number_that_matters(Random &random, const Numbers &numbers) {
  constexpr u64 limits[] = {0,         1,          2,          63,         64,
                            4095,      4096,       65536,      69632,      135168,
                            1 << 20,   1u << 31,   1ull << 32, 1ull << 62, fuzz::SparseFile::bytes_max,
                            ~0ull - 1, 1ull << 36, 1ull << 42, 1ull << 48};
  const u64 base = below(random, 2) == 0 ? numbers.any(random) : limits[below(random, std::size(limits))];
  constexpr u64 steps[] = {0, 1, 64, 4096, 28};
  const u64 step = steps[below(random, std::size(steps))];
  return below(random, 2) == 0 ? base + step : base - step;
}

// A run of the record, or one more.
void set_run(Random &random, HostileCase *hostile, const Numbers &numbers) {
  std::string &record = hostile->record[below(random, 2)];
  if (record.size() < sizeof(format::RecordHeader)) return;
  format::RecordHeader header;
  std::memcpy(&header, record.data(), sizeof header);
  const u64 index = below(random, std::min<u64>(header.run_count, 100) + 1);
  const u64 at = sizeof header + index * sizeof(u64);
  const u64 run = below(random, 4) == 0 ? number_that_matters(random, numbers)
                                        : format::pack_run(below(random, 1100), below(random, 6));
  if (record.size() < at + sizeof(u64)) record.resize(at + sizeof(u64));
  std::memcpy(record.data() + at, &run, sizeof run);
  if (index == header.run_count && below(random, 2) == 0) {
    ++header.run_count;
    std::memcpy(record.data(), &header, sizeof header);
  }
}

void change_part(Random &random, HostileCase *hostile) {
  std::string part;
  const u64 which = below(random, 4);
  std::string *whole = which < 2 ? &hostile->record[which] : which == 2 ? &hostile->data : nullptr;
  part = whole != nullptr ? *whole : std::string(hostile->head.begin(), hostile->head.end());
  const u64 count = part.size();
  part.resize(count + 256);
  part.resize(LLVMFuzzerMutate(reinterpret_cast<u8 *>(part.data()), count, part.size()));
  if (whole != nullptr) *whole = part;
  if (whole == nullptr)
    std::copy_n(part.begin(), std::min<u64>(part.size(), hostile->head.size()), hostile->head.begin());
}

void choose_repairs(Random &random, HostileCase *hostile) {
  auto &repairs = hostile->prefix.repairs;
  if (below(random, 3) == 0)
    repairs = static_cast<fuzz::u16>(random() & fuzz::repair_all);
  else
    repairs ^= static_cast<fuzz::u16>(1u << below(random, 11));
}

void choose_trouble(Random &random, HostileCase *hostile) {
  fuzz::Prefix &p = hostile->prefix;
  p.fail_call = static_cast<u8>(below(random, 48));
  p.fail_how = static_cast<u8>(below(random, 8));
  p.crash_at = static_cast<u8>(below(random, 12));
  p.torn = static_cast<u8>(random());
}

void change_meaning(Random &random, HostileCase *hostile) {
  Numbers numbers(hostile);  // as long as no part changes its length
  switch (below(random, 7)) {
    case 0:
    case 1:
      return numbers.set_one(random, number_that_matters(random, numbers));
    case 2:
      return set_run(random, hostile, numbers);
    case 3:
      return choose_repairs(random, hostile);
    case 4:
      return choose_trouble(random, hostile);
    case 5:
      return std::swap(hostile->record[0], hostile->record[1]);
    default:
      return change_part(random, hostile);
  }
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(unsigned char *bytes, std::size_t count, std::size_t count_max,
                                               unsigned seed) {
  Random random(seed);
  if (below(random, 4) == 0) return LLVMFuzzerMutate(bytes, count, count_max);
  HostileCase hostile = HostileCase::parse(bytes, count);
  for (u64 changes = 1 + below(random, 3); changes > 0; --changes) change_meaning(random, &hostile);
  const std::string changed = hostile.bytes();
  const std::size_t n = std::min(changed.size(), count_max);
  std::memcpy(bytes, changed.data(), n);
  return n;
}
