// Claim: no record, however its checksums were made right, makes recovery write outside the data file's
// extent, or crash. Method: records forged with each number wrong in turn, as the newest one of an incomplete
// commit.
#include <sys/syscall.h>

#include <catch2/catch.hpp>

#include "forged_record.h"
#include "in_child.h"
#include "logged_file.h"
#include "recovery/recover_file.h"
#include "small_disk.h"
#include "syscall_fault.h"

namespace {

using snapshot::FileReport;
using snapshot::format::kRunCountMax;
using snapshot::format::pack_run;
using test::ForgedRecord;
using test::u64;

constexpr u64 kSize = 4096;

class Scene {
 public:
  Scene() {
    test::LoggedFile file(dir_ / "data", std::string(kSize, 'a'));
    record.header.log_id = file.log().header.log_id;
    record.header.sequence = 1;
    record.header.size_before = record.header.size_after = kSize;
    area_ = file.next_area_offset();
    file.crash();
    log_ = test::read_file(file.log_path());
    test::write_file(dir_ / "sentinel", std::string(kSize, 's'));
  }
  // Errno of recovery with the record in place.
  int recover() {
    place(std::string(kSize, 'a'));
    const int error = recover_in_place();
    CHECK(test::read_file(dir_ / "sentinel") == std::string(kSize, 's'));
    return error;
  }
  int recover_in_place() {
    FileReport report{};
    return snapshot::recover_file((dir_ / "data").c_str(), &report).error;
  }
  void place(const std::string &contents) {
    test::write_file(dir_ / "data", contents);
    const std::string bytes = record.bytes();
    std::string log = log_;
    log.replace(area_, std::min<u64>(bytes.size(), log.size() - area_), bytes, 0, log.size() - area_);
    test::write_file(dir_ / "data.snaplog", log);
  }
  bool untouched() const { return test::read_file(dir_ / "data") == std::string(kSize, 'a'); }
  std::string contents() const { return test::read_file(dir_ / "data"); }

  ForgedRecord record;

 private:
  test::TempDir dir_;
  std::string log_;
  u64 area_;
};

}  // namespace

TEST_CASE("the forged record itself works: otherwise the cases below would prove nothing") {
  Scene s;
  s.record.runs = {pack_run(1, 2)};
  s.record.lines = std::string(128, 'o');
  s.record.count();
  CHECK(s.recover() == 0);
  CHECK(s.contents() == std::string(64, 'a') + std::string(128, 'o') + std::string(kSize - 192, 'a'));
}

TEST_CASE("a run table that is out of bounds, empty or of another sum makes the record invalid") {
  struct Table {
    const char *name;
    std::vector<u64> runs;
    u64 lines;
  };
  const Table tables[] = {
      {"count zero", {pack_run(1, 0)}, 1},
      {"count zero among others", {pack_run(1, 1), pack_run(2, 0)}, 1},
      {"first line beyond the end", {pack_run(64, 1)}, 1},
      {"last line beyond the end", {pack_run(63, 2)}, 2},
      {"the highest line there is", {~u64{0} - kRunCountMax + 1}, 1},
      {"the longest run there is", {pack_run(0, kRunCountMax)}, 2},
      {"all ones", {~u64{0}}, 2},
      {"fewer lines than the header says", {pack_run(0, 1)}, 2},
      {"more lines than the header says", {pack_run(0, 3)}, 2},
      {"no runs, but lines", {}, 2},
      {"sums that agree modulo 2^28 only", {pack_run(0, 1), pack_run(0, kRunCountMax)}, 1},
  };
  for (const Table &table : tables) {
    INFO(table.name);
    Scene s;
    s.record.runs = table.runs;
    s.record.lines = std::string(table.lines * 64, 'o');
    s.record.count();
    // Invalid, and so taken for a first record that was torn: nothing is done.
    CHECK(s.recover() == 0);
    CHECK(s.untouched());
  }
}

