#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "crash_states.h"
#include "snapctl.h"

using test::Ran;
using test::snapctl;

namespace {

struct Look {
  explicit Look(const std::string &path) : contents(test::read_file(path)) {
    REQUIRE(stat(path.c_str(), &st) == 0);
  }
  bool operator==(const Look &o) const {
    return contents == o.contents && st.st_ino == o.st.st_ino && st.st_size == o.st.st_size &&
           st.st_mtim.tv_sec == o.st.st_mtim.tv_sec && st.st_mtim.tv_nsec == o.st.st_mtim.tv_nsec &&
           st.st_ctim.tv_nsec == o.st.st_ctim.tv_nsec && st.st_mode == o.st.st_mode;
  }
  std::string contents;
  struct stat st;
};

}  // namespace

TEST_CASE("recover brings each file to its last commit, removes the log and says what it did") {
  test::TempDir dir;
  const std::string complete = test::make_complete(dir), incomplete = test::make_incomplete(dir),
                    untouched = test::make_untouched(dir), clean = test::make_clean(dir);
  const std::string after = test::read_file(complete);
  const Ran ran = snapctl({"recover", complete, incomplete, untouched, clean});
  CHECK(ran.code == 0);
  CHECK(ran.err.empty());
  CHECK(ran.said(complete + ": recovered: commit 2 is complete, nothing to undo\n"));
  CHECK(ran.said(incomplete +
                 ": recovered: commit 2 was incomplete, its 2 lines were put back, size 65600 to 65536 "
                 "bytes\n"));
  CHECK(ran.said(untouched + ": recovered: no commit was made since it was opened\n"));
  CHECK(ran.said(clean + ": nothing to do, it was closed cleanly\n"));
  CHECK((test::read_file(complete) == after));
  CHECK((test::read_file(incomplete) == test::incomplete_recovered()));
  CHECK((test::read_file(untouched) == test::state_contents('a')));
  for (const std::string &file : {complete, incomplete, untouched})
    CHECK_FALSE(test::exists(file + ".snaplog"));
}

TEST_CASE("recovering twice does nothing the second time") {
  test::TempDir dir;
  const std::string file = test::make_incomplete(dir);
  CHECK(snapctl({"recover", file}).code == 0);
  const Look once(file);
  const Ran again = snapctl({"recover", file});
  CHECK(again.code == 0);
  CHECK(again.said("nothing to do"));
  CHECK(Look(file) == once);
}

TEST_CASE("the same file named twice is recovered once") {
  test::TempDir dir;
  const std::string file = test::make_incomplete(dir);
  const Ran ran = snapctl({"recover", file, file});
  CHECK(ran.code == 0);
  CHECK(ran.said("2 lines were put back"));
  CHECK(ran.said("nothing to do"));
}

TEST_CASE("a file that cannot be recovered does not keep the rest from it") {
  test::TempDir dir;
  const std::string damaged = test::make_damaged(dir), file = test::make_incomplete(dir);
  const Look before(damaged), log_before(damaged + ".snaplog");
  const Ran ran = snapctl({"recover", dir / "none", damaged, file});
  CHECK(ran.code == 4);
  CHECK(ran.errors(2));
  CHECK((test::read_file(file) == test::incomplete_recovered()));
  CHECK(Look(damaged) == before);
  CHECK(Look(damaged + ".snaplog") == log_before);
}

TEST_CASE("a dry run says what would be done and changes nothing, not even a time stamp") {
  test::TempDir dir;
  const std::string complete = test::make_complete(dir), incomplete = test::make_incomplete(dir),
                    clean = test::make_clean(dir);
  const Look before[] = {Look(complete), Look(complete + ".snaplog"), Look(incomplete),
                         Look(incomplete + ".snaplog"), Look(clean)};
  const Ran ran = snapctl({"recover", "--dry-run", complete, incomplete, clean});
  CHECK(ran.code == 5);
  CHECK(ran.said(complete + ": would be recovered: commit 2 is complete, nothing to undo"));
  CHECK(ran.said(incomplete +
                 ": would be recovered: commit 2 is incomplete, its 2 lines would be put back, size "
                 "65600 to 65536 bytes"));
  CHECK(ran.said(clean + ": nothing to do"));
  const Look after[] = {Look(complete), Look(complete + ".snaplog"), Look(incomplete),
                        Look(incomplete + ".snaplog"), Look(clean)};
  for (size_t i = 0; i < std::size(before); ++i) CHECK(before[i] == after[i]);
  CHECK(snapctl({"recover", "--dry-run", clean}).code == 0);
}

TEST_CASE("recover's JSON has an object for each file, with its outcome") {
  test::TempDir dir;
  const std::string incomplete = test::make_incomplete(dir), damaged = test::make_damaged(dir),
                    clean = test::make_clean(dir);
  const nlohmann::json dry = snapctl({"recover", "--dry-run", "--json", incomplete, damaged, clean}).json();
  REQUIRE(dry.size() == 3);
  CHECK(dry[0]["outcome"] == "would-recover");
  CHECK(dry[0]["needs_recovery"] == true);
  CHECK(dry[1]["outcome"] == "failed");
  CHECK(dry[2]["outcome"] == "nothing-to-do");
  const Ran ran = snapctl({"recover", "--json", incomplete, damaged, clean});
  CHECK(ran.code == 2);
  CHECK(ran.errors(1));
  const nlohmann::json done = ran.json();
  CHECK(done[0]["outcome"] == "recovered");
  CHECK(done[0]["needs_recovery"] == false);
  CHECK(done[0]["size_recovered"] == test::kStateBytes);
  CHECK(done[1]["outcome"] == "failed");
  CHECK(done[1]["error"].get<std::string>().find("header is damaged") != std::string::npos);
}

TEST_CASE("recover works through a symbolic link to the data file") {
  test::TempDir dir, elsewhere;
  const std::string file = test::make_incomplete(dir);
  REQUIRE(symlink(file.c_str(), (elsewhere / "link").c_str()) == 0);
  CHECK(snapctl({"info", elsewhere / "link"}).code == 5);
  CHECK(snapctl({"recover", elsewhere / "link"}).code == 0);
  CHECK((test::read_file(file) == test::incomplete_recovered()));
  CHECK_FALSE(test::exists(file + ".snaplog"));
}
