// Recovery from redo records. Claim: whatever part of the newest two commits has reached the file, recovery
// yields the newest one whose record is whole, byte for byte; a log that cannot have come about is refused.
#include <catch2/catch.hpp>

#include "crash_states.h"
#include "recovery/recover_file.h"

namespace {

using test::Change;
using test::LoggedFile;
using test::u64;
namespace format = snapshot::format;

constexpr u64 kSize = 4096;

LoggedFile redo_file(const std::string &path) {
  return LoggedFile(path, std::string(kSize, 'a'), snapshot::MediumKind::memory, test::Logs::new_lines);
}

std::string with(std::string bytes, const Change &change) {
  bytes.resize(change.size_after, 0);
  for (const test::NewLines &run : change.runs)
    for (u64 i = 0; i < run.bytes.size(); ++i)
      if (run.line * 64 + i < change.size_after) bytes[run.line * 64 + i] = run.bytes[i];
  return bytes;
}

// Data and log as a crash leaves them, to be changed and recovered.
class Crashed {
 public:
  explicit Crashed(LoggedFile &file)
      : path_(file.path()), log(test::read_file(file.log_path())), data(file.contents()) {
    file.crash();
  }
  snapshot::Status recover() {
    test::write_file(path_, data);
    test::write_file(path_ + ".snaplog", log);
    report = {};
    return snapshot::recover_file(path_.c_str(), &report);
  }
  std::string recovered() {
    test::require_ok(recover(), "recover_file");
    CHECK(report.findings.verdict == snapshot::Verdict::complete);
    CHECK_FALSE(std::filesystem::exists(path_ + ".snaplog"));
    return test::read_file(path_);
  }
  bool refused() {
    const bool is = recover().error == EBADMSG;
    return is && test::read_file(path_) == data && test::read_file(path_ + ".snaplog") == log;
  }

 private:
  std::string path_;

 public:
  std::string log, data;
  snapshot::FileReport report;
};

const Change kFirst = {{test::lines_of(1, 2, 'b'), test::lines_of(9, 1, 'b')}, kSize};
const Change kSecond = {{test::lines_of(2, 2, 'c'), test::lines_of(20, 1, 'c')}, kSize};
constexpr u64 kLines[] = {1, 2, 3, 9, 20};

}  // namespace

TEST_CASE("any subset of the lines of two commits in the file is made whole from the log") {
  test::TempDir dir;
  LoggedFile file = redo_file(dir / "data");
  const std::string none = file.contents(), first = with(none, kFirst), second = with(first, kSecond);
  file.commit(kFirst);
  file.write_record(kSecond);
  Crashed crashed(file);
  // Each line as it was, as the first commit left it, or as the second did.
  for (unsigned choice = 0; choice < 243; ++choice) {
    crashed.data = none;
    for (unsigned i = 0, rest = choice; i < 5; ++i, rest /= 3) {
      const std::string &from = rest % 3 == 0 ? none : rest % 3 == 1 ? first : second;
      crashed.data.replace(kLines[i] * 64, 64, from, kLines[i] * 64, 64);
    }
    REQUIRE((crashed.recovered() == second));
    REQUIRE(crashed.report.findings.sequence == 2);
  }
}

TEST_CASE("a torn record leaves the commit before, which its own record makes whole") {
  test::TempDir dir;
  LoggedFile file = redo_file(dir / "data");
  const std::string none = file.contents(), first = with(none, kFirst);
  file.commit(kFirst);
  const u64 at = file.next_area_offset();
  file.write_record(kSecond);
  Crashed crashed(file);
  const std::string whole = crashed.log;
  const u64 bytes = format::record_bytes(2, 3);
  for (u64 word = 0; word < bytes / 8; ++word) {
    if (whole.compare(at + word * 8, 8, std::string(8, 0)) == 0) continue;
    crashed.log = whole;
    crashed.log.replace(at + word * 8, 8, std::string(8, 0));
    crashed.data = none;
    REQUIRE((crashed.recovered() == first));
    REQUIRE(crashed.report.findings.sequence == 1);
  }
}

TEST_CASE("the third record, torn over the first, leaves the second") {
  test::TempDir dir;
  LoggedFile file = redo_file(dir / "data");
  file.commit(kFirst);
  file.commit(kSecond);
  const std::string second = file.contents();
  const u64 at = file.next_area_offset();
  file.write_record({{test::lines_of(5, 1, 'd')}, kSize});
  Crashed crashed(file);
  crashed.log[at + 20] ^= 1;
  crashed.data.replace(20 * 64, 64, std::string(64, 'a'));
  CHECK((crashed.recovered() == second));
  CHECK(crashed.report.findings.sequence == 2);
}

TEST_CASE("an area that has moved, and holds nothing yet, is no damage") {
  test::TempDir dir;
  LoggedFile file = redo_file(dir / "data");
  file.commit(kFirst);
  file.commit(kSecond);
  const std::string second = file.contents();
  const Change large = {{test::lines_of(0, 2000, 'e')}, 2000 * 64};
  test::require_ok(snapshot::reserve_record(&file.log(), format::record_bytes(1, 2000)), "reserve_record");
  Crashed crashed(file);
  crashed.data.replace(20 * 64, 64, std::string(64, 'a'));
  CHECK((crashed.recovered() == second));
}

TEST_CASE("sizes: what was cut off stays cut off, and what was added is there") {
  test::TempDir dir;
  const Change shrink = {{test::lines_of(1, 1, 'b')}, 1000}, grow = {{test::lines_of(40, 1, 'c')}, 3000};
  LoggedFile file = redo_file(dir / "data");
  const std::string none = file.contents(), shrunk = with(none, shrink), grown = with(shrunk, grow);
  file.write_record(shrink);
  {
    // The cut has not been applied.
    LoggedFile other = redo_file(dir / "other");
    other.write_record(shrink);
    Crashed crashed(other);
    CHECK((crashed.recovered() == shrunk));
  }
  file.resize(1000);
  file.finish(shrink);
  file.resize(3000);
  file.write_record(grow);
  Crashed crashed(file);
  CHECK((crashed.recovered() == grown));
  crashed.data.resize(2999);
  CHECK((crashed.recovered() == grown));
  // Shorter than either size.
  crashed.data.resize(999);
  CHECK(crashed.refused());
}

TEST_CASE(
    "records that do not follow one another, or a first one that does not follow the opening, are refused") {
  test::TempDir dir;
  const auto crashed = [&](const std::string &name, auto change) {
    LoggedFile file = redo_file(dir / name);
    file.commit(kFirst);
    change(file);
    return Crashed(file);
  };
  CHECK(crashed("sequence", [](LoggedFile &file) {
          file.log().sequence += 2;
          file.write_record(kSecond);
        }).refused());
  CHECK(crashed("size", [](LoggedFile &file) {
          file.finish({{}, kSize + 64});
          --file.log().sequence;
          file.write_record(kSecond);
        }).refused());
  LoggedFile first = redo_file(dir / "first");
  first.finish({{}, kSize - 64});
  first.log().sequence = 0;
  first.write_record(kFirst);
  CHECK(Crashed(first).refused());
  LoggedFile mixed(dir / "mixed", std::string(kSize, 'a'), snapshot::MediumKind::memory);
  mixed.commit(kFirst);
  mixed.set_logs(test::Logs::new_lines);
  mixed.write_record(kSecond);
  CHECK(Crashed(mixed).refused());
}
