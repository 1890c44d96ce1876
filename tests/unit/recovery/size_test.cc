// Commits that change the file's size, files that end within a line, and files that are shorter than they can
// be.
#include <catch2/catch.hpp>

#include "logged_file.h"
#include "recovery/recover_file.h"

namespace {

using snapshot::FileReport;
using snapshot::Verdict;
using test::Change;
using test::LoggedFile;
using test::u64;

Verdict recover(LoggedFile *file) {
  file->crash();
  FileReport report{};
  test::require_ok(snapshot::recover_file(file->path().c_str(), &report), "recover_file");
  return report.findings.verdict;
}

bool refused(LoggedFile *file, const std::string &words) {
  file->crash();
  const std::string before = file->contents(), log = test::read_file(file->log_path());
  FileReport report{};
  const bool error = snapshot::recover_file(file->path().c_str(), &report).error == EBADMSG;
  const std::string text = test::last_error();
  return error && text.find(words) != std::string::npos &&
         text.find("nothing was changed") != std::string::npos && file->contents() == before &&
         test::read_file(file->log_path()) == log;
}

std::string bytes(u64 count, char letter) { return std::string(count, letter); }

}  // namespace

TEST_CASE("growth is undone and kept together with the lines") {
  test::TempDir dir;
  const Change grow = {{test::lines_of(1, 1, 'n'), test::lines_of(2, 2, 'n')}, 256};
  // Steps of the commit: record; longer; one line; all lines.
  for (int steps = 0; steps < 4; ++steps) {
    LoggedFile file(dir / std::to_string(steps), bytes(128, 'a'));
    file.write_record(grow);
    if (steps >= 1) file.resize(256);
    if (steps >= 2) file.put_bytes(128, bytes(64, 'n'));
    if (steps >= 3) file.put_lines(grow);
    CHECK(recover(&file) == (steps == 3 ? Verdict::complete : Verdict::undo));
    CHECK(file.contents() == (steps == 3 ? bytes(64, 'a') + bytes(192, 'n') : bytes(128, 'a')));
  }
}

TEST_CASE("growth without any line is complete with its record") {
  test::TempDir dir;
  for (bool resized : {false, true}) {
    LoggedFile file(dir / (resized ? "b" : "a"), bytes(100, 'a'));
    file.write_record({{}, 5000});
    if (resized) file.resize(5000);
    CHECK(recover(&file) == Verdict::complete);
    CHECK(file.contents() == bytes(100, 'a') + bytes(4900, 0));
  }
}

TEST_CASE("space that was added ahead of a commit that never came is given back") {
  test::TempDir dir;
  LoggedFile file(dir / "data", bytes(128, 'a'));
  file.commit({{test::lines_of(0, 1, 'b')}, 128});
  file.resize(1 << 20);
  CHECK(recover(&file) == Verdict::complete);
  CHECK(file.contents() == bytes(64, 'b') + bytes(64, 'a'));

  LoggedFile fresh(dir / "fresh", bytes(128, 'a'));
  fresh.resize(1 << 20);
  CHECK(recover(&fresh) == Verdict::complete);
  CHECK(fresh.contents() == bytes(128, 'a'));
}

TEST_CASE("shrinking is undone, with what was cut off, and kept") {
  test::TempDir dir;
  const Change shrink = {{test::lines_of(0, 1, 'n'), test::lines_of(2, 6, 'x')}, 128};
  std::string old;
  for (u64 i = 0; i < 512; ++i) old += static_cast<char>('A' + i / 64);
  // Steps: record; shorter; and the line that stays.
  for (int steps = 0; steps < 3; ++steps) {
    LoggedFile file(dir / std::to_string(steps), old);
    file.write_record(shrink);
    if (steps >= 1) file.resize(128);
    if (steps >= 2) file.put_bytes(0, bytes(64, 'n'));
    CHECK(recover(&file) == (steps == 2 ? Verdict::complete : Verdict::undo));
    CHECK((file.contents() == (steps == 2 ? bytes(64, 'n') + old.substr(64, 64) : old)));
  }
}

