// Records larger than their area: the area moves, the newest record stays readable all the while, and the log
// takes no more room than its records need.
#include "log/areas.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>

#include "in_child.h"
#include "log/log_reader.h"
#include "logged_file.h"
#include "small_disk.h"
#include "syscall_fault.h"

namespace {

using snapshot::AreaState;
using snapshot::Log;
using snapshot::LogView;
using snapshot::MediumKind;
using test::LoggedFile;
using test::u64;

constexpr u64 kMiB = 1 << 20;

u64 blocks_in_use(int fd) {
  struct stat st;
  REQUIRE(fstat(fd, &st) == 0);
  return static_cast<u64>(st.st_blocks) * 512;
}

u64 file_bytes(int fd) {
  struct stat st;
  REQUIRE(fstat(fd, &st) == 0);
  return static_cast<u64>(st.st_size);
}

bool areas_overlap(const Log &log) {
  const snapshot::Area &a = log.area[0], &b = log.area[1];
  return a.offset < b.end() && b.offset < a.end();
}

AreaState state_of_newest(const LoggedFile &file, const Log &log) {
  LogView view;
  REQUIRE(snapshot::read_log(log.fd, file.path().c_str(), &view).ok());
  return view.record[snapshot::format::area_of(log.sequence)].state;
}

}  // namespace

TEST_CASE("growing an area leaves the newest record whole and gives the next one room") {
  test::TempDir dir;
  for (auto kind : {MediumKind::page_cache, MediumKind::memory}) {
    LoggedFile file(dir / (kind == MediumKind::memory ? "m" : "p"), std::string(4096, 'a'), kind);
    Log &log = file.log();
    file.commit({{test::lines_of(0, 1, 'b')}, 4096});
    for (u64 bytes : {100 * 1024ul, 3 * kMiB, 5 * kMiB, 200 * kMiB + 64}) {
      REQUIRE(snapshot::reserve_record(&log, bytes).ok());
      CHECK(log.area[0].capacity >= bytes);
      CHECK(log.area[0].capacity <= 2 * bytes);
      CHECK_FALSE(areas_overlap(log));
      CHECK((kind == MediumKind::memory) == (log.area[0].mapped != nullptr));
      CHECK(state_of_newest(file, log) == AreaState::whole);
    }
  }
}

TEST_CASE("a grown area is used by the next record and found by the reader") {
  test::TempDir dir;
  for (auto kind : {MediumKind::page_cache, MediumKind::memory}) {
    const std::string path = dir / (kind == MediumKind::memory ? "m" : "p");
    LoggedFile file(path, std::string(2 * kMiB, 'a'), kind);
    for (u64 n = 1; n <= 4; ++n) {
      file.commit({{test::lines_of(0, n * 5000, static_cast<char>('a' + n))}, 2 * kMiB});
      CHECK(state_of_newest(file, file.log()) == AreaState::whole);
    }
  }
}

TEST_CASE("thousands of commits of alternating sizes do not let the log grow without bound") {
  test::TempDir dir;
  LoggedFile file(dir / "data", "x");
  Log &log = file.log();
  const u64 sizes[] = {64, 300 << 10, 4096, 70 << 10, 2 << 20, 128, 1 << 20};
  u64 longest = 0, most = 0;
  for (unsigned n = 0; n < 3000; ++n) {
    REQUIRE(snapshot::reserve_record(&log, sizes[n % std::size(sizes)]).ok());
    REQUIRE_FALSE(areas_overlap(log));
    ++log.sequence;
    longest = std::max(longest, file_bytes(log.fd));
    most = std::max(most, blocks_in_use(log.fd));
  }
  // Two areas of the largest size, and room for one that had to step aside.
  CHECK(longest <= 3 * 2 * kMiB + 8192);
  CHECK(most <= 2 * 2 * kMiB + (u64{512} << 10));
}

TEST_CASE("sizes that go up and down at random stay within a small multiple of the largest") {
  test::TempDir dir;
  LoggedFile file(dir / "data", "x");
  Log &log = file.log();
  u64 random = 12345;
  for (unsigned n = 0; n < 2000; ++n) {
    random = random * 6364136223846793005 + 1442695040888963407;
    REQUIRE(snapshot::reserve_record(&log, 64 + (random >> 33) % (u64{1} << (10 + (random >> 60)))).ok());
    REQUIRE_FALSE(areas_overlap(log));
    ++log.sequence;
    REQUIRE(file_bytes(log.fd) >= std::max(log.area[0].end(), log.area[1].end()));
  }
  CHECK(file_bytes(log.fd) <= 4 * (32 * kMiB));
  CHECK(blocks_in_use(log.fd) <= log.area[0].capacity + log.area[1].capacity + 64 * 1024);
}

