// Who a log belongs to: the file that it names, and the process that has it locked.
#include <sys/file.h>

#include <catch2/catch.hpp>

#include "logged_file.h"

using namespace test;
using snapshot::FileIdentity;

TEST_CASE("log: one file is told from another by inode, and by birth where both are known") {
  const auto same = [](FileIdentity a, FileIdentity b) { return snapshot::same_file(a, b); };
  CHECK(same({7, 100}, {7, 100}));
  CHECK_FALSE(same({7, 100}, {8, 100}));
  CHECK_FALSE(same({7, 100}, {7, 101}));
  CHECK(same({7, 0}, {7, 101}));
  CHECK(same({7, 100}, {7, 0}));
}

namespace {
// What a second process is told while somebody has a log with these contents locked.
std::string told_about(const std::string &contents) {
  const TempDir dir;
  const std::string path = dir / "data.snaplog";
  write_file(path, contents);
  const int holder = open(path.c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(flock(holder, LOCK_EX) == 0);
  int fd = -1;
  CHECK(snapshot::lock_existing_log(path.c_str(), snapshot::Contention::report, true, &fd).error == EAGAIN);
  close(holder);
  return last_error().substr(path.size());
}
}  // namespace

TEST_CASE("log: the process that has it locked is named as far as the header tells") {
  snapshot::format::Header header{};
  header.magic = snapshot::format::kMagic;
  header.owner_pid = 4321;
  const auto bytes = [](const snapshot::format::Header &h) {
    return std::string(reinterpret_cast<const char *>(&h), sizeof h);
  };
  CHECK(told_about(bytes(header)).find(": another process (4321) is writing the file") == 0);
  header.magic = 0;
  CHECK(told_about(bytes(header)).find(": another process is writing the file") == 0);
  CHECK(told_about("short").find(": another process is writing the file") == 0);
}
