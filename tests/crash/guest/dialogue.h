// What host and guest say to each other over a serial line, a line of text each:
//
//   guest  ready
//   host   begin FILE WORKLOAD open|name   recover FILE by opening it, or by snapctl; make it if it is not
//   there guest  state SIZE DIGEST               what is in it now host   go K which is commit K; commit K +
//   1 and so on guest  c K                             commit K has returned
//
// Lines that begin with "snapshot:" are the library's own, and those with a path snapctl's.
#pragma once
#include <cstdint>
#include <string>

namespace guest {

// FNV-1a, 64 bits: both sides have to agree, nobody is out to deceive.
inline std::uint64_t digest(const std::string &bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

inline std::string state_line(const std::string &bytes) {
  return "state " + std::to_string(bytes.size()) + " " + std::to_string(digest(bytes));
}

}  // namespace guest
