// Commits of more lines than are kept in memory, and large files with little in them.
#include <atomic>
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "support/mapped_file.h"
#include "support/stores.h"

using namespace test;

namespace {

constexpr std::size_t page = 4096, huge = 2 << 20;

// Of the program's mapping, by the kernel's account.
std::size_t resident_bytes(const MappedFile &file) {
  std::ifstream smaps("/proc/self/smaps");
  std::size_t begin = 0, end = 0, kib = 0, sum = 0;
  const auto first = reinterpret_cast<std::size_t>(file.begin());
  for (std::string line; std::getline(smaps, line);)
    if (std::sscanf(line.c_str(), "%zx-%zx ", &begin, &end) == 2)
      continue;
    else if (std::sscanf(line.c_str(), "Rss: %zu kB", &kib) == 1 && begin < first + file.size() &&
             end > first)
      sum += kib << 10;
  return sum;
}

std::size_t allocated_bytes(const MappedFile &file) {
  struct stat st{};
  if (fstat(file.fd(), &st) != 0) throw std::runtime_error("fstat");
  return static_cast<std::size_t>(st.st_blocks) * 512;
}

}  // namespace

TEST_CASE("commit: more lines than are kept, in long runs and in single lines, again and again") {
  ScratchFile file(48 << 20);
  for (int round = 0; round < 3; ++round) {
    for (std::size_t at = 0; at < 20 << 20; at += 8) *file.at(at) = at + static_cast<std::size_t>(round);
    snapshot_log_range(file.begin(), 20 << 20);
    for (std::size_t at = 24 << 20; at < file.size(); at += 128)
      store(file.at(at), at * static_cast<std::size_t>(round + 3));
    REQUIRE(file.commit() == 0);
    CHECK(file.on_file() == file.working());
  }
}

TEST_CASE("commit: a long file with little in it takes memory for that alone") {
  constexpr std::size_t bytes = std::size_t{1} << 30;
  ScratchFile file(bytes);
  std::size_t stores = 0;
  for (std::size_t at = 0; at < bytes; at += huge, ++stores) store(file.begin() + at, 'x');
  std::size_t zeros = 0;
  for (std::size_t at = page; at < bytes; at += 16 * page) zeros += file.begin()[at] == 0;
  CHECK(zeros == bytes / (16 * page));
  REQUIRE(file.commit() == 0);
  CHECK(resident_bytes(file) <= 2 * (stores + bytes / (16 * page)) * page);
  CHECK(allocated_bytes(file) <= 2 * stores * page);
  for (std::size_t at = 0; at < bytes; at += huge) CHECK(backing_byte(file.begin() + at) == 'x');
}

TEST_CASE("commit: no store is lost to the huge pages that full parts of a long file become") {
  constexpr std::size_t bytes = std::size_t{512} << 20, used = 8 * huge;
  ScratchFile file(bytes);
  std::atomic<bool> stop{false};
  std::uint64_t counts[8] = {};
  // Words of the last page of each part, which are counted up while the others come to be.
  std::thread counter([&] {
    while (!stop.load(std::memory_order_relaxed))
      for (std::size_t i = 0; i < 8; ++i) {
        std::uint64_t *word = file.at(i * huge + huge - page);
        store(word, ++counts[i]);
      }
  });
  for (std::size_t at = 0; at < used; at += 16 * page) {
    for (std::size_t p = at; p < at + 16 * page; p += page) store(file.begin() + p + 64, 'y');
    if (file.commit() != 0) throw std::runtime_error("commit");
  }
  stop.store(true);
  counter.join();
  REQUIRE(file.commit() == 0);
  for (std::size_t i = 0; i < 8; ++i) {
    CHECK(*file.at(i * huge + huge - page) == counts[i]);
    CHECK(backing_word(file.at(i * huge + huge - page)) == counts[i]);
  }
  for (std::size_t p = 0; p < used; p += page) CHECK(backing_byte(file.begin() + p + 64) == 'y');
}
