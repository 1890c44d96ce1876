// The oracle of the kill rounds of databases: a stream of operations on records, and what they add up to.
// Kept outside of the file, computed anew for each check.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "example.h"

namespace records {

using Records = std::map<std::string, std::string>;

inline constexpr const char *counter_key = "counter";
inline constexpr std::uint64_t keys = 1500;

struct Operation {
  enum { set, append, remove } kind;
  std::string key, value;
};

// Operation i of the stream that the seed names.
inline Operation operation(std::uint64_t seed, std::uint64_t i) {
  const std::uint64_t random = random_number(seed, i);
  Operation o{Operation::set, "key-" + std::to_string(random % keys), {}};
  const std::uint64_t dice = (random >> 32) % 16;
  // Some values are larger than a page.
  const std::uint64_t bytes = dice == 0 ? 9000 : (random >> 40) % 300;
  o.value.assign(bytes, static_cast<char>('a' + random % 26));
  o.value += std::to_string(i);
  if (dice == 1) o.kind = Operation::append;
  if (dice > 11) o.kind = Operation::remove;
  return o;
}

inline void perform(const Operation &o, Records &records) {
  if (o.kind == Operation::set) records[o.key] = o.value;
  if (o.kind == Operation::append) records[o.key] += o.value;
  if (o.kind == Operation::remove) records.erase(o.key);
}

inline Records after(std::uint64_t seed, std::uint64_t operations) {
  Records records;
  for (std::uint64_t i = 0; i < operations; ++i) perform(operation(seed, i), records);
  return records;
}

// The key of a record that only one of them has, or that differs; empty if they are the same.
inline std::string difference(const Records &expected, const Records &found) {
  for (const auto &[key, value] : expected)
    if (const auto there = found.find(key); there == found.end() || there->second != value) return key;
  for (const auto &[key, value] : found)
    if (expected.find(key) == expected.end()) return key;
  return {};
}

}  // namespace records
