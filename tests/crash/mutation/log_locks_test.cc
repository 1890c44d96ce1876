// The log's name and its lock (log/sidecar.h) where a call fails, or somebody else is faster. Claim: nobody
// is told that he has a log that is no longer the file's, or of an owner that the log does not name.
#include <sys/file.h>

#include <set>

#include "crash_states.h"
#include "log/log_reader.h"
#include "log/sidecar.h"
#include "order_of_steps.h"
#include "own_process.h"
#include "platform/private_fd.h"

using namespace test;
using snapshot::Contention;
using snapshot::Status;

namespace {

Status lock(const std::string &log, int *fd, const Steps::Fault &fault = nullptr) {
  Status s;
  (void)Steps::of([&] { s = snapshot::lock_existing_log(log.c_str(), Contention::report, true, fd); }, fault);
  return s;
}

}  // namespace

TEST_CASE("a log that loses its name while it is being locked is not there", "[log]") {
  TempDir dir;
  const std::string log = make_incomplete(dir) + ".snaplog";
  int fd = -1;
  REQUIRE(lock(log, &fd).ok());
  REQUIRE(fd >= 0);
  snapshot::close_private(fd);
  REQUIRE(lock(log, &fd, [&](long number, const long *) -> long {
            if (number == SYS_flock) (void)unlink(log.c_str());
            return 0;
          }).ok());
  CHECK(fd == -1);
}

TEST_CASE("a log that cannot be locked is an error, and which one is told", "[log]") {
  TempDir dir;
  const std::string log = make_incomplete(dir) + ".snaplog";
  for (const int error : {ENOLCK, EIO}) {
    int fd = -1, calls = 0;
    const Status s = lock(log, &fd, [&](long number, const long *) -> long {
      return number == SYS_flock && ++calls > 0 ? -error : 0;
    });
    CHECK(s.error == error);
    CHECK(calls == 1);
    CHECK(fd == -1);
  }
}

