// What recovery says of, and does to, every state that a crash between two steps of a commit leaves.
#include <catch2/catch.hpp>

#include "forged_record.h"
#include "logged_file.h"
#include "recovery/recover_file.h"

namespace {

using snapshot::FileReport;
using snapshot::Verdict;
using test::Change;
using test::LoggedFile;
using test::u64;

constexpr u64 kSize = 4096;
const Change kFirst = {{test::lines_of(1, 2, 'b'), test::lines_of(8, 1, 'b')}, kSize};
const Change kSecond = {{test::lines_of(2, 3, 'c'), test::lines_of(60, 4, 'c')}, kSize};

// Inspects, recovers, and checks that the two agree, that the log is gone, and that a second time finds
// nothing.
FileReport recovered(LoggedFile *file, Verdict verdict) {
  file->crash();
  FileReport seen{}, done{}, again{};
  const std::string before = file->contents();
  REQUIRE(snapshot::inspect_file(file->path().c_str(), &seen).ok());
  CHECK(file->contents() == before);
  CHECK(test::exists(file->log_path()));
  REQUIRE(snapshot::recover_file(file->path().c_str(), &done).ok());
  CHECK(seen.findings.verdict == verdict);
  CHECK(done.findings.verdict == verdict);
  CHECK(done.findings.size_recovered == file->contents().size());
  CHECK_FALSE(test::exists(file->log_path()));
  const std::string after = file->contents();
  REQUIRE(snapshot::recover_file(file->path().c_str(), &again).ok());
  CHECK(again.findings.verdict == Verdict::no_log);
  CHECK(file->contents() == after);
  return done;
}

struct Scene {
  test::TempDir dir;
  LoggedFile file{dir / "data", std::string(kSize, 'a')};
};

}  // namespace

TEST_CASE("a crash before the first commit leaves the file as it was opened") {
  Scene s;
  const FileReport report = recovered(&s.file, Verdict::complete);
  CHECK(report.findings.sequence == 0);
  CHECK(s.file.contents() == std::string(kSize, 'a'));
}

TEST_CASE("a crash while the first record is written leaves the file as it was opened") {
  Scene s;
  s.file.write_record(kFirst);
  const u64 area = s.file.next_area_offset();
  s.file.crash();
  test::patch_file(s.file.log_path(), area + 64, std::string(8, 'T'));
  recovered(&s.file, Verdict::complete);
  CHECK(s.file.contents() == std::string(kSize, 'a'));
}

TEST_CASE("a crash after the first record and before the first line undoes the commit") {
  Scene s;
  s.file.write_record(kFirst);
  const FileReport report = recovered(&s.file, Verdict::undo);
  CHECK(report.findings.sequence == 1);
  CHECK(report.findings.lines == 3);
  CHECK(s.file.contents() == std::string(kSize, 'a'));
}

TEST_CASE("a crash after the last line keeps the commit") {
  Scene s;
  s.file.write_record(kFirst);
  s.file.put_lines(kFirst);
  const std::string after = s.file.contents();
  recovered(&s.file, Verdict::complete);
  CHECK(s.file.contents() == after);
}

TEST_CASE("a later commit is undone to the one before, which stays") {
  Scene s;
  s.file.commit(kFirst);
  const std::string after_first = s.file.contents();
  s.file.write_record(kSecond);
  s.file.put_bytes(60 * 64, std::string(64, 'c'));
  const FileReport report = recovered(&s.file, Verdict::undo);
  CHECK(report.findings.sequence == 2);
  CHECK(s.file.contents() == after_first);
}

TEST_CASE("a torn second record leaves the first commit, which overlaps it, in place") {
  Scene s;
  s.file.commit(kFirst);
  const std::string after_first = s.file.contents();
  s.file.write_record(kSecond);
  const u64 area = s.file.next_area_offset();
  s.file.crash();
  test::patch_file(s.file.log_path(), area + 128, std::string(64, 'T'));
  const FileReport report = recovered(&s.file, Verdict::complete);
  CHECK(report.findings.sequence == 1);
  CHECK(s.file.contents() == after_first);
}

TEST_CASE("a commit in the middle of many is undone, and the sixth after five is kept") {
  for (bool finished : {false, true}) {
    Scene s;
    for (char c = 'b'; c < 'g'; ++c) s.file.commit({{test::lines_of(3, 5, c)}, kSize});
    const std::string before = s.file.contents();
    const Change last = {{test::lines_of(5, 5, 'z')}, kSize};
    s.file.write_record(last);
    if (finished) s.file.put_lines(last);
    const std::string now = s.file.contents();
    recovered(&s.file, finished ? Verdict::complete : Verdict::undo);
    CHECK(s.file.contents() == (finished ? now : before));
  }
}

TEST_CASE("a commit whose record needed a larger area is undone and kept like any other") {
  for (bool finished : {false, true}) {
    test::TempDir dir;
    LoggedFile file(dir / "data", std::string(1 << 20, 'a'));
    file.commit({{test::lines_of(0, 2000, 'b')}, 1 << 20});
    const std::string before = file.contents();
    const Change large = {{test::lines_of(10, 9000, 'c')}, 1 << 20};
    file.write_record(large);
    file.put_bytes(640, large.runs[0].bytes.substr(0, finished ? std::string::npos : 100000));
    const std::string now = file.contents();
    recovered(&file, finished ? Verdict::complete : Verdict::undo);
    CHECK(file.contents() == (finished ? now : before));
  }
}

TEST_CASE("a commit that was given up and a crash right after leave the commit before") {
  // The record of a commit that failed stays whole until the next one is written over it.
  Scene s;
  s.file.commit(kFirst);
  const std::string after_first = s.file.contents();
  s.file.write_record(kSecond);
  s.file.put_bytes(2 * 64, std::string(64, 'c'));
  s.file.put_bytes(0, after_first);
  recovered(&s.file, Verdict::undo);
  CHECK(s.file.contents() == after_first);
}

TEST_CASE("a file closed cleanly is left alone even if its log could not be removed") {
  Scene s;
  s.file.commit(kFirst);
  REQUIRE(link(s.file.log_path().c_str(), (s.dir / "kept").c_str()) == 0);
  REQUIRE(snapshot::retire_log(s.file.log_path().c_str(), s.file.log().fd, s.file.log().header).ok());
  REQUIRE(rename((s.dir / "kept").c_str(), s.file.log_path().c_str()) == 0);
  s.file.put_bytes(64, "later, without Snapshot");
  const std::string now = s.file.contents();
  recovered(&s.file, Verdict::retired);
  CHECK(s.file.contents() == now);
}

TEST_CASE("a commit of no lines is complete as soon as its record is") {
  Scene s;
  const Change nothing = {{}, kSize};
  s.file.commit(kFirst);
  s.file.write_record(nothing);
  const std::string now = s.file.contents();
  CHECK(recovered(&s.file, Verdict::complete).findings.sequence == 2);
  CHECK(s.file.contents() == now);
}
