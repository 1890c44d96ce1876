// Inspection does not hold the lock while it looks (recover_file.cc): what it saw counts only if nobody had
// the log meanwhile. Method: the log changes hands at the very call that gives the lock back, once or each
// time.
#include "crash_states.h"
#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/recover_file.h"

using namespace test;

namespace {

// Whenever inspection has given the lock back, another log takes the name of the one that it is about to
// read.
struct Taker {
  const TempDir &dir;
  std::string log;
  int times, taken = 0;

  long operator()(long number, const long *a) {
    if (number != SYS_flock || a[1] != LOCK_UN || taken == times) return 0;
    const std::string other = dir / ("taken" + std::to_string(++taken));
    syscall(SYS_rename, log.c_str(), other.c_str());
    write_file(log, read_file(other));
    return 0;
  }
};

struct Inspected {
  Inspected(const TempDir &dir, const std::string &path, int times) {
    Taker taker{dir, path + ".snaplog", times};
    (void)Steps::of([&] { s = snapshot::inspect_file(path.c_str(), &report); },
                    [&](long number, const long *a) { return taker(number, a); });
    taken = taker.taken;
  }
  snapshot::Status s;
  snapshot::FileReport report;
  int taken = 0;
};

}  // namespace

TEST_CASE("a log that changed hands while it was looked at is looked at again", "[log]") {
  TempDir dir;
  const std::string path = make_incomplete(dir);
  const Inspected inspected(dir, path, 3);
  CHECK(inspected.s.ok());
  CHECK(inspected.taken == 3);
  CHECK(inspected.report.findings.verdict == snapshot::Verdict::undo);
}

TEST_CASE("a log that changes hands all the time is reported as that, after a hundred times", "[log]") {
  TempDir dir;
  const std::string path = make_incomplete(dir);
  const Inspected inspected(dir, path, 1000);
  CHECK(inspected.s.error == EAGAIN);
  CHECK(inspected.taken == 100);
  CHECK(last_error().find("faster than it can be inspected") != std::string::npos);
}

TEST_CASE("a log that is gone when it has been looked at: there is none", "[log]") {
  TempDir dir;
  const std::string path = make_incomplete(dir), log = path + ".snaplog";
  snapshot::Status s;
  snapshot::FileReport report;
  (void)Steps::of([&] { s = snapshot::inspect_file(path.c_str(), &report); },
                  [&](long number, const long *a) -> long {
                    if (number == SYS_flock && a[1] == LOCK_UN) (void)syscall(SYS_unlink, log.c_str());
                    return 0;
                  });
  CHECK(s.ok());
  CHECK(report.findings.verdict == snapshot::Verdict::no_log);
  CHECK(report.findings.size_now == read_file(path).size());
}

TEST_CASE("a program that takes the log while it is looked at is what is reported", "[log]") {
  TempDir dir;
  const std::string path = make_incomplete(dir), log = path + ".snaplog";
  int theirs = -1;
  snapshot::Status s;
  snapshot::FileReport report;
  (void)Steps::of([&] { s = snapshot::inspect_file(path.c_str(), &report); },
                  [&](long number, const long *a) -> long {
                    if (number != SYS_flock || a[1] != LOCK_UN || theirs >= 0) return 0;
                    snapshot::sys::kernel_call(SYS_flock, a[0], LOCK_UN, 0, 0, 0, 0);
                    theirs = static_cast<int>(syscall(SYS_openat, AT_FDCWD, log.c_str(), O_RDWR));
                    syscall(SYS_flock, theirs, LOCK_EX);
                    return 0;
                  });
  CHECK(s.error == EAGAIN);
  CHECK(theirs >= 0);
  syscall(SYS_close, theirs);
}