TEST_CASE("the owner of a log is named only if the log names one", "[log]") {
  TempDir dir;
  const std::string log = make_incomplete(dir) + ".snaplog", header = read_file(log).substr(0, 64);
  const auto message_for = [&](const std::string &contents) {
    write_file(log, contents);
    const int owner = open(log.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(flock(owner, LOCK_EX) == 0);
    int fd = -1;
    CHECK(lock(log, &fd).error == EAGAIN);
    close(owner);
    return last_error();
  };
  const std::string pid = " (" + std::to_string(getpid()) + ")";
  CHECK(message_for(header).find(pid) != std::string::npos);
  CHECK(message_for(header.substr(0, 60)).find(pid) == std::string::npos);
  CHECK(message_for("another" + header.substr(7)).find(pid) == std::string::npos);
}

TEST_CASE("the directory of a file in the root directory is the root", "[log]") {
  CHECK(snapshot::sync_directory_of("/name").ok());
}

namespace {

struct Created {
  Status status;
  int fd = -1;
  snapshot::format::Header header;
};

Created create(const std::string &log, int data_fd, const Steps::Fault &fault) {
  Created c;
  snapshot::FileIdentity identity;
  REQUIRE(snapshot::identify(data_fd, &identity).ok());
  (void)Steps::of(
      [&] { c.status = snapshot::create_log(log.c_str(), data_fd, identity, 1, &c.fd, &c.header); }, fault);
  if (c.fd >= 0) snapshot::close_private(c.fd);
  return c;
}

}  // namespace

TEST_CASE("a log that cannot be made is an error, and which one is told", "[log]") {
  TempDir dir;
  write_file(dir / "data", "x");
  const int data = open((dir / "data").c_str(), O_RDWR | O_CLOEXEC);
  const std::string log = dir / "data.snaplog";
  for (const auto &[number, error] :
       {std::pair{SYS_openat, EACCES}, {SYS_openat, EMFILE}, {SYS_fcntl, EMFILE}}) {
    const Created c =
        create(log, data, [&, number = number, error = error](long called, const long *) -> long {
          return called == number ? -error : 0;
        });
    CHECK(c.status.error == error);
    CHECK(c.fd < 0);
    CHECK(last_error().find("cannot create the log") != std::string::npos);
    CHECK_FALSE(exists(log));
  }
  close(data);
}

TEST_CASE("where files without a name cannot be made, each log has a temporary name of its own", "[log]") {
  TempDir dir;
  write_file(dir / "data", "x");
  const int data = open((dir / "data").c_str(), O_RDWR | O_CLOEXEC);
  std::set<std::string> names;
  for (int round = 0; round < 2; ++round) {
    const Created c = create(dir / "data.snaplog", data, [&](long number, const long *a) -> long {
      if (number != SYS_openat) return 0;
      if ((a[2] & O_TMPFILE) == O_TMPFILE) return -EOPNOTSUPP;
      if ((a[2] & O_CREAT) != 0) names.insert(reinterpret_cast<const char *>(a[1]));
      return 0;
    });
    CHECK(c.status.ok());
    REQUIRE(unlink((dir / "data.snaplog").c_str()) == 0);
  }
  CHECK(names.size() == 2);
  for (const std::string &name : names) CHECK_FALSE(exists(name));
  close(data);
}

TEST_CASE("a log is given to the owner of the data file, or to nobody if it cannot be known", "[log]") {
  TempDir dir;
  write_file(dir / "data", "x");
  const int data = open((dir / "data").c_str(), O_RDWR | O_CLOEXEC);
  struct stat st;
  REQUIRE(fstat(data, &st) == 0);
  for (const bool known : {true, false}) {
    int given = 0;
    const Created c = create(dir / "data.snaplog", data, [&](long number, const long *a) -> long {
      if (number == SYS_fstat && !known) return -EIO;
      if (number != SYS_fchown) return 0;
      ++given;
      CHECK(static_cast<uid_t>(a[1]) == st.st_uid);
      CHECK(static_cast<gid_t>(a[2]) == st.st_gid);
      return 0;
    });
    CHECK(c.status.ok());
    CHECK(given == (known ? 1 : 0));
    REQUIRE(unlink((dir / "data.snaplog").c_str()) == 0);
  }
  close(data);
}

TEST_CASE("a log that cannot be filled is an error and gets no name", "[log]") {
  TempDir dir;
  write_file(dir / "data", "x");
  const int data = open((dir / "data").c_str(), O_RDWR | O_CLOEXEC);
  for (int n = 1;; ++n) {
    INFO("write " << n);
    int left = n;
    const Created c = create(dir / "data.snaplog", data, [&](long number, const long *) -> long {
      return number == SYS_pwrite64 && --left == 0 ? -EIO : 0;
    });
    if (left > 0) {
      CHECK(n > 3);
      CHECK(c.status.ok());
      REQUIRE(unlink((dir / "data.snaplog").c_str()) == 0);
      break;
    }
    CHECK(c.status.error == EIO);
    CHECK_FALSE(exists(dir / "data.snaplog"));
  }
  const Created c = create(dir / "data.snaplog", data, [&](long number, const long *) -> long {
    return number == SYS_fallocate ? -EOPNOTSUPP : number == SYS_ftruncate ? -EFBIG : 0;
  });
  CHECK(c.status.error == EFBIG);
  CHECK_FALSE(exists(dir / "data.snaplog"));
  close(data);
}

TEST_CASE("a write of a new log that is cut short is gone on with", "[log]") {
  TempDir dir;
  write_file(dir / "data", "x");
  const int data = open((dir / "data").c_str(), O_RDWR | O_CLOEXEC);
  REQUIRE(create(dir / "data.snaplog", data, [](long number, const long *a) -> long {
            if (number != SYS_pwrite64 || a[2] < 2) return 0;
            return snapshot::sys::kernel_call(number, a[0], a[1], a[2] / 2, a[3], 0, 0);
          }).status.ok());
  const int log = open((dir / "data.snaplog").c_str(), O_RDONLY | O_CLOEXEC);
  snapshot::LogView view;
  CHECK(snapshot::read_log(log, "log", &view).ok());
  close(log);
  close(data);
}

TEST_CASE("a log says which file it is of, and is like no other log of it", "[log]") {
  TempDir dir;
  write_file(dir / "data", "x");
  const int data = open((dir / "data").c_str(), O_RDWR | O_CLOEXEC);
  struct statx real = {};
  REQUIRE(statx(data, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &real) == 0);
  const u64 birth = (real.stx_mask & STATX_BTIME) == 0
                        ? 0
                        : static_cast<u64>(real.stx_btime.tv_sec) * 1'000'000'000 + real.stx_btime.tv_nsec;
  std::set<u64> ids;
  for (int round = 0; round < 3; ++round) {
    const Created c = create(dir / "data.snaplog", data, nullptr);
    CHECK(c.status.ok());
    CHECK(c.header.file_inode == real.stx_ino);
    CHECK(c.header.file_birth_ns == birth);
    ids.insert(c.header.log_id);
    REQUIRE(unlink((dir / "data.snaplog").c_str()) == 0);
  }
  CHECK(ids.size() == 3);
  // A file system that knows no time of birth.
  snapshot::FileIdentity identity;
  (void)Steps::of([&] { CHECK(snapshot::identify(data, &identity).ok()); },
                  [](long number, const long *a) -> long {
                    if (number != SYS_statx) return 0;
                    auto *out = reinterpret_cast<struct statx *>(a[4]);
                    out->stx_mask = STATX_INO, out->stx_ino = 7;
                    out->stx_btime.tv_sec = 123;
                    return 1;  // not 0, which would make the call
                  });
  CHECK(identity.inode == 7);
  CHECK(identity.birth_ns == 0);
  close(data);
}

TEST_CASE("what cannot be used as a log leaves no descriptor open, and which error is told", "[log]") {
  TempDir dir;
  const std::string log = make_incomplete(dir) + ".snaplog", fifo = dir / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const auto descriptors = [] {
    const auto all = std::filesystem::directory_iterator("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const auto before = descriptors();
  int fd = -1;
  CHECK(lock(fifo, &fd).error == EINVAL);
  CHECK(fd == -1);
  CHECK(lock(log, &fd, [](long number, const long *) -> long {
          return number == SYS_fcntl ? -EMFILE : 0;
        }).error == EMFILE);
  CHECK(fd == -1);
  CHECK(last_error().find("ulimit -n") != std::string::npos);
  CHECK(descriptors() == before);
}

TEST_CASE("a log whose name cannot be made or synced is an error, and nothing of it stays", "[log]") {
  TempDir dir;
  write_file(dir / "data", "x");
  const int data = open((dir / "data").c_str(), O_RDWR | O_CLOEXEC);
  const auto files = [&] {
    const auto all = std::filesystem::directory_iterator(dir.path());
    return std::distance(begin(all), end(all));
  };
  struct Failure {
    long number;
    int nth, error, told;
  };
  // The log is the first that is synced, its directory the second; both are opened.
  const Failure failures[] = {{SYS_linkat, 1, EIO, EIO},     {SYS_linkat, 1, EEXIST, EEXIST},
                              {SYS_fsync, 1, EIO, EIO},      {SYS_fsync, 2, EIO, EIO},
                              {SYS_fsync, 2, EINVAL, 0},     {SYS_openat, 2, EMFILE, EMFILE},
                              {SYS_flock, 1, ENOLCK, ENOLCK}};
  for (const bool unnamed : {true, false})
    for (const Failure &f : failures) {
      INFO("call " << f.number << ", " << f.nth << ", error " << f.error
                   << (unnamed ? "" : ", with a temporary name"));
      int left = f.nth;
      const Created c = create(dir / "data.snaplog", data, [&](long number, const long *a) -> long {
        if (number == SYS_openat && (a[2] & O_TMPFILE) == O_TMPFILE && !unnamed) return -EOPNOTSUPP;
        return number == f.number && --left == 0 ? -f.error : 0;
      });
      CHECK(c.status.error == f.told);
      CHECK(files() == (f.told == 0 ? 2 : 1));
      (void)unlink((dir / "data.snaplog").c_str());
    }
  close(data);
}

TEST_CASE("a log that cannot be retired keeps its name, and the error is the system's", "[log]") {
  TempDir dir;
  for (const auto &[number, error] :
       {std::pair{SYS_pwrite64, EIO}, {SYS_pwrite64, ENOSPC}, {SYS_fdatasync, EIO}}) {
    LoggedFile file(dir / "data", "x");
    Status s;
    (void)Steps::of(
        [&] { s = snapshot::retire_log(file.log_path().c_str(), file.log().fd, file.log().header); },
        [number = number, error = error](long called, const long *) -> long {
          return called == number ? -error : 0;
        });
    CHECK(s.error == error);
    CHECK(exists(file.log_path()));
    REQUIRE(unlink(file.log_path().c_str()) == 0);
  }
}
