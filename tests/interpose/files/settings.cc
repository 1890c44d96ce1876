// The environment decides what is managed and how. Settings are read once in a process, so each case runs a
// program of its own (probe.cc) and reads what it says.
#include <catch2/catch.hpp>
#include <cstdio>

#include "files.h"

using namespace test;

namespace {

struct Result {
  int status;
  std::string output;   // what the probe saw
  std::string message;  // what the library said
};

std::string contents_of(const std::string &path) { return read_file(path); }

// environment: VARIABLE=value..., in the shell's syntax.
Result probe(const std::string &environment, const std::string &arguments) {
  const std::string out = new_path(), err = new_path();
  const std::string command = "env SNAPSHOT_LOG=warn " + environment + " " + getenv("SNAPSHOT_TEST_PROBE") +
                              " " + arguments + " >" + out + " 2>" + err;
  const int status = system(command.c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents_of(out),
          contents_of(err)};
}

std::string page_file(const std::string &name) {
  const std::string path = directory() / name;
  write_file(path, std::string(kPage, 'd'));
  return path;
}

bool is_one_line(const std::string &text) { return !text.empty() && text.find('\n') == text.size() - 1; }

}  // namespace

TEST_CASE("SNAPSHOT_FILES and SNAPSHOT_IGNORE select by the whole path") {
  const std::string a = page_file("select.db"), b = page_file("select.tmp"), both = " " + a + " " + b;
  const std::string dir = directory().path();
  const auto selects = [&](const std::string &environment) {
    return probe(environment, "map" + both).output;
  };
  CHECK(selects("") == "managed\nmanaged\n");
  CHECK(selects("SNAPSHOT_FILES=") == "managed\nmanaged\n");
  CHECK(selects("'SNAPSHOT_FILES=*.db'") == "managed\nplain\n");
  CHECK(selects("'SNAPSHOT_FILES=*.db:*.tmp'") == "managed\nmanaged\n");
  CHECK(selects("'SNAPSHOT_FILES=" + dir + "/*'") == "managed\nmanaged\n");
  CHECK(selects("'SNAPSHOT_FILES=select.db'") == "plain\nplain\n");
  CHECK(selects("'SNAPSHOT_IGNORE=*.tmp'") == "managed\nplain\n");
  CHECK(selects("'SNAPSHOT_FILES=*' 'SNAPSHOT_IGNORE=*/select.*'") == "plain\nplain\n");
  CHECK(selects("'SNAPSHOT_FILES=/elsewhere/*'") == "plain\nplain\n");
}

TEST_CASE("profiles of coverage builds are managed only if asked for") {
  const std::string both = " " + page_file("main.gcda") + " " + page_file("default.profraw");
  CHECK(probe("", "map" + both).output == "plain\nplain\n");
  CHECK(probe("'SNAPSHOT_FILES=*.gcda'", "map" + both).output == "managed\nplain\n");
}

TEST_CASE("a symbolic link is selected by the name of what it leads to") {
  const std::string a = page_file("target.db"), link = directory() / "link.other";
  REQUIRE(symlink(a.c_str(), link.c_str()) == 0);
  CHECK(probe("'SNAPSHOT_FILES=*.db'", "map " + link).output == "managed\n");
  CHECK(probe("'SNAPSHOT_FILES=*.other'", "map " + link).output == "plain\n");
}

TEST_CASE("an unknown value of a setting: EINVAL, one line that names it, and the file untouched") {
  const std::string path = page_file("untouched.db");
  for (const char *setting : {"SNAPSHOT_MEDIA=disk", "SNAPSHOT_COPY=both", "SNAPSHOT_EXIT=maybe",
                              "SNAPSHOT_PERSIST=mmx", "SNAPSHOT_WAIT=yes", "SNAPSHOT_LOG=loud"}) {
    CAPTURE(setting);
    const Result result = probe(setting, "map " + path);
    CHECK(result.output == "EINVAL\n");
    CHECK(is_one_line(result.message));
    CHECK(result.message.find(setting) != std::string::npos);
    CHECK(result.message.find(" or ") != std::string::npos);
    CHECK((raw_bytes(path) == std::string(kPage, 'd')));
    CHECK_FALSE(has_log(path));
    // It matters to those who map a file only.
    const Result none = probe(setting, "none");
    CHECK(none.status == 0);
    CHECK(none.message.empty());
  }
}

TEST_CASE("SNAPSHOT_EXIT says what happens to what is pending at exit") {
  const std::string path = page_file("exit.db");
  CHECK(probe("", "store " + path).status == 0);
  CHECK(raw_bytes(path).substr(0, 6) == "stored");
  CHECK(raw_bytes(path).substr(1000, 7) == "ddddddd");
  CHECK_FALSE(has_log(path));
  CHECK(probe("SNAPSHOT_EXIT=commit", "store " + path).status == 0);
  CHECK(raw_bytes(path).substr(1000, 7) == "pending");
  CHECK_FALSE(has_log(path));
}

TEST_CASE("a second writer is refused in one line, or waits if asked to") {
  const std::string path = page_file("writers.db");
  const DataFile file(path);
  char *m = file.map(kPage);
  const Result refused = probe("", "map " + path);
  CHECK(refused.output == "EAGAIN\n");
  CHECK(is_one_line(refused.message));
  CHECK(refused.message.find(std::to_string(getpid())) != std::string::npos);
  // Whether it comes before or after the file is let go, it gets it.
  const std::string command =
      std::string("SNAPSHOT_WAIT=1 ") + getenv("SNAPSHOT_TEST_PROBE") + " map " + path;
  FILE *waiter = popen(command.c_str(), "r");
  REQUIRE(waiter != nullptr);
  REQUIRE(munmap(m, kPage) == 0);
  char line[64] = "";
  CHECK(std::fgets(line, sizeof line, waiter) != nullptr);
  CHECK(std::string(line) == "managed\n");
  CHECK(pclose(waiter) == 0);
}

TEST_CASE("another process reads what is committed, and nothing else") {
  const std::string path = page_file("reader.db");
  const DataFile file(path);
  char *m = file.map(kPage);
  store(m, "committed");
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  store(m, "PENDING!!");
  const std::string copy = new_path();
  REQUIRE(system(("head -c 9 " + path + " >" + copy).c_str()) == 0);
  CHECK(raw_bytes(copy) == "committed");
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("an address space too small: ENOMEM and one line; who maps nothing does not notice") {
  const std::string path = page_file("limit.db");
  const Result result = probe("", "limit 2000 " + path);
  CHECK(result.status == 0);
  CHECK(result.output == "ENOMEM\n");
  CHECK(is_one_line(result.message));
  CHECK((raw_bytes(path) == std::string(kPage, 'd')));
  CHECK_FALSE(has_log(path));
  const Result none = probe("", "limit 2000");
  CHECK(none.status == 0);
  CHECK(none.message.empty());
}

TEST_CASE("what is no file to manage is an error of open, not of ours") {
  CHECK(probe("", "map /dev/null/x").output == "ENOTDIR\n");
  CHECK(probe("", "map " + directory().path()).output == "EISDIR\n");
  CHECK(probe("", "map " + (directory() / "missing")).output == "ENOENT\n");
}
