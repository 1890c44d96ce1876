// The log as a file: name, lock, identity, birth and end.
#include "log/sidecar.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <thread>

#include "in_child.h"
#include "log/log_reader.h"
#include "logged_file.h"
#include "platform/private_fd.h"
#include "small_disk.h"

namespace {

using snapshot::Contention;
using snapshot::lock_existing_log;
using snapshot::Path;

bool said(const std::string &words) { return test::last_error().find(words) != std::string::npos; }

}  // namespace

TEST_CASE("the log's name is the file's and .snaplog; one too long is an error") {
  Path path;
  REQUIRE(snapshot::sidecar_path("/a/b", &path).ok());
  CHECK(std::string(path.c_str()) == "/a/b.snaplog");
  Path too_long;
  CHECK(snapshot::sidecar_path(std::string(PATH_MAX - 5, 'x').c_str(), &too_long).error == ENAMETOOLONG);
}

TEST_CASE("a new log is whole, empty, locked, and as accessible as its file") {
  test::TempDir dir;
  test::write_file(dir / "data", "x");
  REQUIRE(chmod((dir / "data").c_str(), 0664) == 0);
  const int data_fd = open((dir / "data").c_str(), O_RDWR);
  snapshot::FileIdentity identity;
  REQUIRE(snapshot::identify(data_fd, &identity).ok());
  int fd = -1, other = -1;
  snapshot::format::Header header;
  const std::string path = dir / "data.snaplog";
  REQUIRE(snapshot::create_log(path.c_str(), data_fd, identity, 1, &fd, &header).ok());
  CHECK(snapshot::is_private(fd));
  CHECK(header.owner_pid == static_cast<snapshot::u32>(getpid()));
  snapshot::LogView log;
  REQUIRE(snapshot::read_log(fd, path.c_str(), &log).ok());
  CHECK(log.record[0].state == snapshot::AreaState::empty);
  CHECK(log.record[1].state == snapshot::AreaState::empty);
  CHECK(log.header.size_at_open == 1);
  struct stat st;
  REQUIRE(stat(path.c_str(), &st) == 0);
  CHECK((st.st_mode & 07777) == 0664);
  CHECK(st.st_nlink == 1);
  CHECK(lock_existing_log(path.c_str(), Contention::report, true, &other).error == EAGAIN);
  CHECK(said("(" + std::to_string(getpid()) + ")"));
  CHECK(lock_existing_log(path.c_str(), Contention::report, false, &other).error == EAGAIN);
  // A second log in its place is not made.
  CHECK(snapshot::create_log(path.c_str(), data_fd, identity, 1, &other, &header).error == EEXIST);
  snapshot::close_private(fd);
  REQUIRE(lock_existing_log(path.c_str(), Contention::report, true, &fd).ok());
  CHECK(fd >= 0);
  snapshot::close_private(fd);
  (void)close(data_fd);
}

TEST_CASE("no log is no error") {
  test::TempDir dir;
  int fd = 0;
  CHECK(lock_existing_log((dir / "none").c_str(), Contention::report, true, &fd).ok());
  CHECK(fd == -1);
}

