// Every bad file and bad log that a user may point snapctl at: the exit code, one line that names the file
// and says what to do, and nothing changed.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "crash_states.h"
#include "forged_record.h"
#include "small_disk.h"
#include "snapctl.h"

using test::Ran;
using test::snapctl;

namespace {

// info, recover and its dry run all say this of the file.
void check_refusal(const std::string &file, int code, const std::string &words) {
  for (const test::Arguments &arguments :
       {test::Arguments{"info", file}, {"recover", "--dry-run", file}, {"recover", file}}) {
    const Ran ran = snapctl(arguments);
    INFO(arguments[0] << ": " << ran.err);
    CHECK(ran.code == code);
    CHECK(ran.errors(1));
    CHECK(ran.complained(file));
    CHECK(ran.complained(words));
  }
}

// The same, for a data file and log that must stay as they are.
void check_unharmed(const std::string &file, int code, const std::string &words) {
  const std::string data = test::read_file(file), log = test::read_file(file + ".snaplog");
  check_refusal(file, code, words);
  CHECK((test::read_file(file) == data));
  CHECK((test::read_file(file + ".snaplog") == log));
}

void replace_log(const std::string &file, const std::string &bytes) {
  test::write_file(file + ".snaplog", bytes);
}

// The log with its header changed and the checksum made right.
template <typename Change>
void change_header(const std::string &file, Change change) {
  std::string log = test::read_file(file + ".snaplog");
  snapshot::format::Header h;
  std::memcpy(&h, log.data(), sizeof h);
  change(&h);
  h.checksum = 0;
  h.checksum = snapshot::hash_lines(snapshot::HashKey(snapshot::format::kMagic), 0, &h, sizeof h);
  replace_log(file, log.replace(0, sizeof h, reinterpret_cast<const char *>(&h), sizeof h));
}

}  // namespace

TEST_CASE("a missing file, a directory, a FIFO and a name that is too long") {
  test::TempDir dir;
  check_refusal(dir / "none", 4, "no such file or directory; check the name");
  check_refusal(dir / "none/below", 4, "; check the name");
  REQUIRE(mkfifo((dir / "fifo").c_str(), 0600) == 0);
  check_refusal(dir / "fifo", 2, "is not a regular file");
  CHECK(snapctl({"info", dir.path()}).code == 2);
  CHECK(snapctl({"recover", dir.path()}).code == 2);
  CHECK(snapctl({"recover", dir.path()}).errors(1));
  check_refusal(dir / std::string(300, 'x'), 4, "name too long");
}

TEST_CASE("a log from another file") {
  test::TempDir dir;
  check_unharmed(test::make_foreign(dir), 2, "the log belongs to another file");
}

TEST_CASE("a log of another version, or from another architecture") {
  test::TempDir dir;
  const std::string file = test::make_incomplete(dir);
  change_header(file, [](auto *h) { h->version = 7; });
  check_unharmed(file, 2,
                 "format version 7, this library reads version 3; recover it with the version that wrote it");
  const std::string other = test::make_incomplete(dir, "other");
  change_header(other, [](auto *h) { h->architecture = 0xaa640040; });
  check_unharmed(other, 2, "written on another architecture; recover it on that architecture");
}

TEST_CASE("a log that is truncated, empty, random or of zeros") {
  test::TempDir dir;
  const std::string file = test::make_incomplete(dir), log = test::read_file(file + ".snaplog");
  for (size_t length : {size_t{0}, size_t{63}, size_t{4095}, size_t{4096}, log.size() - 1}) {
    replace_log(file, log.substr(0, length));
    check_unharmed(file, 2, "the log is truncated");
  }
  replace_log(file, std::string(log.size(), 0));
  check_unharmed(file, 2, "not a Snapshot log");
  std::string random = log;
  snapshot::u64 state = 1;
  for (char &c : random) c = static_cast<char>((state = state * 6364136223846793005 + 1) >> 56);
  replace_log(file, random);
  check_unharmed(file, 2, "not a Snapshot log");
}

TEST_CASE("a log whose records are all damaged") {
  test::TempDir dir;
  const std::string file = test::make_incomplete(dir);
  std::string log = test::read_file(file + ".snaplog");
  log[4096 + 70] = static_cast<char>(log[4096 + 70] ^ 4);
  log[4096 + 65536 + 70] = static_cast<char>(log[4096 + 65536 + 70] ^ 4);
  replace_log(file, log);
  check_unharmed(file, 2, "no record of the log is whole");
}

TEST_CASE("a file that was changed, or cut short, after the crash") {
  test::TempDir dir;
  const std::string file = test::make_incomplete(dir);
  REQUIRE(truncate(file.c_str(), 1000) == 0);
  check_unharmed(file, 2, "the file is shorter than any commit left it");
}

