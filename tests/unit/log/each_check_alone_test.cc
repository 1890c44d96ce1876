// Each check of the reader by itself: a log that is right but for one number, with every checksum made right
// again, so that no other check stands in for it. Found missing by the mutation check (tests/crash/mutation).
#include <catch2/catch.hpp>

#include "forged_record.h"
#include "log/log_reader.h"
#include "logged_file.h"

namespace {

using snapshot::Area;
using snapshot::AreaState;
using snapshot::LogView;
using test::LoggedFile;
using test::u64;
namespace format = snapshot::format;

constexpr u64 kSize = 4096;

bool parses(const Area &area) {
  Area out;
  return snapshot::parse_area_entry(snapshot::make_area_entry(7, 0, area), 7, 0, &out);
}

// What the reader says of a record in the place where the next one of a new log's would be.
class Forgery {
 public:
  // committed: how many records there are already; the forged one is the next.
  explicit Forgery(unsigned committed = 0) : file_(dir_ / "data", std::string(kSize, 'a')) {
    for (unsigned n = 0; n < committed; ++n) file_.commit({{test::lines_of(1, 1, 'b')}, kSize});
    record.header.log_id = file_.log().header.log_id;
    record.header.sequence = committed + 1;
    record.header.size_before = record.header.size_after = kSize;
    record.runs = {format::pack_run(0, 1)};
    record.lines = std::string(64, 'a');
    record.count();
  }
  AreaState state() {
    test::patch_file(file_.log_path(), file_.next_area_offset(), record.bytes());
    LogView view;
    REQUIRE(snapshot::read_log(file_.log().fd, "log", &view).ok());
    return view.record[format::area_of(file_.log().sequence + 1)].state;
  }
  test::ForgedRecord record;

 private:
  test::TempDir dir_;
  LoggedFile file_;
};

}  // namespace

TEST_CASE("an area entry is taken from the first place and the smallest size on, in whole pages") {
  const u64 first = format::kFirstAreaOffset, smallest = format::kAreaBytesMin;
  CHECK(parses({first, smallest}));
  CHECK(parses({first + 4096, smallest + 4096}));
  CHECK_FALSE(parses({0, smallest}));
  CHECK_FALSE(parses({first + 64, smallest}));
  CHECK_FALSE(parses({first, smallest + 64}));
  CHECK_FALSE(parses({first, smallest - 4096}));
  CHECK_FALSE(parses({~u64{4095}, smallest}));
  format::AreaEntry others = snapshot::make_area_entry(7, 0, {first, smallest});
  others.log_id = 8;
  others.checksum = 0;
  others.checksum = snapshot::hash_lines(snapshot::HashKey(7), 0, &others, sizeof others);
  Area out;
  CHECK_FALSE(snapshot::parse_area_entry(others, 7, 0, &out));
}

TEST_CASE("a record of a new log is whole as forged; otherwise the cases below would prove nothing") {
  CHECK(Forgery().state() == AreaState::whole);
  CHECK(Forgery(1).state() == AreaState::whole);
}

TEST_CASE("a record without a sequence number is invalid") {
  Forgery f(1);  // the next goes to area 0, where a 0 would belong
  f.record.header.sequence = 0;
  CHECK(f.state() == AreaState::invalid);
}

TEST_CASE("a record in the other number's area is invalid") {
  Forgery f;
  f.record.header.sequence = 2;
  CHECK(f.state() == AreaState::invalid);
}

TEST_CASE("a record that names another log is invalid, whatever its checksum") {
  Forgery f;
  f.record.key = f.record.header.log_id++;
  CHECK(f.state() == AreaState::invalid);
}

TEST_CASE("an appended record can be durable only after those that it says were") {
  for (const u64 durable : {u64{0}, u64{1}, u64{2}}) {
    Forgery f;
    f.record.header.magic = format::kAppendMagic;
    f.record.header.durable = durable;
    CHECK(f.state() == (durable < 1 ? AreaState::whole : AreaState::invalid));
  }
}

