// A program that becomes a daemon as daemon(3) does it: it forks, its parent exits, and once more.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "life.h"

using namespace life;

namespace {

// Returns in the daemon, when both parents are on their way out.
void become_daemon() {
  int parents[2];
  EXPECT(pipe(parents) == 0);
  if (fork() != 0) _exit(0);
  EXPECT(setsid() > 0);
  if (fork() != 0) _exit(0);
  close(parents[1]);
  char byte;
  EXPECT(read(parents[0], &byte, 1) == 0);
  close(parents[0]);
}

// body becomes a daemon and returns there. What it returned, or -1 if it did not get so far.
int run_daemon(const std::function<int()> &body) {
  int ends[2];
  EXPECT(pipe(ends) == 0);
  // Its parents may not have closed the log yet.
  setenv("SNAPSHOT_WAIT", "1", 1);
  const int first = in_child([&] {
    close(ends[0]);
    const char result = static_cast<char>(body());
    EXPECT(write(ends[1], &result, 1) == 1);
    return 0;
  });
  EXPECT_SAME(first, 0);
  close(ends[1]);
  char result;
  const bool done = read(ends[0], &result, 1) == 1;
  close(ends[0]);
  return done ? result : -1;
}

}  // namespace

CASE(a_daemon_maps_its_file_after_its_last_fork) {
  {
    const File file("data", kPage);
  }
  EXPECT_SAME(run_daemon([] {
                become_daemon();
                const File file("data");
                char *m = file.map(kPage);
                store(m, "daemon");
                EXPECT(msync(m, kPage, MS_SYNC) == 0);
                store(m, "lost!!");
                return 7;
              }),
              7);
  EXPECT_SAME(recovered("data", 0, 6), with_snapshot() ? "daemon" : "lost!!");
}

// What was mapped before is its parent's, also when that one has gone: the daemon maps the file anew. Of what
// its parent had stored and not committed the file knows nothing.
CASE(a_daemon_maps_anew_what_its_parent_had_mapped) {
  {
    const File file("data", kPage);
  }
  EXPECT_SAME(run_daemon([] {
                const File file("data");
                char *m = file.map(kPage);
                store(m, "committed");
                EXPECT(msync(m, kPage, MS_SYNC) == 0);
                store(m + 64, "pending");
                become_daemon();
                EXPECT_SAME(std::string(m, 9), "committed");
                EXPECT_SAME(std::string(m + 64, 7), "pending");
                if (with_snapshot()) EXPECT_ERROR(msync(m, kPage, MS_SYNC), -1, EPERM);
                char *n = file.map(kPage);
                EXPECT_SAME(std::string(n, 9), "committed");
                EXPECT_SAME(std::string(n + 64, 7), with_snapshot() ? zeros(7) : "pending");
                store(n + 64, "daemon!");
                EXPECT(msync(n, kPage, MS_SYNC) == 0);
                store(n, "lost in it");
                return 7;
              }),
              7);
  EXPECT_SAME(recovered("data", 0, 9), with_snapshot() ? "committed" : "lost in i");
  EXPECT_SAME(in_file("data", 64, 7), "daemon!");
}