TEST_CASE("a bad run in the second thousand is found as well") {
  Scene s;
  for (u64 i = 0; i < 900; ++i) s.record.runs.push_back(pack_run(i % 64, 1));
  s.record.runs[899] = pack_run(64, 1);
  s.record.lines = std::string(900 * 64, 'o');
  s.record.count();
  CHECK(s.recover() == 0);
  CHECK(s.untouched());
}

TEST_CASE("runs that overlap stay within the file, and recovering twice gives the same") {
  Scene s;
  s.record.runs = {pack_run(1, 3), pack_run(2, 3), pack_run(1, 1)};
  s.record.lines = std::string(192, 'o') + std::string(192, 'p') + std::string(64, 'q');
  s.record.count();
  CHECK(s.recover() == 0);
  const std::string once = s.contents();
  CHECK(once.size() == kSize);
  CHECK(once.substr(0, 64) == std::string(64, 'a'));
  CHECK(once.substr(320) == std::string(kSize - 320, 'a'));
  CHECK(s.recover() == 0);
  CHECK(s.contents() == once);
}

TEST_CASE("old lines beyond the size before are never written, not even until the file is cut") {
  Scene s;
  s.record.runs = {pack_run(1, 1), pack_run(65, 2)};
  s.record.lines = std::string(192, 'o');
  s.record.header.size_after = 2 * kSize;
  s.record.count();
  const std::string grown = std::string(kSize, 'a') + std::string(kSize, 'n');
  const std::string restored = std::string(64, 'a') + std::string(64, 'o') + std::string(kSize - 128, 'a');
  s.place(grown);
  const int status = test::in_child([&] {
    if (!test::inject_always(SYS_ftruncate, test::fails_with(EIO))) return 77;
    return s.recover_in_place() == EIO ? 0 : 1;
  });
  if (status == 77) return test::say_skipped("interrupted recovery", "no seccomp filters here");
  CHECK(status == 0);
  CHECK((s.contents() == restored + std::string(kSize, 'n')));
  CHECK(s.recover_in_place() == 0);
  CHECK((s.contents() == restored));
}

TEST_CASE("counts that the area cannot hold make the record invalid, however they overflow") {
  const u64 counts[] = {1 << 20, u64{1} << 32, u64{1} << 58, (u64{1} << 58) + 1, ~u64{0}, ~u64{0} / 64};
  for (u64 lines : counts) {
    Scene s;
    s.record.runs = {pack_run(1, 1)};
    s.record.lines = std::string(64, 'o');
    s.record.count();
    s.record.header.line_count = lines;
    INFO(lines);
    CHECK(s.recover() == 0);
    CHECK(s.untouched());
  }
  for (u64 runs : {u64{8192}, u64{100000}, u64{0xffffffff}}) {
    Scene s;
    s.record.runs = {pack_run(1, 1)};
    s.record.lines = std::string(64, 'o');
    s.record.count();
    s.record.header.run_count = static_cast<snapshot::u32>(runs);
    CHECK(s.recover() == 0);
    CHECK(s.untouched());
  }
}

TEST_CASE("sizes that no file can have make the record invalid") {
  for (u64 size : {u64{1} << 63, ~u64{0}, ~u64{0} - 63}) {
    for (bool before : {false, true}) {
      Scene s;
      s.record.runs = {pack_run(before ? u64{1} << 35 : 1, 1)};
      s.record.lines = std::string(64, 'o');
      s.record.count();
      (before ? s.record.header.size_before : s.record.header.size_after) = size;
      CHECK(s.recover() == 0);
      CHECK(s.untouched());
    }
  }
}

TEST_CASE("a magic, log or sequence number that is not right makes the record invalid") {
  for (int what = 0; what < 4; ++what) {
    Scene s;
    s.record.runs = {pack_run(1, 1)};
    s.record.lines = std::string(64, 'o');
    s.record.count();
    if (what == 0) s.record.header.magic ^= 1;
    if (what == 1) s.record.header.log_id ^= 1;
    if (what == 2) s.record.header.sequence = 0;
    if (what == 3) s.record.header.sequence = 2;  // belongs in the other area
    CHECK(s.recover() == 0);
    CHECK(s.untouched());
  }
}
