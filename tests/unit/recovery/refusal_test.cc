// Logs that do not fit their file: recovery says no, and changes neither.
#include <catch2/catch.hpp>

#include "forged_record.h"
#include "logged_file.h"
#include "recovery/recover_file.h"

namespace {

using snapshot::FileReport;
using test::Change;
using test::LoggedFile;
using test::u64;

constexpr u64 kSize = 4096;

class Scene {
 public:
  Scene() : file(dir / "data", std::string(kSize, 'a')) {}

  // Errno of recovery; checks that inspection agrees and that neither file changed.
  int refusal() {
    file.crash();
    const std::string data = file.contents(), log = test::read_file(file.log_path());
    FileReport report{};
    const int inspected = snapshot::inspect_file(file.path().c_str(), &report).error;
    const int error = snapshot::recover_file(file.path().c_str(), &report).error;
    text = test::last_error();
    CHECK(inspected == error);
    CHECK(file.contents() == data);
    CHECK(test::read_file(file.log_path()) == log);
    CHECK(text.find('\n') == std::string::npos);
    CHECK(text.find(file.path()) != std::string::npos);
    return error;
  }
  bool said(const std::string &words) const { return text.find(words) != std::string::npos; }

  test::TempDir dir;
  LoggedFile file;
  std::string text;
};

Change change_to(char letter) { return {{test::lines_of(1, 2, letter)}, kSize}; }

}  // namespace

TEST_CASE("a file that was changed behind its log is refused, not rolled back") {
  Scene s;
  for (char c : {'b', 'c', 'd'}) s.file.commit(change_to(c));
  // Record 4 never began, so commit 3 must be complete; but record 2 still stands: it could be incomplete
  // just as well. Take that possibility away as the start of record 4 would.
  const u64 area = s.file.next_area_offset();
  s.file.crash();
  test::patch_file(s.file.log_path(), area, std::string(64, 'T'));
  test::patch_file(s.file.path(), 64, "changed");
  CHECK(s.refusal() == EBADMSG);
  CHECK(s.said("contradict each other"));
  CHECK(s.said("keep copies of both files"));
}

TEST_CASE("a gap in the sequence numbers is refused when the lines do not match") {
  Scene s;
  for (char c : {'b', 'c'}) s.file.commit(change_to(c));
  s.file.log().sequence = 4;  // as if records 3 and 4 had been lost
  s.file.write_record(change_to('d'));
  CHECK(s.refusal() == EBADMSG);
  CHECK(s.said("contradict each other"));
}

TEST_CASE("a first record that is not the first is refused when the lines do not match") {
  Scene s;
  s.file.log().sequence = 2;
  s.file.write_record(change_to('d'));
  CHECK(s.refusal() == EBADMSG);
}

TEST_CASE("a record that would go back to a size the file never had is refused") {
  for (bool first : {true, false}) {
    Scene s;
    if (!first) s.file.commit(change_to('b'));
    s.file.write_record(change_to('c'));
    const u64 area = s.file.next_area_offset();
    s.file.crash();
    // The record anew, with another size_before.
    const std::string log = test::read_file(s.file.log_path());
    test::ForgedRecord forged;
    std::memcpy(&forged.header, log.data() + area, sizeof forged.header);
    forged.header.size_before = u64{1} << 40;
    forged.runs = {snapshot::format::pack_run(1, 2)};
    forged.lines = log.substr(area + 128, 128);
    test::patch_file(s.file.log_path(), area, forged.bytes());
    CHECK(s.refusal() == EBADMSG);
    CHECK(s.said("contradict each other"));
  }
}

TEST_CASE("a log without any whole record, though there must have been one, is refused") {
  Scene s;
  for (char c : {'b', 'c'}) s.file.commit(change_to(c));
  s.file.crash();
  test::patch_file(s.file.log_path(), s.file.log().area[0].offset + 20, "TTTT");
  test::patch_file(s.file.log_path(), s.file.log().area[1].offset + 20, "TTTT");
  CHECK(s.refusal() == EBADMSG);
  CHECK(s.said("no record of the log is whole"));
}

TEST_CASE("the log of another file is refused") {
  Scene s;
  s.file.write_record(change_to('b'));
  LoggedFile other(s.dir / "other", std::string(kSize, 'a'));
  other.crash();
  s.file.crash();
  test::write_file(other.log_path(), test::read_file(s.file.log_path()));
  FileReport report{};
  CHECK(snapshot::recover_file(other.path().c_str(), &report).error == ESTALE);
  CHECK(test::last_error().find("belongs to another file") != std::string::npos);
  CHECK(other.contents() == std::string(kSize, 'a'));
}

TEST_CASE("a file that was replaced is refused: its log belongs to the one before") {
  Scene s;
  s.file.write_record(change_to('b'));
  s.file.crash();
  test::write_file(s.dir / "new", std::string(kSize, 'a'));
  REQUIRE(rename((s.dir / "new").c_str(), s.file.path().c_str()) == 0);
  CHECK(s.refusal() == ESTALE);
  CHECK(s.said("belongs to another file"));
}

TEST_CASE("file and log that were renamed together are recovered") {
  Scene s;
  s.file.write_record(change_to('b'));
  s.file.put_bytes(64, "bbbb");
  s.file.crash();
  REQUIRE(rename(s.file.path().c_str(), (s.dir / "moved").c_str()) == 0);
  REQUIRE(rename(s.file.log_path().c_str(), (s.dir / "moved.snaplog").c_str()) == 0);
  FileReport report{};
  REQUIRE(snapshot::recover_file((s.dir / "moved").c_str(), &report).ok());
  CHECK(test::read_file(s.dir / "moved") == std::string(kSize, 'a'));
}
