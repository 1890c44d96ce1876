// A program that becomes a daemon: by daemon(3), or by forking twice.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "life.h"

using namespace life;

namespace {

// A grandchild in a session of its own runs body; its parent and that one's parent have exited by then. The
// caller gets its exit status by the pipe.
int in_daemon(const std::function<int()> &body) {
  int ends[2];
  EXPECT(pipe(ends) == 0);
  const pid_t first = fork();
  if (first == 0) {
    close(ends[0]);
    EXPECT(setsid() > 0);
    const pid_t middle = getpid();
    if (fork() != 0) _exit(0);
    while (getppid() == middle) usleep(100);
    const char status = static_cast<char>(body());
    EXPECT(write(ends[1], &status, 1) == 1);
    _exit(0);
  }
  close(ends[1]);
  EXPECT_SAME(status_of(first), 0);
  char status = -1;
  if (read(ends[0], &status, 1) != 1) status = -1;
  close(ends[0]);
  return status;
}

}  // namespace

CASE(a_daemon_maps_its_file_after_forking_twice) {
  {
    const File file("data", kPage);
  }
  EXPECT_SAME(in_daemon([] {
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