TEST_CASE("a shrinking commit whose lines are in place but whose file is still long is made short") {
  test::TempDir dir;
  LoggedFile file(dir / "data", bytes(512, 'a'));
  file.write_record({{test::lines_of(0, 1, 'n'), test::lines_of(2, 6, 'x')}, 128});
  file.put_bytes(0, bytes(64, 'n'));
  CHECK(recover(&file) == Verdict::complete);
  CHECK(file.contents() == bytes(64, 'n') + bytes(64, 'a'));
}

TEST_CASE("a file that ends within a line keeps its end: nothing is written beyond it") {
  test::TempDir dir;
  for (u64 size : {1u, 63u, 65u, 100u, 127u}) {
    const u64 last = (size - 1) / 64;
    const Change change = {{test::lines_of(last, 1, 'n')}, size};
    LoggedFile undone(dir / ("u" + std::to_string(size)), bytes(size, 'a'));
    undone.write_record(change);
    undone.put_bytes(last * 64, bytes(size - last * 64, 'n').substr(0, (size - last * 64) / 2));
    CHECK(recover(&undone) == Verdict::undo);
    CHECK(undone.contents() == bytes(size, 'a'));

    LoggedFile kept(dir / ("k" + std::to_string(size)), bytes(size, 'a'));
    kept.write_record(change);
    kept.put_bytes(last * 64, bytes(size - last * 64, 'n'));
    CHECK(recover(&kept) == Verdict::complete);
    CHECK(kept.contents() == bytes(last * 64, 'a') + bytes(size - last * 64, 'n'));
  }
}

TEST_CASE("growth from within a line is undone to the byte") {
  test::TempDir dir;
  LoggedFile file(dir / "data", bytes(70, 'a'));
  file.write_record({{test::lines_of(1, 2, 'n')}, 190});
  file.resize(190);
  file.put_bytes(64, bytes(64, 'n'));
  CHECK(recover(&file) == Verdict::undo);
  CHECK(file.contents() == bytes(70, 'a'));
}

TEST_CASE("lines that are as they were are not written: a hole stays a hole") {
  test::TempDir dir;
  LoggedFile file(dir / "data", "");
  file.resize(1 << 20);
  file.commit({{}, 1 << 20});
  file.write_record({{test::lines_of(0, 1, 'n'), test::lines_of(8192, 64, 'n')}, 1 << 20});
  CHECK(recover(&file) == Verdict::undo);
  struct stat st;
  REQUIRE(stat(file.path().c_str(), &st) == 0);
  CHECK(st.st_blocks == 0);
}

TEST_CASE("an empty file that was grown and crashed is empty again") {
  test::TempDir dir;
  LoggedFile file(dir / "data", "");
  file.write_record({{test::lines_of(0, 4, 'n')}, 256});
  file.resize(256);
  file.put_bytes(0, bytes(128, 'n'));
  CHECK(recover(&file) == Verdict::undo);
  CHECK(file.contents().empty());
}

TEST_CASE("a file shorter than any commit left it is refused, whatever its lines say") {
  test::TempDir dir;
  SECTION("never committed") {
    LoggedFile file(dir / "data", bytes(256, 'a'));
    file.resize(255);
    CHECK(refused(&file, "shorter than when it was opened"));
  }
  SECTION("the lines of the last commit are there, others are cut off") {
    LoggedFile file(dir / "data", bytes(256, 'a'));
    file.commit({{test::lines_of(0, 1, 'b')}, 256});
    file.resize(200);
    CHECK(refused(&file, "shorter than any commit left it"));
  }
  SECTION("lines of an incomplete commit are cut off") {
    LoggedFile file(dir / "data", bytes(256, 'a'));
    file.write_record({{test::lines_of(3, 1, 'b')}, 256});
    file.resize(100);
    CHECK(refused(&file, "shorter than any commit left it"));
  }
}
