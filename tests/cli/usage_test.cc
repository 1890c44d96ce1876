#include <catch2/catch.hpp>

#include "snapctl.h"
#include "snapshot/version.h"

using test::Ran;
using test::snapctl;

TEST_CASE("--help shows the exit codes and examples, --version the version") {
  const Ran help = snapctl({"--help"});
  CHECK(help.code == 0);
  for (const char *words :
       {"info", "recover", "dump-log", "Exit codes:", "Examples:", "snapctl recover --dry-run"})
    CHECK(help.said(words));
  for (const char *command : {"info", "recover", "dump-log"}) CHECK(snapctl({command, "--help"}).code == 0);
  const Ran version = snapctl({"--version"});
  CHECK(version.code == 0);
  CHECK(version.out == "snapctl " SNAPSHOT_VERSION_STRING "\n");
}

TEST_CASE("a wrong command line is exit code 1 and one line that points to the help") {
  for (const test::Arguments &arguments : {test::Arguments{},
                                           {"info"},
                                           {"recover"},
                                           {"dump-log"},
                                           {"nonsense"},
                                           {"info", "--nonsense", "x"},
                                           {"recover", "--lines", "x"},
                                           {"dump-log", "x", "y"}}) {
    const Ran ran = snapctl(arguments);
    INFO(ran.err);
    CHECK(ran.code == 1);
    CHECK(ran.errors(1));
    CHECK(ran.complained("see snapctl --help"));
    CHECK(ran.out.empty());
  }
}