TEST_CASE("a file can be as large as an off_t says, and no larger") {
  const u64 largest = (u64{1} << 63) - 1;
  for (const bool before : {true, false}) {
    Forgery f, g;
    (before ? f.record.header.size_before : f.record.header.size_after) = largest;
    CHECK(f.state() == AreaState::whole);
    (before ? g.record.header.size_before : g.record.header.size_after) = largest + 1;
    CHECK(g.state() == AreaState::invalid);
  }
}

TEST_CASE("a run lies before the end of the larger file, to the line") {
  for (const u64 first : {kSize / 64 - 1, kSize / 64, kSize / 64 + 1, kSize}) {
    INFO("line " << first);
    Forgery f;
    f.record.runs = {format::pack_run(first, 1)};
    CHECK(f.state() == (first < kSize / 64 ? AreaState::whole : AreaState::invalid));
  }
  Forgery f;
  f.record.header.size_after = kSize + 1;
  f.record.runs = {format::pack_run(kSize / 64, 1)};
  CHECK(f.state() == AreaState::whole);
}

TEST_CASE("a record that fills its area to the last line is whole; it needs no larger one") {
  const u64 lines = (format::kAreaBytesMin - 128) / 64;
  REQUIRE(format::record_bytes(1, lines) == format::kAreaBytesMin);
  test::TempDir dir;
  for (const auto kind : {snapshot::MediumKind::memory, snapshot::MediumKind::page_cache}) {
    const std::string name = kind == snapshot::MediumKind::memory ? "m" : "p";
    LoggedFile file(dir / name, std::string(lines * 64, 'a'), kind);
    file.commit({{test::lines_of(0, lines, 'b')}, lines * 64});
    CHECK(file.log().area[1].offset == format::kFirstAreaOffset + format::kAreaBytesMin);
    LogView view;
    REQUIRE(snapshot::read_log(file.log().fd, "log", &view).ok());
    CHECK(view.record[1].state == AreaState::whole);
  }
}

TEST_CASE("a record that ends behind its area is invalid, also if what it needs is there") {
  const u64 lines = (format::kAreaBytesMin - 128) / 64;
  for (const u64 more : {u64{0}, u64{1}}) {
    Forgery f;
    f.record.header.size_before = f.record.header.size_after = (lines + more) * 64;
    f.record.runs = {format::pack_run(0, lines + more)};
    f.record.lines.assign((lines + more) * 64, 'a');
    f.record.count();
    CHECK(f.state() == (more == 0 ? AreaState::whole : AreaState::invalid));
  }
}

TEST_CASE("a record whose run table alone fills its area, and one whose table is larger") {
  // Runs of no lines are not whole either; what is asked here is that they are looked at, and no further.
  const u64 runs = (format::kAreaBytesMin - 64) / 8;
  for (const u64 more : {u64{0}, u64{1}}) {
    Forgery f;
    f.record.runs.assign(runs + more, format::pack_run(0, 1));
    f.record.lines.clear();
    f.record.count();
    CHECK(f.state() == AreaState::invalid);
  }
}

TEST_CASE("what says that the log is over must say so, of this log, with the right checksum") {
  test::TempDir dir;
  LoggedFile file(dir / "data", std::string(kSize, 'a'));
  const u64 id = file.log().header.log_id;
  const auto retired = [&](u64 magic, u64 log_id) {
    format::Retired mark{};
    mark.magic = magic;
    mark.log_id = log_id;
    mark.checksum = snapshot::hash_lines(snapshot::HashKey(id), 0, &mark, sizeof mark);
    test::patch_file(file.log_path(), format::kRetiredOffset,
                     std::string(reinterpret_cast<const char *>(&mark), sizeof mark));
    LogView view;
    REQUIRE(snapshot::read_log(file.log().fd, "log", &view).ok());
    return view.retired;
  };
  CHECK(retired(format::kRetiredMagic, id));
  CHECK_FALSE(retired(format::kRetiredMagic + 1, id));
  CHECK_FALSE(retired(format::kRetiredMagic, id + 1));
  CHECK_FALSE(retired(0, id));
}
