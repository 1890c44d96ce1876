#include <catch2/catch.hpp>

#include "crash_states.h"
#include "snapctl.h"

using test::Ran;
using test::snapctl;

TEST_CASE("dump-log shows header, areas, records and runs, by the file's name or the log's") {
  test::TempDir dir;
  const std::string file = test::make_incomplete(dir);
  const Ran by_file = snapctl({"dump-log", file}), by_log = snapctl({"dump-log", file + ".snaplog"});
  CHECK(by_file.code == 0);
  CHECK(by_file.out == by_log.out);
  for (const char *words :
       {"header    whole: magic 0x0a0d474f4c504e53, version 3, architecture 0x86640040", "retired   no",
        "area 0    at 4096, 65536 bytes: holds a whole record",
        "  commit 2 (newest): 2 lines in 2 runs, size 65536 to 65600 bytes",
        "  run at line 2, 1 line: bytes 128 to 191", "  run at line 1024, 1 line: bytes 65536 to 65599",
        "area 1    at 69632, 65536 bytes: holds a whole record",
        "  commit 1: 2 lines in 1 run, size 65536 to 65536 bytes",
        "  run at line 1, 2 lines: bytes 64 to 191"})
    CHECK(by_file.said(words));
}

TEST_CASE("--lines shows old bytes beside the current ones, and marks where they differ") {
  test::TempDir dir;
  const Ran ran = snapctl({"dump-log", "--lines", test::make_incomplete(dir)});
  CHECK(ran.code == 0);
  CHECK(ran.said("0x0000000080  62626262626262626262626262626262 | 63636363636363636363636363636363"));
  CHECK(ran.said("0x0000000090  62626262626262626262626262626262 | 63636363626262626262626262626262"));
  CHECK(ran.said("0x00000000a0  62626262626262626262626262626262 = 62626262626262626262626262626262"));
}

TEST_CASE("bytes beyond the end of the file are shown as missing, and a missing file is said to be") {
  test::TempDir dir;
  const std::string file = test::make_incomplete(dir);
  REQUIRE(truncate(file.c_str(), 136) == 0);
  CHECK(snapctl({"dump-log", "--lines", file}).said("| 6363636363636363----------------"));
  REQUIRE(unlink(file.c_str()) == 0);
  const Ran ran = snapctl({"dump-log", "--lines", file + ".snaplog"});
  CHECK(ran.code == 0);
  CHECK(ran.said(file + " cannot be read"));
}

TEST_CASE("dump-log's JSON holds the same") {
  test::TempDir dir;
  const Ran ran = snapctl({"dump-log", "--json", "--lines", test::make_incomplete(dir)});
  CHECK(ran.code == 0);
  const nlohmann::json json = ran.json();
  CHECK(json["in_use"] == false);
  CHECK(json["retired"] == false);
  CHECK(json["header"]["whole"] == true);
  CHECK(json["header"]["version"] == 3);
  CHECK(json["header"]["size_at_open"] == test::kStateBytes);
  REQUIRE(json["areas"].size() == 2);
  const nlohmann::json &record = json["areas"][0]["record"];
  CHECK(json["areas"][0]["state"] == "whole");
  CHECK(record["sequence"] == 2);
  CHECK(record["newest"] == true);
  CHECK(json["areas"][1]["record"]["newest"] == false);
  CHECK(record["runs"] == nlohmann::json::parse(R"([{"line":2,"count":1},{"line":1024,"count":1}])"));
  REQUIRE(record["lines"].size() == 2);
  std::string b, c;
  for (int i = 0; i < 64; ++i) b += "62", c += i < 20 ? "63" : "62";
  CHECK(record["lines"][0]["old"] == b);
  CHECK(record["lines"][0]["now"] == c);
}

TEST_CASE("empty and torn areas are called that") {
  test::TempDir dir;
  CHECK(snapctl({"dump-log", test::make_untouched(dir)}).said("area 1    at 69632, 65536 bytes: empty"));
  const std::string file = test::make_complete(dir);
  std::string log = test::read_file(file + ".snaplog");
  log[4096 + 100] = static_cast<char>(log[4096 + 100] ^ 1);
  log[192] = static_cast<char>(log[192] ^ 1);
  test::write_file(file + ".snaplog", log);
  const Ran ran = snapctl({"dump-log", file});
  CHECK(ran.code == 0);
  CHECK(ran.said("area 0    at 4096, 65536 bytes: holds no whole record (torn, or damaged)"));
  CHECK(ran.said("area 1    unknown: its entry is torn or damaged"));
}