TEST_CASE("a symbolic link, a FIFO or a directory in the log's place") {
  test::TempDir dir;
  const std::string file = test::make_incomplete(dir), log = file + ".snaplog";
  REQUIRE(rename(log.c_str(), (dir / "real").c_str()) == 0);
  REQUIRE(symlink((dir / "real").c_str(), log.c_str()) == 0);
  check_unharmed(file, 2, "is a symbolic link; it may lead to a file that is not ours");
  CHECK(snapctl({"dump-log", file}).code == 2);
  REQUIRE(unlink(log.c_str()) == 0);
  const std::string before = test::read_file(file);
  REQUIRE(mkfifo(log.c_str(), 0600) == 0);
  check_refusal(file, 2, "it is not a regular file: move it out of the way");
  CHECK(snapctl({"dump-log", file}).code == 2);
  REQUIRE(unlink(log.c_str()) == 0);
  REQUIRE(mkdir(log.c_str(), 0700) == 0);
  CHECK(snapctl({"recover", file}).code == 2);
  CHECK(snapctl({"info", file}).code == 2);
  CHECK((test::read_file(file) == before));
}

TEST_CASE("a file that a process is writing") {
  test::TempDir dir;
  test::LoggedFile live(dir / "live", test::state_contents('a'));
  live.write_record({{test::lines_of(1, 1, 'b')}, test::kStateBytes});
  live.put_bytes(64, "torn");
  const std::string data = live.contents();
  for (const test::Arguments &arguments :
       {test::Arguments{"recover", live.path()}, {"recover", "--dry-run", live.path()}}) {
    const Ran ran = snapctl(arguments);
    CHECK(ran.code == 3);
    CHECK(ran.errors(1));
    CHECK(ran.complained("process " + std::to_string(getpid()) +
                         " is writing it; try again when it has closed"));
  }
  CHECK((live.contents() == data));
  CHECK(test::exists(live.log_path()));
}

TEST_CASE("a file or log that the user may not read or write") {
  if (geteuid() != 0) return test::say_skipped("permissions", "needs root, to become another user");
  test::TempDir dir;
  REQUIRE(chmod(dir.path().c_str(), 0755) == 0);
  const std::string file = test::make_incomplete(dir), log = file + ".snaplog", clean = test::make_clean(dir);
  const std::string before = test::read_file(file);
  REQUIRE(chmod(file.c_str(), 0600) == 0);
  for (const char *command : {"info", "recover"}) {
    const Ran ran = test::snapctl_as_nobody({command, file});
    CHECK(ran.code == 4);
    CHECK(ran.errors(1));
    CHECK(ran.complained("permission denied; run as the file's owner"));
  }
  REQUIRE(chmod(file.c_str(), 0644) == 0);
  REQUIRE(chmod(log.c_str(), 0644) == 0);
  CHECK(test::snapctl_as_nobody({"info", file}).code == 5);
  CHECK(test::snapctl_as_nobody({"recover", "--dry-run", file}).code == 5);
  CHECK(test::snapctl_as_nobody({"recover", file}).code == 4);
  REQUIRE(chmod(log.c_str(), 0600) == 0);
  const Ran ran = test::snapctl_as_nobody({"info", file});
  CHECK(ran.code == 4);
  CHECK(ran.errors(1));
  CHECK(test::snapctl_as_nobody({"dump-log", file}).code == 4);
  CHECK((test::read_file(file) == before));
  // Nothing to do needs no permission to do it.
  REQUIRE(chmod(clean.c_str(), 0444) == 0);
  CHECK(test::snapctl_as_nobody({"recover", clean}).code == 0);
}

TEST_CASE("a disk that is too full to put back what was in a hole") {
  test::SmallDisk disk("tmpfs", "size=1m");
  if (!disk.mounted()) return test::say_skipped("full disk", "cannot mount a tmpfs (needs root)");
  test::LoggedFile file(disk / "data", test::state_contents('a'));
  file.write_record({{test::lines_of(0, 1, 'b'), test::lines_of(512, 1, 'b')}, 64});
  file.resize(64);
  file.crash();
  std::string ballast(4096, 'x');
  std::ofstream out(disk / "ballast");
  while (out.write(ballast.data(), 4096).flush()) continue;
  out.close();
  const Ran full = snapctl({"recover", file.path()});
  INFO(full.err << full.out);
  CHECK(full.code == 4);
  CHECK(full.complained("no space left on device"));
  CHECK(full.errors(1));
  REQUIRE(unlink((disk / "ballast").c_str()) == 0);
  CHECK(snapctl({"recover", file.path()}).code == 0);
}
