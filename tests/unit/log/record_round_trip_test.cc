#include <catch2/catch.hpp>

#include "log/log_reader.h"
#include "log/record_cursor.h"
#include "logged_file.h"

namespace {

using snapshot::AreaState;
using snapshot::LogView;
using snapshot::MediumKind;
using snapshot::RecordView;
using Keep = snapshot::RecordWriter::Keep;
using test::Change;
using test::LoggedFile;
using test::u64;

struct Shape {
  const char *name;
  u64 runs;
  u64 lines_per_run;
};

// runs apart from each other by a line, so that none continues the one before.
Change change_of(const Shape &shape, u64 size, char letter) {
  Change change{{}, size};
  for (u64 r = 0; r < shape.runs; ++r)
    change.runs.push_back(test::lines_of(r * (shape.lines_per_run + 1), shape.lines_per_run, letter));
  return change;
}

// No two lines alike.
std::string pattern(u64 bytes) {
  std::string s(bytes, 0);
  u64 random = 1;
  for (char &c : s) c = static_cast<char>((random = random * 6364136223846793005 + 1) >> 56);
  return s;
}

// The old lines of a whole record, as recovery walks them.
void check_old_lines(const LogView &log, const RecordView &record, const std::string &before) {
  snapshot::RecordCursor cursor(log.fd, record);
  snapshot::LinePiece piece;
  u64 lines = 0;
  while (cursor.next(&piece)) {
    std::string old_lines(piece.bytes, 0);
    REQUIRE(snapshot::read_exactly(log.fd, old_lines.data(), piece.bytes, piece.log_offset).ok());
    REQUIRE(old_lines == before.substr(piece.file_offset, piece.bytes));
    lines += piece.bytes / 64;
  }
  CHECK(cursor.status().ok());
  CHECK(lines == record.header.line_count);
}

// A body is its run table, padded to a line, and its lines; a hash piece is 256 lines long.
constexpr Shape kShapes[] = {
    {"no lines at all", 0, 0},
    {"one line", 1, 1},
    {"one line less than a hash piece", 1, 254},
    {"exactly one hash piece", 1, 255},
    {"one line more than a hash piece", 1, 256},
    {"exactly two hash pieces", 1, 511},
    {"three pieces and a bit", 1, 800},
    {"a run table of exactly a line", 8, 3},
    {"a run table just over a line", 9, 3},
    {"as many runs as recovery reads at a time", 512, 1},
    {"more runs than recovery reads at a time", 513, 1},
    {"a run table longer than a hash piece", 3000, 2},
};

}  // namespace

TEST_CASE("a record of any shape is read back as it was written, on both media, kept or not") {
  test::TempDir dir;
  for (auto [kind, keep] : {std::pair{MediumKind::page_cache, Keep::all},
                            {MediumKind::memory, Keep::all},
                            {MediumKind::memory, Keep::runs}})
    for (const Shape &shape : kShapes) {
      INFO(shape.name << (kind == MediumKind::memory ? ", memory" : ", page cache")
                      << (keep == Keep::all ? "" : ", lines not kept"));
      const u64 size = (shape.runs * (shape.lines_per_run + 1) + 2) * 64;
      const std::string before = pattern(size);
      LoggedFile file(dir / "data", before, kind);
      file.set_keep(keep);
      const Change change = change_of(shape, size + 7, 'n');
      file.write_record(change);
      LogView log;
      REQUIRE(snapshot::read_log(file.log().fd, "log", &log).ok());
      const RecordView &r = log.record[1];
      REQUIRE(r.state == AreaState::whole);
      CHECK(log.record[0].state == AreaState::empty);
      CHECK(r.header.sequence == 1);
      CHECK(r.header.size_before == size);
      CHECK(r.header.size_after == size + 7);
      CHECK(r.header.run_count == shape.runs);
      CHECK(r.header.line_count == shape.runs * shape.lines_per_run);
      CHECK(r.header.new_digest == test::digest_of(log.key, change, 1));
      check_old_lines(log, r, before);
      file.crash();
      REQUIRE(unlink(file.log_path().c_str()) == 0);
    }
}

TEST_CASE("records take turns in the two areas and the one before the newest stays whole") {
  test::TempDir dir;
  LoggedFile file(dir / "data", pattern(4096), MediumKind::memory);
  for (u64 n = 1; n <= 6; ++n) {
    file.commit({{test::lines_of(n, 2, static_cast<char>('a' + n))}, 4096});
    LogView log;
    REQUIRE(snapshot::read_log(file.log().fd, "log", &log).ok());
    CHECK(log.record[n & 1].header.sequence == n);
    CHECK(log.record[n & 1].state == AreaState::whole);
    if (n > 1) CHECK(log.record[(n & 1) ^ 1].header.sequence == n - 1);
    if (n > 1) CHECK(log.record[(n & 1) ^ 1].state == AreaState::whole);
  }
}

TEST_CASE("a record can be written again in place of one that was given up") {
  test::TempDir dir;
  LoggedFile file(dir / "data", pattern(4096));
  file.write_record({{test::lines_of(0, 30, 'x')}, 4096});
  const Change second = {{test::lines_of(5, 2, 'y')}, 4096};
  file.write_record(second);
  LogView log;
  REQUIRE(snapshot::read_log(file.log().fd, "log", &log).ok());
  CHECK(log.record[1].state == AreaState::whole);
  CHECK(log.record[1].header.sequence == 1);
  CHECK(log.record[1].header.new_digest == test::digest_of(log.key, second, 1));
}