TEST_CASE("a very large area is given back when records are small again") {
  test::TempDir dir;
  LoggedFile file(dir / "data", "x");
  Log &log = file.log();
  for (int i = 0; i < 2; ++i) {
    REQUIRE(snapshot::reserve_record(&log, 40 * kMiB).ok());
    ++log.sequence;
  }
  CHECK(blocks_in_use(log.fd) >= 80 * kMiB);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(snapshot::reserve_record(&log, 64).ok());
    ++log.sequence;
  }
  CHECK(blocks_in_use(log.fd) < kMiB);
}

TEST_CASE("a full disk is ENOSPC; the newest record, the areas and the free space stay as they were") {
  test::SmallDisk disk("tmpfs", "size=1m");
  if (!disk.mounted()) return test::say_skipped("full disk", "cannot mount a tmpfs (needs root)");
  for (auto kind : {MediumKind::page_cache, MediumKind::memory}) {
    LoggedFile file(disk / (kind == MediumKind::memory ? "m" : "p"), std::string(4096, 'a'), kind);
    Log &log = file.log();
    file.commit({{test::lines_of(0, 1, 'b')}, 4096});
    const u64 blocks = blocks_in_use(log.fd);
    CHECK(snapshot::reserve_record(&log, 2 * kMiB).error == ENOSPC);
    CHECK(blocks_in_use(log.fd) == blocks);
    CHECK(state_of_newest(file, log) == AreaState::whole);
    CHECK(snapshot::reserve_record(&log, 100 << 10).ok());
    file.commit({{test::lines_of(0, 2, 'c')}, 4096});
    CHECK(state_of_newest(file, log) == AreaState::whole);
    file.crash();
    REQUIRE(unlink(file.log_path().c_str()) == 0);
  }
}

TEST_CASE("an area that could not be moved leaves no blocks behind") {
  test::TempDir dir;
  for (auto kind : {MediumKind::page_cache, MediumKind::memory}) {
    LoggedFile file(dir / (kind == MediumKind::memory ? "m" : "p"), std::string(4096, 'a'), kind);
    const int status = test::in_child([&] {
      if (!test::inject_always(SYS_fsync, test::fails_with(EIO))) return 77;
      const u64 bytes = file_bytes(file.log().fd), blocks = blocks_in_use(file.log().fd);
      if (snapshot::reserve_record(&file.log(), 3 * kMiB).error != EIO) return 1;
      return file_bytes(file.log().fd) == bytes && blocks_in_use(file.log().fd) == blocks ? 0 : 2;
    });
    if (status == 77) return test::say_skipped("failed move", "no seccomp filters here");
    CHECK(status == 0);
  }
}

TEST_CASE("a disk too full to give a large area back is no error") {
  test::SmallDisk disk("tmpfs", "size=34m");
  if (!disk.mounted()) return test::say_skipped("full disk", "cannot mount a tmpfs (needs root)");
  LoggedFile file(disk / "data", std::string(4096, 'a'));
  file.log().sequence = 1;  // area 0, whose place at the front is given up for a larger one
  REQUIRE(snapshot::reserve_record(&file.log(), 32 * kMiB).ok());
  const u64 large = file.log().area[0].capacity;
  test::write_file(disk / "ballast", "");
  std::string ballast(4096, 'b');
  std::ofstream out(disk / "ballast");
  while (out.write(ballast.data(), 4096).flush()) continue;
  CHECK(snapshot::reserve_record(&file.log(), 64).ok());
  CHECK(file.log().area[0].capacity == large);
  REQUIRE(unlink((disk / "ballast").c_str()) == 0);
  out.close();
  CHECK(snapshot::reserve_record(&file.log(), 64).ok());
  CHECK(file.log().area[0].capacity < large);
}

TEST_CASE("where blocks cannot be reserved, moving an area to the front does not cut off the other one") {
  test::SmallDisk disk("ramfs", "");  // no fallocate
  if (!disk.mounted()) return test::say_skipped("no fallocate", "cannot mount a ramfs (needs root)");
  LoggedFile file(disk / "data", std::string(kMiB, 'a'));
  // The third moves in front of the second, which is the newest.
  for (u64 lines : {1u, 3000u, 1900u, 10000u, 1u, 3000u, 9000u, 5u}) {
    file.commit({{test::lines_of(0, lines, 'b')}, kMiB});
    // The record before must stand for as long as the newest may have to be undone.
    LogView log;
    REQUIRE(snapshot::read_log(file.log().fd, "log", &log).ok());
    for (int area = 0; area < 2; ++area)
      REQUIRE((log.record[area].state == AreaState::whole || file.log().sequence == 1));
    REQUIRE_FALSE(areas_overlap(file.log()));
    REQUIRE(file_bytes(file.log().fd) >= std::max(file.log().area[0].end(), file.log().area[1].end()));
  }
}
