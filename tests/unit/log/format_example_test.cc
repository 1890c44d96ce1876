// FORMAT.md shows the bytes of a tiny log. This makes them anew with the real writer and compares, so that
// the page stays true; on a difference it prints what the page should say.
#include <catch2/catch.hpp>
#include <cstdio>
#include <iostream>
#include <sstream>

#include "log/log_reader.h"
#include "logged_file.h"

namespace {

using snapshot::Log;
using test::u64;
namespace format = snapshot::format;

// A file of 100 bytes, "a" 64 times and "b" 36 times; its first commit makes it 112 long, the last 48 of them
// "c".
const test::Change kCommit = {{test::lines_of(1, 1, 'c')}, 112};
constexpr u64 kSizeBefore = 100;

format::Header example_header() {
  format::Header h{};
  h.magic = format::kMagic;
  h.version = format::kVersion;
  h.architecture = format::kArchitecture;
  h.log_id = 0x0123456789abcdef;
  h.file_inode = 42;
  h.file_birth_ns = 1'700'000'000'000'000'000;
  h.size_at_open = kSizeBefore;
  h.owner_pid = 4321;
  h.checksum = snapshot::hash_lines(snapshot::HashKey(format::kMagic), 0, &h, sizeof h);
  return h;
}

void put(int fd, const void *bytes, u64 count, u64 offset) {
  REQUIRE(pwrite(fd, bytes, count, static_cast<off_t>(offset)) == static_cast<ssize_t>(count));
}

// The log as create_log makes it, but for the random number and the identity, with the record of the commit.
std::string example_log() {
  test::TempDir dir;
  Log log;
  log.fd = open((dir / "log").c_str(), O_RDWR | O_CREAT, 0600);
  log.header = example_header();
  log.medium = test::medium_of(snapshot::MediumKind::page_cache);
  REQUIRE(ftruncate(log.fd, format::kFirstAreaOffset + 2 * format::kAreaBytesMin) == 0);
  REQUIRE(snapshot::open_areas(&log).ok());
  put(log.fd, &log.header, sizeof log.header, format::kHeaderOffset);
  for (unsigned i = 0; i < 2; ++i) {
    const format::AreaEntry entry = snapshot::make_area_entry(log.header.log_id, i, log.area[i]);
    put(log.fd, &entry, sizeof entry, format::kAreaEntryOffset[i]);
  }
  alignas(64) snapshot::u8 room[192];
  snapshot::RecordWriter writer(&log,
                                {.magic = format::kUndoMagic,
                                 .run_count = 1,
                                 .line_count = 1,
                                 .size_before = kSizeBefore,
                                 .size_after = kCommit.size_after,
                                 .proof = test::digest_of(log.key, kCommit, 1)},
                                room);
  writer.runs()[0] = format::pack_run(1, 1);
  snapshot::u8 *old_line = writer.lines(1);
  std::memset(old_line, 0, 64);
  std::memset(old_line, 'b', kSizeBefore - 64);
  REQUIRE(writer.seal().ok());
  snapshot::close_areas(&log);
  (void)close(log.fd);
  return test::read_file(dir / "log");
}

// Rows of 16 bytes as hexdump -C has them; rows of zeros are left out.
std::string dump(const std::string &bytes) {
  std::ostringstream out;
  for (u64 at = 0; at < bytes.size(); at += 16) {
    if (bytes.compare(at, 16, std::string(16, 0)) == 0) continue;
    char text[32];
    std::snprintf(text, sizeof text, "%08lx ", static_cast<unsigned long>(at));
    out << text;
    for (u64 i = at; i < at + 16; ++i) {
      std::snprintf(text, sizeof text, "%s%02x", i % 8 == 0 ? " " : "", static_cast<unsigned char>(bytes[i]));
      out << text << " ";
    }
    out << " |";
    for (u64 i = at; i < at + 16; ++i) out << (bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '.');
    out << "|\n";
  }
  return out.str();
}

}  // namespace

TEST_CASE("the worked example of FORMAT.md is what the writer writes") {
  const std::string page = test::read_file(SNAPSHOT_FORMAT_MD), begin = "```hexdump\n";
  const std::string expected = dump(example_log());
  const size_t at = page.find(begin);
  REQUIRE(at != std::string::npos);
  const size_t end = page.find("```", at + begin.size());
  REQUIRE(end != std::string::npos);
  const bool same = page.substr(at + begin.size(), end - at - begin.size()) == expected;
  if (!same) std::cout << "FORMAT.md should show:\n" << expected;
  CHECK(same);
}

TEST_CASE("the worked example is a log that the reader takes") {
  test::TempDir dir;
  test::write_file(dir / "log", example_log());
  const int fd = open((dir / "log").c_str(), O_RDONLY);
  snapshot::LogView log;
  REQUIRE(snapshot::read_log(fd, "log", &log).ok());
  (void)close(fd);
  CHECK(log.record[0].state == snapshot::AreaState::empty);
  REQUIRE(log.record[1].state == snapshot::AreaState::whole);
  CHECK(log.record[1].header.size_after == 112);
}