TEST_CASE("what is not a regular file is not taken for a log, and nobody hangs on it") {
  test::TempDir dir;
  test::write_file(dir / "elsewhere", "precious");
  REQUIRE(symlink((dir / "elsewhere").c_str(), (dir / "link").c_str()) == 0);
  REQUIRE(symlink((dir / "nowhere").c_str(), (dir / "dangling").c_str()) == 0);
  REQUIRE(mkfifo((dir / "fifo").c_str(), 0600) == 0);
  REQUIRE(mkdir((dir / "directory").c_str(), 0700) == 0);
  const int s = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (dir / "socket").copy(address.sun_path, sizeof address.sun_path - 1);
  REQUIRE(bind(s, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0);
  for (bool writable : {true, false})
    for (const char *name : {"link", "dangling", "fifo", "directory", "socket"}) {
      INFO(name);
      int fd = -1;
      const snapshot::Status status =
          lock_existing_log((dir / name).c_str(), Contention::report, writable, &fd);
      CHECK_FALSE(status.ok());
      CHECK(fd == -1);
      CHECK(said(dir / name));
      CHECK(said("; "));
    }
  CHECK(test::read_file(dir / "elsewhere") == "precious");
  (void)close(s);
}

TEST_CASE("readers of a log do not keep each other out, but a writer keeps out all") {
  test::TempDir dir;
  test::LoggedFile file(dir / "data", "x");
  const std::string path = file.log_path();
  file.crash();
  int a = -1, b = -1, writer = -1;
  REQUIRE(lock_existing_log(path.c_str(), Contention::report, false, &a).ok());
  REQUIRE(lock_existing_log(path.c_str(), Contention::report, false, &b).ok());
  CHECK(lock_existing_log(path.c_str(), Contention::report, true, &writer).error == EAGAIN);
  snapshot::close_private(a);
  snapshot::close_private(b);
  CHECK(lock_existing_log(path.c_str(), Contention::report, true, &writer).ok());
  CHECK(lock_existing_log(path.c_str(), Contention::report, false, &a).error == EAGAIN);
  snapshot::close_private(writer);
}

TEST_CASE("a lock that is held for some milliseconds only is waited out") {
  test::TempDir dir;
  test::LoggedFile file(dir / "data", "x");
  const std::string path = file.log_path();
  file.crash();
  int inspector = -1, writer = -1;
  REQUIRE(lock_existing_log(path.c_str(), Contention::report, false, &inspector).ok());
  std::thread soon([&] {
    usleep(3000);
    snapshot::close_private(inspector);
  });
  CHECK(lock_existing_log(path.c_str(), Contention::report, true, &writer).ok());
  soon.join();
  snapshot::close_private(writer);
}

TEST_CASE("whoever waits for a log that is then removed finds that there is none") {
  test::TempDir dir;
  test::LoggedFile file(dir / "data", "x");
  const std::string path = file.log_path();
  std::thread owner([&] {
    usleep(20000);
    test::require_ok(snapshot::retire_log(path.c_str(), file.log().fd, file.log().header), "retire");
    file.crash();
  });
  int fd = 0;
  CHECK(lock_existing_log(path.c_str(), Contention::wait, true, &fd).ok());
  owner.join();
  CHECK(fd == -1);
}

TEST_CASE("a retired log is gone; one that cannot be removed says that it holds nothing") {
  test::TempDir dir;
  test::LoggedFile file(dir / "data", "x");
  const std::string path = file.log_path();
  REQUIRE(link(path.c_str(), (dir / "kept").c_str()) == 0);
  REQUIRE(snapshot::retire_log(path.c_str(), file.log().fd, file.log().header).ok());
  CHECK_FALSE(test::exists(path));
  snapshot::LogView log;
  REQUIRE(snapshot::read_log(file.log().fd, "kept", &log).ok());
  CHECK(log.retired);
}

TEST_CASE("retiring does not remove a log that has taken the name meanwhile") {
  test::TempDir dir;
  test::LoggedFile file(dir / "data", "x");
  REQUIRE(unlink(file.log_path().c_str()) == 0);
  test::write_file(file.log_path(), "another");
  REQUIRE(snapshot::retire_log(file.log_path().c_str(), file.log().fd, file.log().header).ok());
  CHECK(test::read_file(file.log_path()) == "another");
}

TEST_CASE("a full disk when a log is made is ENOSPC and leaves nothing behind") {
  test::SmallDisk disk("tmpfs", "size=64k");
  if (!disk.mounted()) return test::say_skipped("full disk", "cannot mount a tmpfs (needs root)");
  test::write_file(disk / "data", "x");
  const int data_fd = open((disk / "data").c_str(), O_RDWR);
  int fd = -1;
  snapshot::format::Header header;
  CHECK(snapshot::create_log((disk / "data.snaplog").c_str(), data_fd, {1, 1}, 1, &fd, &header).error ==
        ENOSPC);
  CHECK(said("data.snaplog: cannot create the log: no space left on device; free some space"));
  CHECK(fd == -1);
  CHECK_FALSE(test::exists(disk / "data.snaplog"));
  test::write_file(disk / "room", std::string(40 << 10, 'x'));
  (void)close(data_fd);
}

TEST_CASE("files are the same if inode and, where known, birth agree") {
  CHECK(snapshot::same_file({1, 5}, {1, 5}));
  CHECK(snapshot::same_file({1, 0}, {1, 5}));
  CHECK_FALSE(snapshot::same_file({1, 5}, {2, 5}));
  CHECK_FALSE(snapshot::same_file({1, 5}, {1, 6}));
}

TEST_CASE("a copy of a file is another file, a renamed one is the same") {
  test::TempDir dir;
  test::write_file(dir / "a", "x");
  test::write_file(dir / "b", "x");
  const auto identity = [&](const char *name) {
    const int fd = open((dir / name).c_str(), O_RDONLY);
    snapshot::FileIdentity id;
    REQUIRE(snapshot::identify(fd, &id).ok());
    (void)close(fd);
    return id;
  };
  const snapshot::FileIdentity a = identity("a");
  CHECK_FALSE(snapshot::same_file(a, identity("b")));
  REQUIRE(rename((dir / "a").c_str(), (dir / "c").c_str()) == 0);
  CHECK(snapshot::same_file(a, identity("c")));
}
