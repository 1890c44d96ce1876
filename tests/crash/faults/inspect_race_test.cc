// What inspection meets when the log changes under its eyes. inspect_file looks without holding the lock and
// then makes sure that nobody had it meanwhile (recovery/recover_file.cc). The meanwhile is made to happen:
// an observer changes the log's name just before it is opened once more.
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

#include "base/observer.h"
#include "base/syscall.h"
#include "crash_states.h"
#include "recovery/recover_file.h"

using namespace test;

namespace {

std::string log_path;
unsigned opens, changes_left;
bool replaced;  // by another log; otherwise removed

void change() {
  std::filesystem::rename(log_path, log_path + ".was");
  if (replaced) std::filesystem::copy_file(log_path + ".was", log_path);
}

// Every second time the log is opened is the second look.
long before_second_look(long number, const long a[6]) {
  const bool log = number == SYS_openat && log_path == reinterpret_cast<const char *>(a[1]);
  if (log && ++opens % 2 == 0 && changes_left > 0) {
    --changes_left;
    change();
  }
  return snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

// Cuts the log when its length has been asked for and its first area is about to be read.
long before_area_is_read(long number, const long a[6]) {
  if (number == SYS_pread64 && a[3] >= 4096) std::filesystem::resize_file(log_path, 4096);
  return snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

using Call = long (*)(long number, const long a[6]);

class Race {
 public:
  Race(const std::string &data, Call call, unsigned changes = 0, bool by_another = false)
      : observer_{call, nullptr} {
    log_path = data + ".snaplog", opens = 0, changes_left = changes, replaced = by_another;
    snapshot::snapshot_observer = &observer_;
  }
  ~Race() { snapshot::snapshot_observer = nullptr; }

 private:
  snapshot::Observer observer_;
};

}  // namespace

TEST_CASE("inspect: a log that is replaced meanwhile is looked at again") {
  const TempDir dir;
  const std::string path = make_incomplete(dir);
  snapshot::FileReport report;
  const Race race(path, before_second_look, 3, true);
  REQUIRE(snapshot::inspect_file(path.c_str(), &report).ok());
  CHECK(report.findings.verdict == snapshot::Verdict::undo);
  CHECK(opens == 8);
}

TEST_CASE("inspect: a log that is removed meanwhile has been recovered") {
  const TempDir dir;
  const std::string path = make_incomplete(dir);
  snapshot::FileReport report;
  const Race race(path, before_second_look, 1, false);
  REQUIRE(snapshot::inspect_file(path.c_str(), &report).ok());
  CHECK(report.findings.verdict == snapshot::Verdict::no_log);
}

TEST_CASE("inspect: programs that are faster are reported") {
  const TempDir dir;
  const std::string path = make_incomplete(dir);
  const std::string before = read_file(path);
  snapshot::FileReport report;
  const Race race(path, before_second_look, ~0u, true);
  CHECK(snapshot::inspect_file(path.c_str(), &report).error == EAGAIN);
  CHECK(last_error().find(path + ": programs open and close it faster") == 0);
  CHECK(read_file(path) == before);
}

TEST_CASE("inspect: a log that is cut while it is read is refused") {
  const TempDir dir;
  const std::string path = make_incomplete(dir);
  snapshot::FileReport report;
  const Race race(path, before_area_is_read);
  CHECK(snapshot::inspect_file(path.c_str(), &report).error == EBADMSG);
  CHECK(last_error().find("it ends while it is read") != std::string::npos);
}
