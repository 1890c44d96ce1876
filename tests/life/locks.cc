// A recovery by the program's own descriptor leaves that as it was. POSIX record locks (fcntl): a process
// loses all of its locks on a file when it closes any descriptor of it, so the library must close none.
#include <sys/syscall.h>
#include <unistd.h>

#include "life.h"

using namespace life;

namespace {

void lock(int fd, short type) {
  struct flock all = {};
  all.l_type = type;
  EXPECT(fcntl(fd, F_SETLK, &all) == 0);
}

// By whom is known from the process that asks: not by it.
bool is_locked(const char *name) {
  return in_child([name] {
           struct flock all = {};
           all.l_type = F_WRLCK;
           const int fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, name, O_RDWR));
           EXPECT(fd >= 0 && fcntl(fd, F_GETLK, &all) == 0);
           return all.l_type == F_UNLCK ? 0 : 7;
         }) == 7;
}

// Dies with a commit and a change after it.
void leave_a_log() {
  kill_after([] {
    const File file("data", 2 * kPage);
    char *m = file.map(2 * kPage);
    store(m, "first");
    store(m + kPage, zeros(200));  // into a hole, which a recovery looks for
    EXPECT(msync(m, 2 * kPage, MS_SYNC) == 0);
    store(m, "FIRST");
  });
  EXPECT(has_log("data") == with_snapshot());
}

}  // namespace

CASE(locks_outlive_a_recovery_at_open) {
  leave_a_log();
  const int reader = open("data", O_RDONLY);
  lock(reader, F_RDLCK);
  EXPECT(is_locked("data"));
  const int appender = open("data", O_RDWR | O_APPEND);
  EXPECT(appender >= 0 && !has_log("data"));
  EXPECT(is_locked("data"));
  EXPECT((fcntl(appender, F_GETFL) & O_APPEND) != 0 && lseek(appender, 0, SEEK_CUR) == 0);
  EXPECT_SAME(in_file("data", 0, 5), with_snapshot() ? "first" : "FIRST");
  EXPECT(close(reader) == 0);
  EXPECT(!is_locked("data"));
}

// A descriptor that was opened past the library, as by a parent process.
CASE(locks_outlive_a_recovery_at_mmap) {
  leave_a_log();
  const int fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, "data", O_RDWR | O_APPEND));
  EXPECT(fd >= 0 && lseek(fd, 3, SEEK_SET) == 3);
  lock(fd, F_WRLCK);
  char *m = static_cast<char *>(mmap(nullptr, 2 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  EXPECT(m != MAP_FAILED && is_managed(m) == with_snapshot());
  EXPECT_SAME(std::string(m, 5), with_snapshot() ? "first" : "FIRST");
  EXPECT(is_locked("data"));
  EXPECT((fcntl(fd, F_GETFL) & O_APPEND) != 0 && lseek(fd, 0, SEEK_CUR) == 3);
  store(m, "again");
  EXPECT(msync(m, 2 * kPage, MS_SYNC) == 0);
  EXPECT(munmap(m, 2 * kPage) == 0);
  EXPECT(is_locked("data"));
}

CASE(locks_outlive_a_change_of_size_by_name) {
  const File file("data", 2 * kPage);
  char *m = file.map(2 * kPage);
  lock(file.fd, F_WRLCK);
  EXPECT(truncate("data", 5 * kPage) == 0);
  EXPECT(is_locked("data"));
  EXPECT(truncate("data", 3 * kPage) == 0);
  store(m, "stays");
  EXPECT(msync(m, 2 * kPage, MS_SYNC) == 0);
  EXPECT(is_locked("data"));
  EXPECT_SAME(size_in_file("data"), static_cast<long>(3 * kPage));
  EXPECT_ERROR(truncate("data/", 3 * kPage), -1, ENOTDIR);
  EXPECT(munmap(m, 2 * kPage) == 0);
  EXPECT(is_locked("data"));
}
