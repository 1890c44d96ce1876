#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tracked_call.h"

using test::at;

extern "C" {
int __fcntl(int, int, ...);
ssize_t __read(int, void *, size_t);
ssize_t __pread64(int, void *, size_t, off64_t);
ssize_t __read_chk(int, void *, size_t, size_t);
ssize_t __pread_chk(int, void *, size_t, off_t, size_t);
ssize_t __pread64_chk(int, void *, size_t, off64_t, size_t);
}

namespace {

// A file with something in it, read from the start.
struct File {
  FILE *stream = tmpfile();
  int fd = fileno(stream);
  File() {
    for (int i = 0; i < 50; ++i) fputs("0123456789", stream);
    rewind(stream);
  }
  ~File() { fclose(stream); }
};
constexpr size_t n = 300;
#define FROM_FILE(...) TRACKED_AFTER(lseek(file.fd, 0, SEEK_SET), __VA_ARGS__)

}  // namespace

TEST_CASE("reading by every name is tracked") {
  const File file;
  FROM_FILE(__read(file.fd, at<char>(0), n));
  FROM_FILE(__pread64(file.fd, at<char>(0), n, 0));
  FROM_FILE(__read_chk(file.fd, at<char>(0), n, n));
  FROM_FILE(__pread_chk(file.fd, at<char>(0), n, 0, n));
  FROM_FILE(__pread64_chk(file.fd, at<char>(0), n, 0, n));
  const auto parts = [] { at<iovec>(0)[0] = {at<char>(1), 100}, at<iovec>(0)[1] = {at<char>(2), 200}; };
  TRACKED_AFTER(parts(), preadv2(file.fd, at<iovec>(0), 2, 0, 0));
  TRACKED_AFTER(parts(), preadv64v2(file.fd, at<iovec>(0), 2, 0, 0));
}

TEST_CASE("what ioctl fills in is tracked") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  REQUIRE(write(ends[1], "abc", 3) == 3);
  TRACKED(ioctl(ends[0], FIONREAD, at<int>(0)));
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  TRACKED_IF_ANY(ioctl(terminal, TIOCGWINSZ, at<winsize>(0)));
  TRACKED_IF_ANY(ioctl(terminal, TIOCGPTN, at<int>(0)));
  close(terminal), close(ends[0]), close(ends[1]);
}

TEST_CASE("what fcntl, prctl and semctl fill in is tracked") {
  const File file;
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  TRACKED_AFTER((*at<struct flock>(0) = lock), fcntl(file.fd, F_GETLK, at<struct flock>(0)));
  TRACKED_AFTER((*at<struct flock>(0) = lock), fcntl64(file.fd, F_GETLK, at<struct flock>(0)));
  TRACKED_AFTER((*at<struct flock>(0) = lock), __fcntl(file.fd, F_GETLK, at<struct flock>(0)));
  TRACKED(prctl(PR_GET_NAME, at<char>(0)));
  const int set = semget(IPC_PRIVATE, 20, 0600);
  REQUIRE(set >= 0);
  TRACKED(semctl(set, 0, IPC_STAT, at<semid_ds>(0)));
  TRACKED(semctl(set, 0, GETALL, at<unsigned short>(0)));
  semctl(set, 0, IPC_RMID);
}

TEST_CASE("system calls by number are tracked") {
  const File file;
  FROM_FILE(syscall(SYS_read, file.fd, at<char>(0), n));
  FROM_FILE(syscall(SYS_pread64, file.fd, at<char>(0), n, 0));
  TRACKED_AFTER((*at<iovec>(0) = {at<char>(1), n}), syscall(SYS_preadv, file.fd, at<iovec>(0), 1, 0, 0));
  TRACKED(syscall(SYS_getrandom, at<char>(0), n, 0));
  TRACKED(syscall(SYS_clock_gettime, CLOCK_REALTIME, at<timespec>(0)));
  // Those that return twice come back as well.
  const pid_t child = static_cast<pid_t>(syscall(SYS_fork));
  if (child == 0) _exit(7);
  REQUIRE(child > 0);
  int status = 0;
  REQUIRE(syscall(SYS_wait4, child, &status, 0, nullptr) == child);
  CHECK(WEXITSTATUS(status) == 7);
}

namespace {

// Waits for a request in the file, and asks how it went.
template <typename Ask>
long finished(int started, Ask ask) {
  const aiocb *const blocks[] = {at<aiocb>(0)};
  while (started == 0 && aio_error(at<aiocb>(0)) == EINPROGRESS) aio_suspend(blocks, 1, nullptr);
  return ask();
}

}  // namespace

TEST_CASE("asynchronous requests are tracked when they are done") {
  const File file;
  const auto block = [&](int operation) {
    *at<aiocb>(0) = {};
    at<aiocb>(0)->aio_fildes = file.fd, at<aiocb>(0)->aio_lio_opcode = operation;
    at<aiocb>(0)->aio_buf = at<char>(1), at<aiocb>(0)->aio_nbytes = n;
  };
  const auto block64 = [] { return at<aiocb64>(0); };
  const auto result = [] { return aio_return(at<aiocb>(0)); };
  const auto result64 = [] { return aio_return64(at<aiocb64>(0)); };
  TRACKED_AFTER(block(0), finished(aio_read(at<aiocb>(0)), result));
  TRACKED_AFTER(block(0), finished(aio_read64(block64()), result64));
  TRACKED_AFTER(block(LIO_READ), [&] {
    aiocb *const blocks[] = {at<aiocb>(0)};
    return lio_listio(LIO_WAIT, blocks, 1, nullptr);
  }());
  TRACKED_AFTER(block(LIO_READ), [&] {
    aiocb64 *const blocks[] = {block64()};
    return lio_listio64(LIO_WAIT, blocks, 1, nullptr);
  }());
  // Known from aio_error, or a wait, alone.
  TRACKED_AFTER(block(0), finished(aio_read(at<aiocb>(0)), [] { return aio_error(at<aiocb>(0)); }));
  TRACKED_AFTER(block(0), [&] {
    aio_read64(block64());
    const aiocb64 *const blocks[] = {block64()};
    while (aio_suspend64(blocks, 1, nullptr) != 0 || aio_error64(block64()) == EINPROGRESS) continue;
    return 0;
  }());
  TRACKED_AFTER(block(0), finished(aio_fsync(O_SYNC, at<aiocb>(0)), result));
  TRACKED_AFTER(block(0), finished(aio_fsync64(O_SYNC, block64()), result64));
  TRACKED_AFTER(block(0), finished(aio_write(at<aiocb>(0)), result));
  TRACKED_AFTER(block(0), finished(aio_write64(block64()), result64));
  TRACKED_IF_ANY_AFTER(block(0), aio_cancel(file.fd, at<aiocb>(0)));
  TRACKED_IF_ANY_AFTER(block(0), aio_cancel64(file.fd, block64()));
}