TEST_CASE("a damaged log is shown as far as it goes, with the error") {
  test::TempDir dir;
  const std::string file = test::make_damaged(dir);
  const Ran text = snapctl({"dump-log", file});
  CHECK(text.code == 2);
  CHECK(text.errors(1));
  CHECK(text.said("header    not valid, shown as it is: magic 0x0a0d474f4c504e53"));
  const Ran ran = snapctl({"dump-log", "--json", file});
  CHECK(ran.code == 2);
  CHECK(ran.json()["header"]["whole"] == false);
  CHECK(ran.json()["error"].get<std::string>().find("header is damaged") != std::string::npos);
}

TEST_CASE("a log in use can be dumped, and says so") {
  test::TempDir dir;
  test::LoggedFile live(dir / "live", test::state_contents('a'));
  live.commit({{test::lines_of(1, 1, 'b')}, test::kStateBytes});
  const Ran ran = snapctl({"dump-log", live.path()});
  CHECK(ran.code == 0);
  CHECK(ran.said("in use: what follows may change"));
  CHECK(ran.said("commit 1 (newest)"));
}

TEST_CASE("no log, or no file at all, is an error of one line") {
  test::TempDir dir;
  const Ran clean = snapctl({"dump-log", test::make_clean(dir)});
  CHECK(clean.code == 4);
  CHECK(clean.errors(1));
  CHECK(clean.complained("has no log to dump; it was closed cleanly"));
  const Ran none = snapctl({"dump-log", dir / "none"});
  CHECK(none.code == 4);
  CHECK(none.errors(1));
  CHECK(none.complained("no such file or log; check the name"));
}

TEST_CASE("of a redo log, info, recover and dump-log say that its lines are the new ones") {
  test::TempDir dir;
  const std::string file = test::make_logged(dir);
  const Ran text = snapctl({"dump-log", "--lines", file});
  CHECK(text.code == 0);
  CHECK(text.said("  redo: holds the new lines, checksum 0x"));
  CHECK(text.said("new (in the log)"));
  CHECK(text.said("0x0000000080  63636363636363636363636363636363 = 63636363636363636363636363636363"));
  CHECK(text.said("0x0000000090  63636363636363636363636363636363 | 63636363626262626262626262626262"));
  const nlohmann::json record = snapctl({"dump-log", "--json", "--lines", file}).json()["areas"][0]["record"];
  CHECK(record["protocol"] == "redo");
  CHECK(record["lines"][0]["new"] == record["lines"][1]["new"]);
  CHECK(snapctl({"info", file})
            .said("needs recovery: commit 2 is complete in the log; its 3 lines will be written"));
  CHECK(snapctl({"recover", "--dry-run", file})
            .said("would be recovered: commit 2 is complete, its 3 lines would be written from the log"));
  CHECK(snapctl({"recover", file})
            .said("recovered: commit 2 is complete, its 3 lines were written from the log"));
  CHECK(test::read_file(file) == test::logged_recovered());
}

TEST_CASE("of a log of appended records dump-log shows all, and info and recover say how many are written") {
  test::TempDir dir;
  const std::string file = test::make_appended(dir);
  const Ran text = snapctl({"dump-log", "--lines", file});
  CHECK(text.code == 0);
  CHECK(text.said("65536 bytes: holds 2 whole records\n"));
  CHECK(text.said("  commit 1: 2 lines in 1 run, size 65536 to 65536 bytes\n"));
  CHECK(text.said("  commit 2 (newest): 3 lines in 1 run, size 65536 to 65536 bytes\n"));
  CHECK(text.said(
      "  redo, appended: holds the new lines; commit 1 was durable when it was written, checksum 0x"));
  CHECK(text.said("0x0000000040  62626262626262626262626262626262 | 61616161616161616161616161616161"));
  const nlohmann::json area = snapctl({"dump-log", "--json", "--lines", file}).json()["areas"][1];
  CHECK(area["record"]["sequence"] == 2);
  CHECK(area["records"].size() == 2);
  CHECK(area["records"][0]["protocol"] == "append");
  CHECK(area["records"][0]["durable"] == 0);
  CHECK(area["records"][1]["lines"].size() == 3);
  CHECK(snapctl({"info", file})
            .said("needs recovery: commit 2 is complete in the log; what 2 commits changed will be written"));
  CHECK(snapctl({"recover", "--dry-run", file})
            .said("would be recovered: commit 2 is complete, what 2 commits changed would be written from "
                  "the log"));
  CHECK(snapctl({"recover", file})
            .said("recovered: commit 2 is complete, what 2 commits changed was written from the log"));
  CHECK(test::read_file(file) == test::logged_recovered());
}
