#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <regex>

#include "crash_states.h"
#include "snapctl.h"

using test::Ran;
using test::snapctl;

TEST_CASE("a backup is what recovery would make of the file, and leaves file and log alone") {
  test::TempDir dir;
  for (const std::string &file :
       {test::make_complete(dir), test::make_incomplete(dir), test::make_untouched(dir)}) {
    const std::string data = test::read_file(file), log = test::read_file(file + ".snaplog");
    const std::string copy = file + ".copy";
    const Ran ran = snapctl({"backup", file, copy});
    INFO(ran.err);
    CHECK(ran.code == 0);
    CHECK((test::read_file(file) == data));
    CHECK((test::read_file(file + ".snaplog") == log));
    CHECK_FALSE(test::exists(copy + ".snaplog"));
    REQUIRE(snapctl({"recover", file}).code == 0);
    CHECK((test::read_file(copy) == test::read_file(file)));
  }
}

TEST_CASE("a file without a log is copied with its holes, its mode and no log left") {
  test::TempDir dir;
  const std::string file = dir / "sparse", copy = dir / "copy";
  test::write_file(file, "begin");
  REQUIRE(truncate(file.c_str(), 64 << 20) == 0);
  REQUIRE(chmod(file.c_str(), 0640) == 0);
  REQUIRE(snapctl({"backup", file, copy}).code == 0);
  struct stat st;
  REQUIRE(stat(copy.c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0640);
  CHECK(st.st_blocks * 512 < (1 << 20));
  CHECK((test::read_file(copy) == test::read_file(file)));
  CHECK_FALSE(test::exists(file + ".snaplog"));
}

TEST_CASE("on a terminal a backup says how far it is, and elsewhere nothing") {
  test::TempDir dir;
  const std::string file = dir / "large";
  test::write_file(file, std::string(40 << 20, 'x'));
  const Ran ran = snapctl({"backup", file, dir / "first"});
  CHECK(ran.code == 0);
  CHECK(ran.err == "");
  const Ran shown = test::snapctl_on_terminal({"backup", file, dir / "second"});
  CHECK(shown.code == 0);
  CHECK(shown.said(": copied to "));
  // One line, written again after each piece.
  INFO(shown.err);
  CHECK(std::regex_match(shown.err, std::regex("(\r[0-9]+ of 40 MiB){2,}\r\n")));
  CHECK(shown.err.ends_with("\r40 of 40 MiB\r\n"));
}

TEST_CASE("a backup replaces nothing, and a file in use or a damaged log leaves no copy") {
  test::TempDir dir;
  const std::string clean = test::make_clean(dir), copy = dir / "copy", damaged = test::make_damaged(dir);
  test::write_file(copy, "mine");
  const Ran existing = snapctl({"backup", clean, copy});
  CHECK(existing.code == 4);
  CHECK(existing.errors(1));
  CHECK(test::read_file(copy) == "mine");
  const Ran refused = snapctl({"backup", damaged, dir / "second"});
  CHECK(refused.code == 2);
  CHECK(refused.errors(1));
  CHECK_FALSE(test::exists(dir / "second"));
  test::LoggedFile in_use(dir / "in-use", std::string(4096, 'a'));
  const Ran busy = snapctl({"backup", in_use.path(), dir / "third"});
  CHECK(busy.code == 3);
  CHECK(busy.errors(1));
  CHECK_FALSE(test::exists(dir / "third"));
}
