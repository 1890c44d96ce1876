// What the file of the backup tests holds after commit k, as a function of k alone: every commit changes few
// pages, so that a copy in which the lines of one commit are missing, or too many, is no state at all.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>

namespace backup {

inline constexpr std::uint64_t page_bytes = 4096;
inline constexpr std::uint64_t first_pages = 2560;  // three pieces of a backup

inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t x = a * 0x9e3779b97f4a7c15 + b;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

// A range of pages that one thread of the program commits, its first page each time.
struct Part {
  std::uint64_t first, end;
  bool changes(std::uint64_t page, std::uint64_t k) const { return page == first || mix(k, page) % 16 == 0; }
};

inline Part part_of(unsigned thread, unsigned threads) {
  return {first_pages / threads * thread, first_pages / threads * (thread + 1)};
}

// With sizes that change; the last page is not a whole one.
inline std::uint64_t size_after(std::uint64_t k) {
  if (k == 0) return first_pages * page_bytes;
  return (first_pages / 2 + mix(k, 1) % first_pages) * page_bytes + mix(k, 2) % page_bytes;
}

// Where a commit stores its number in a page that it changes: words in two lines.
inline constexpr std::uint64_t places[] = {0, page_bytes - 72};

// The number that the page has after commit k.
inline std::uint64_t newest_change(const Part &part, std::uint64_t page, std::uint64_t k, bool resizes,
                                   std::uint64_t place) {
  for (; k != 0; --k) {
    if (resizes && page * page_bytes + place + 8 > size_after(k)) return 0;
    if (part.changes(page, k)) return k;
  }
  return 0;
}

inline std::uint64_t word_at(const std::string &bytes, std::uint64_t offset) {
  std::uint64_t word;
  std::memcpy(&word, &bytes[offset], sizeof word);
  return word;
}

// The commit that bytes are the state of; "" or what is wrong with them.
inline std::string find_state(const std::string &bytes, const Part &part, bool resizes, std::uint64_t *k) {
  *k = word_at(bytes, part.first * page_bytes);
  if (resizes && bytes.size() != size_after(*k))
    return "commit " + std::to_string(*k) + " has another size than " + std::to_string(bytes.size());
  for (std::uint64_t page = part.first; page * page_bytes < bytes.size() && (resizes || page < part.end);
       ++page)
    for (const std::uint64_t place : places) {
      if (page * page_bytes + place + 8 > bytes.size()) continue;
      const std::uint64_t has = word_at(bytes, page * page_bytes + place);
      const std::uint64_t should = newest_change(part, page, *k, resizes, place);
      if (has != should)
        return "page " + std::to_string(page) + " is of commit " + std::to_string(has) + ", not " +
               std::to_string(should) + ", in a copy of commit " + std::to_string(*k);
    }
  return "";
}

}  // namespace backup
