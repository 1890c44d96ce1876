// Lines near each other are written by one system call, with what the file has between them (span_writer.h).
// Claim: whatever the order, the distance and the repetition of a record's lines, recovery leaves exactly
// what they say: of a line that comes twice the later copy, and every other byte, and every hole, as it was.
// Deterministic: the seed is fixed.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <random>

#include "logged_file.h"
#include "recovery/recover_file.h"

namespace {

using test::Change;
using test::LoggedFile;
using test::u64;

constexpr u64 kLines = 4096, kSize = kLines * 64;

// Steps of up to `far` lines, upwards mostly; runs of up to 5 lines.
Change random_change(std::mt19937 &random, u64 far) {
  Change change{{}, kSize};
  u64 line = random() % kLines;
  for (unsigned i = 0; i < 700; ++i) {
    const u64 count = 1 + random() % 5;
    const char letter = static_cast<char>('b' + random() % 20);
    change.runs.push_back(test::lines_of(line, std::min(count, kLines - line), letter));
    line = random() % 16 == 0 ? random() % kLines : (line + count + random() % far) % kLines;
    if (random() % 8 == 0) line -= std::min<u64>(line, 3);  // what is there already, once more
  }
  return change;
}

std::string with(std::string bytes, const Change &change) {
  for (const test::NewLines &run : change.runs) bytes.replace(run.line * 64, run.bytes.size(), run.bytes);
  return bytes;
}

std::string varied_bytes() {
  std::string bytes(kSize, 0);
  for (u64 i = 0; i < kSize; ++i) bytes[i] = static_cast<char>('A' + i % 23);
  return bytes;
}

u64 blocks_of(const std::string &path) {
  struct stat st{};
  REQUIRE(stat(path.c_str(), &st) == 0);
  return static_cast<u64>(st.st_blocks);
}

}  // namespace

TEST_CASE("recovery writes the lines of a record in any order, and nothing between them changes") {
  std::mt19937 random(7);
  for (const u64 far : {1u, 3u, 40u, 200u}) {
    test::TempDir dir;
    LoggedFile file(dir / "data", varied_bytes(), snapshot::MediumKind::memory, test::Logs::new_lines);
    const Change change = random_change(random, far);
    const std::string expected = with(file.contents(), change);
    file.write_record(change);
    file.crash();
    snapshot::FileReport report{};
    REQUIRE(snapshot::recover_file(file.path().c_str(), &report).ok());
    CHECK(file.contents() == expected);
  }
}

TEST_CASE("holes between the lines of a record stay holes") {
  test::TempDir dir;
  LoggedFile file(dir / "data", std::string(64, 'a'), snapshot::MediumKind::memory, test::Logs::new_lines);
  file.resize(kSize);
  file.commit({{}, kSize});
  // A line in every other page, and one of zeros where there is nothing.
  Change change{{}, kSize};
  for (u64 line = 0; line + 64 < kLines; line += 128) change.runs.push_back(test::lines_of(line, 1, 'n'));
  for (u64 line = 64; line < 1024; line += 128) change.runs.push_back({line, std::string(64, 0)});
  file.write_record(change);
  file.crash();
  snapshot::FileReport report{};
  REQUIRE(snapshot::recover_file(file.path().c_str(), &report).ok());
  CHECK(file.contents() == with(std::string(64, 'a') + std::string(kSize - 64, 0), change));
  CHECK(blocks_of(file.path()) <= kLines / 128 * 8);
}

TEST_CASE("of many lines near each other all are written") {
  test::TempDir dir;
  LoggedFile file(dir / "data", varied_bytes(), snapshot::MediumKind::memory, test::Logs::new_lines);
  Change change{{}, kSize};
  for (u64 i = 0; i < 700; ++i)
    change.runs.push_back(test::lines_of(2 * i, 1, static_cast<char>('b' + i % 20)));
  const std::string expected = with(file.contents(), change);
  file.write_record(change);
  file.crash();
  snapshot::FileReport report{};
  REQUIRE(snapshot::recover_file(file.path().c_str(), &report).ok());
  CHECK(file.contents() == expected);
}

TEST_CASE("lines that a record has beyond the end are left out, and those around them are right") {
  test::TempDir dir;
  LoggedFile file(dir / "data", varied_bytes(), snapshot::MediumKind::memory, test::Logs::new_lines);
  const Change change{
      {test::lines_of(1, 1, 'b'), test::lines_of(kLines - 1, 1, 'c'), test::lines_of(3, 1, 'd')}, kSize / 2};
  std::string expected = with(file.contents(), change);
  expected.resize(kSize / 2);
  file.write_record(change);
  file.crash();
  snapshot::FileReport report{};
  REQUIRE(snapshot::recover_file(file.path().c_str(), &report).ok());
  CHECK(file.contents() == expected);
}
