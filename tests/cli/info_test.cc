#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "crash_states.h"
#include "snapctl.h"

using test::Ran;
using test::snapctl;

namespace {

nlohmann::json only(const Ran &ran) {
  const nlohmann::json all = ran.json();
  REQUIRE(all.is_array());
  REQUIRE(all.size() == 1);
  return all[0];
}

}  // namespace

TEST_CASE("info tells each state apart, by words, exit code and JSON") {
  test::TempDir dir;
  test::LoggedFile live(dir / "live", "x");
  struct Expected {
    std::string file;
    int code;
    const char *words;
    const char *state;
    bool needs_recovery;
  };
  const Expected all[] = {
      {test::make_clean(dir), 0, "closed cleanly (no log)", "clean", false},
      {test::make_complete(dir), 5, "needs recovery: commit 2 is complete; nothing to undo", "complete",
       true},
      {test::make_incomplete(dir), 5, "commit 2 is incomplete; its 2 lines will be put back", "incomplete",
       true},
      {test::make_untouched(dir), 5, "no commit was made since it was opened", "complete", true},
      {test::make_damaged(dir), 2, "cannot be recovered", "refused", false},
      {test::make_foreign(dir), 2, "the log belongs to another file", "refused", false},
      {live.path(), 3, "in use by process ", "in-use", false},
      {dir / "none", 4, "cannot be examined", "failed", false},
  };
  for (const Expected &e : all) {
    INFO(e.file);
    const Ran text = snapctl({"info", e.file});
    CHECK(text.code == e.code);
    CHECK(text.said(e.words));
    CHECK(text.errors(e.code == 2 || e.code == 4 ? 1 : 0));
    const Ran ran = snapctl({"info", "--json", e.file});
    CHECK(ran.code == e.code);
    const nlohmann::json json = only(ran);
    CHECK(json["file"] == e.file);
    CHECK(json["state"] == e.state);
    CHECK(json["needs_recovery"] == e.needs_recovery);
    CHECK(json["error"].is_null() == (e.code == 0 || e.code == 5));
  }
}

TEST_CASE("info shows sizes, sequence, lines, log and owner exactly") {
  test::TempDir dir;
  const std::string file = test::make_incomplete(dir);
  struct stat log;
  REQUIRE(stat((file + ".snaplog").c_str(), &log) == 0);
  const nlohmann::json json = only(snapctl({"info", "--json", file}));
  CHECK(json["size"] == test::kStateBytes + 64);
  CHECK(json["size_recovered"] == test::kStateBytes);
  CHECK(json["log"]["bytes"] == log.st_size);
  CHECK(json["log"]["sequence"] == 2);
  CHECK(json["log"]["lines"] == 2);
  CHECK(json["log"]["retired"] == false);
  CHECK(json["log"]["owner_pid"] == getpid());
  const std::string id = json["log"]["id"];
  CHECK(id.size() == 18);
  const Ran text = snapctl({"info", file});
  for (const std::string &words :
       {std::string("65600 bytes; 65536 after recovery"), "id " + id,
        "created by process " + std::to_string(getpid()), "snapctl recover " + file})
    CHECK(text.said(words));
}

TEST_CASE("the exit code for several files is the worst, and every file is shown") {
  test::TempDir dir;
  test::LoggedFile live(dir / "live", "x");
  const std::string clean = test::make_clean(dir), complete = test::make_complete(dir),
                    damaged = test::make_damaged(dir), none = dir / "none";
  CHECK(snapctl({"info", clean, clean}).code == 0);
  CHECK(snapctl({"info", complete, clean}).code == 5);
  CHECK(snapctl({"info", complete, live.path(), clean}).code == 3);
  CHECK(snapctl({"info", damaged, live.path(), complete}).code == 2);
  const Ran ran = snapctl({"info", "--json", none, damaged, live.path(), complete, clean});
  CHECK(ran.code == 4);
  CHECK(ran.json().size() == 5);
  CHECK(ran.errors(2));
}

TEST_CASE("names that are not plain text stay on one line, in a form that a shell takes, and in valid JSON") {
  test::TempDir dir;
  const std::string odd = test::make_complete(dir, "a b'c\n\xff");
  const Ran text = snapctl({"info", odd});
  CHECK(text.code == 5);
  CHECK(text.said("a b'c\\x0a"));
  CHECK(text.said("'" + dir.path() + "/a b'\\''c\\x0a"));
  CHECK(only(snapctl({"info", "--json", odd}))["state"] == "complete");
  const Ran error = snapctl({"info", dir / "no\nsuch"});
  CHECK(error.errors(1));
}

TEST_CASE("a file with several names says that its log may be elsewhere") {
  test::TempDir dir;
  const std::string file = test::make_complete(dir);
  REQUIRE(link(file.c_str(), (dir / "second").c_str()) == 0);
  CHECK(snapctl({"info", dir / "second"}).said("it has 2 names, and a log may lie beside another one"));
}

TEST_CASE("what cannot be printed is exit code 4") {
  test::TempDir dir;
  const Ran ran = test::snapctl_to("/dev/full", {"info", test::make_clean(dir)});
  CHECK(ran.code == 4);
  CHECK(ran.complained("standard output: cannot write: no space left on device"));
}
