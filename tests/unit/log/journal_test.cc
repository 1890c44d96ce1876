// The writing process's end of a backup's journal (log/journal.h). Claim: it writes to the journal of the
// backup that the board names, made by one who may, and to no other file, whatever has that name; what goes
// wrong spoils the backup, and is withdrawn from the board. Method: both ends in one process; flock(2) is of
// the open file, so each end sees the other's.
#include "log/journal.h"

#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <array>
#include <catch2/catch.hpp>
#include <climits>
#include <filesystem>
#include <iterator>

#include "in_child.h"
#include "logged_file.h"

using namespace test;
using snapshot::Board;
using snapshot::Journal;
using snapshot::JournalHeader;

namespace {

constexpr snapshot::u32 number = 7;

std::ptrdiff_t descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

struct Scene {
  TempDir dir;
  LoggedFile file{dir / "data", std::string(64, 'a')};
  std::string path = file.log_path() + ".backup";
  Board board{};
  Journal journal;
  int fd = -1;  // the backup's end

  Scene() { board.backup = number; }
  ~Scene() {
    journal.close();
    let_go();
  }
  snapshot::u64 log_id() { return file.log().header.log_id; }
  int create(snapshot::u32 backup = number) {
    const int data = open((dir / "data").c_str(), O_RDONLY | O_CLOEXEC);
    const snapshot::Status s = snapshot::create_journal(path.c_str(), data, log_id(), backup, &fd);
    (void)close(data);
    if (!s.ok()) fd = -1;
    return s.error;
  }
  // As when the backup has ended.
  void let_go() {
    if (fd >= 0) (void)close(fd);
    fd = -1;
  }
  void append(const std::string &bytes) {
    const struct iovec piece = {const_cast<char *>(bytes.data()), bytes.size()};
    journal.append(&board, file.log_path().c_str(), file.log(), &piece, 1);
  }
  void put(JournalHeader header, const std::string &more = "") {
    write_file(path, std::string(reinterpret_cast<const char *>(&header), sizeof header) + more);
    fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(flock(fd, LOCK_EX | LOCK_NB) == 0);
  }
  JournalHeader header() {
    JournalHeader h{};
    h.magic = JournalHeader::kMagic;
    h.log_id = log_id();
    h.backup = number;
    return h;
  }
  // What is there is as it was, the backup knows, and the process has no more to do with it.
  void check_refused(int error) {
    const std::string before = read_file(path);
    const std::ptrdiff_t open_before = descriptors();
    append("new");
    CHECK(descriptors() == open_before);
    CHECK(read_file(path) == before);
    CHECK(board.spoiled == number);
    CHECK(board.error == error);
    CHECK(board.backup == 0);
    CHECK(board.journal_of != number);
  }
};

}  // namespace

TEST_CASE("what is appended to a journal is behind its header, and the board says how much") {
  Scene scene;
  REQUIRE(scene.create() == 0);
  const std::string header = read_file(scene.path);
  REQUIRE(header.size() == sizeof(JournalHeader));
  scene.append("one");
  CHECK(scene.board.journal_bytes == sizeof(JournalHeader) + 3);
  CHECK(scene.board.journal_of == number);
  scene.append("three");
  CHECK(read_file(scene.path) == header + "onethree");
  CHECK(scene.board.journal_bytes == sizeof(JournalHeader) + 8);
  CHECK(scene.board.spoiled == 0);
  CHECK(scene.board.backup == number);
}

TEST_CASE("a journal of another log, another backup, or none, is not written to") {
  Scene scene;
  SECTION("none") {
    scene.append("new");
    CHECK(scene.board.spoiled == number);
    CHECK(scene.board.error == ENOENT);
    CHECK(scene.board.backup == 0);
  }
  SECTION("another kind of file") {
    JournalHeader h = scene.header();
    ++h.magic;
    scene.put(h);
    scene.check_refused(EINVAL);
  }
  SECTION("another log's") {
    JournalHeader h = scene.header();
    ++h.log_id;
    scene.put(h);
    scene.check_refused(EINVAL);
  }
  SECTION("another backup's") {
    JournalHeader h = scene.header();
    ++h.backup;
    scene.put(h);
    scene.check_refused(EINVAL);
  }
  SECTION("with a second name") {
    scene.put(scene.header());
    REQUIRE(link(scene.path.c_str(), (scene.dir / "other").c_str()) == 0);
    scene.check_refused(EINVAL);
  }
  SECTION("a link") {
    scene.put(scene.header());
    REQUIRE(rename(scene.path.c_str(), (scene.dir / "other").c_str()) == 0);
    REQUIRE(symlink((scene.dir / "other").c_str(), scene.path.c_str()) == 0);
    scene.check_refused(ELOOP);
  }
  SECTION("shorter than a header") {
    write_file(scene.path, "short");
    scene.fd = open(scene.path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(flock(scene.fd, LOCK_EX) == 0);
    const std::string before = read_file(scene.path);
    scene.append("new");
    CHECK(read_file(scene.path) == before);
    CHECK(scene.board.spoiled == number);
  }
  SECTION("a pipe") {
    REQUIRE(mkfifo(scene.path.c_str(), 0600) == 0);
    scene.fd = open(scene.path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(flock(scene.fd, LOCK_EX) == 0);
    scene.append("new");
    char byte;
    CHECK(read(scene.fd, &byte, 1) == -1);
    CHECK(scene.board.spoiled == number);
    CHECK(scene.board.error == EINVAL);
  }
  SECTION("somebody else's") {
    if (geteuid() != 0) return;
    scene.put(scene.header());
    REQUIRE(chown(scene.path.c_str(), 4711, 4711) == 0);
    scene.check_refused(EPERM);
  }
  SECTION("the owner's of the log") {
    if (geteuid() != 0) return;
    scene.put(scene.header());
    REQUIRE(chown(scene.path.c_str(), 4711, 4711) == 0);
    REQUIRE(chown(scene.file.log_path().c_str(), 4711, 4711) == 0);
    scene.append("new");
    CHECK(scene.board.spoiled == 0);
  }
  SECTION("the process's own, or root's, where the log is somebody else's") {
    if (geteuid() != 0) return;
    const std::string header(reinterpret_cast<const char *>(std::array{scene.header()}.data()),
                             sizeof(JournalHeader));
    REQUIRE(chmod(scene.dir.path().c_str(), 0777) == 0);
    for (const uid_t owner : {4711u, 0u}) {
      scene.put(scene.header());
      REQUIRE(chown(scene.path.c_str(), owner, owner) == 0);
      REQUIRE(chmod(scene.path.c_str(), 0666) == 0);
      REQUIRE(chown(scene.file.log_path().c_str(), 4712, 4712) == 0);
      REQUIRE(in_child([&] {
                if (seteuid(4711) != 0) return 1;
                scene.append("new");
                return scene.board.spoiled == 0 ? 0 : 2;
              }) == 0);
      CHECK(read_file(scene.path) == header + "new");
      scene.let_go();
    }
  }
}

TEST_CASE("a journal's name that would be too long is none") {
  const std::string name(PATH_MAX - 9, 'a'), longer = name + "a";
  snapshot::Path path;
  CHECK(snapshot::journal_path(name.c_str(), &path).ok());
  CHECK(path.c_str() == name + ".backup");
  snapshot::Path too_long;
  CHECK(snapshot::journal_path(longer.c_str(), &too_long).error == ENAMETOOLONG);
  Scene scene;
  REQUIRE(scene.create() == 0);
  const std::ptrdiff_t open_before = descriptors();
  const struct iovec piece = {const_cast<char *>("new"), 3};
  SECTION("from the beginning") {
    scene.journal.append(&scene.board, longer.c_str(), scene.file.log(), &piece, 1);
    CHECK(scene.board.spoiled == number);
    CHECK(scene.board.error == ENAMETOOLONG);
  }
  SECTION("since the file was renamed, and the backup has died") {
    scene.append("one");
    scene.let_go();
    scene.journal.append(&scene.board, longer.c_str(), scene.file.log(), &piece, 1);
    CHECK(scene.board.spoiled == 0);
    CHECK(descriptors() == open_before - 1);
    CHECK(exists(scene.path));
  }
  CHECK(scene.board.backup == 0);
}

TEST_CASE("a journal whose backup is gone, and whose name another one has, is let go alone") {
  Scene scene;
  REQUIRE(scene.create() == 0);
  scene.append("one");
  scene.let_go();
  REQUIRE(unlink(scene.path.c_str()) == 0);
  write_file(scene.path, "another");
  scene.append("two");
  CHECK(read_file(scene.path) == "another");
  CHECK(scene.board.backup == 0);
  CHECK(scene.board.spoiled == 0);
}

TEST_CASE("a journal whose backup is gone is taken away, and so is the backup's number") {
  Scene scene;
  REQUIRE(scene.create() == 0);
  const std::string before = read_file(scene.path);
  const std::ptrdiff_t open_before = descriptors();
  scene.let_go();
  const int kept = open(scene.path.c_str(), O_RDONLY | O_CLOEXEC);
  scene.append("one");
  CHECK(descriptors() == open_before);
  CHECK(lseek(kept, 0, SEEK_END) == static_cast<off_t>(before.size()));
  (void)close(kept);
  CHECK_FALSE(exists(scene.path));
  CHECK(scene.board.backup == 0);
  CHECK(scene.board.spoiled == 0);
}

TEST_CASE("a backup that is over is let go, and the next one's journal begins anew") {
  Scene scene;
  REQUIRE(scene.create() == 0);
  const std::ptrdiff_t open_before = descriptors();
  scene.append("one");
  CHECK(descriptors() == open_before + 1);
  scene.board.backup = snapshot::kBackupOver;
  scene.append("two");
  CHECK(descriptors() == open_before);
  CHECK(scene.board.backup == 0);
  scene.append("three");
  CHECK(scene.board.spoiled == 0);
  CHECK(read_file(scene.path).size() == sizeof(JournalHeader) + 3);
  scene.let_go();
  REQUIRE(scene.create(number + 1) == 0);
  scene.board.backup = number + 1;
  scene.append("other");
  CHECK(read_file(scene.path).substr(sizeof(JournalHeader)) == "other");
  CHECK(scene.board.journal_of == number + 1);
  CHECK(scene.board.journal_bytes == sizeof(JournalHeader) + 5);
}

TEST_CASE("the next backup's journal is followed, though the process has not seen the last one end") {
  Scene scene;
  REQUIRE(scene.create() == 0);
  const std::ptrdiff_t open_before = descriptors();
  scene.append("one");
  REQUIRE(unlink(scene.path.c_str()) == 0);
  scene.let_go();
  REQUIRE(scene.create(number + 1) == 0);
  scene.board.backup = number + 1;
  scene.append("other");
  CHECK(descriptors() == open_before + 1);
  CHECK(read_file(scene.path).substr(sizeof(JournalHeader)) == "other");
  CHECK(scene.board.spoiled == 0);
}

TEST_CASE("a journal that must not grow further spoils the backup, without a signal") {
  Scene scene;
  REQUIRE(scene.create() == 0);
  scene.append("one");
  struct rlimit before, limit;
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  limit = before;
  limit.rlim_cur = sizeof(JournalHeader) + 8;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
  scene.append("three");  // just fits
  const auto spoiled = scene.board.spoiled.load();
  scene.append("x");
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  CHECK(spoiled == 0);
  CHECK(scene.board.spoiled == number);
  CHECK(scene.board.error == EFBIG);
  CHECK(scene.board.backup == 0);
}

TEST_CASE("a backup that can no longer have what it needs hears of it; one that is over does not") {
  Scene scene;
  REQUIRE(scene.create() == 0);
  const std::ptrdiff_t open_before = descriptors();
  scene.append("one");
  scene.journal.spoil(&scene.board, EIO);
  CHECK(descriptors() == open_before);
  CHECK(scene.board.spoiled == number);
  CHECK(scene.board.error == EIO);
  CHECK(scene.board.backup == 0);
  scene.board.spoiled = 0;
  for (const snapshot::u32 none : {0u, snapshot::kBackupOver}) {
    scene.board.backup = none;
    scene.journal.spoil(&scene.board, EIO);
    CHECK(scene.board.spoiled == 0);
    CHECK(scene.board.backup == 0);
  }
}

TEST_CASE("a journal is made in place of one that was left, and of nothing else") {
  Scene scene;
  struct stat data, made;
  REQUIRE(chmod((scene.dir / "data").c_str(), 0640) == 0);
  SECTION("left by a backup that died") {
    write_file(scene.path, "left");
    REQUIRE(scene.create() == 0);
    CHECK(read_file(scene.path).size() == sizeof(JournalHeader));
    // Whoever may open the data may open it.
    REQUIRE(stat((scene.dir / "data").c_str(), &data) == 0);
    REQUIRE(fstat(scene.fd, &made) == 0);
    CHECK(made.st_mode == data.st_mode);
    const int other = open(scene.path.c_str(), O_RDONLY | O_CLOEXEC);
    CHECK(flock(other, LOCK_EX | LOCK_NB) != 0);
    (void)close(other);
  }
  SECTION("one that is in use") {
    REQUIRE(scene.create() == 0);
    const std::string before = read_file(scene.path);
    const int first = scene.fd;
    const std::ptrdiff_t open_before = descriptors();
    CHECK(scene.create() == EAGAIN);
    CHECK(descriptors() == open_before);
    CHECK(read_file(scene.path) == before);
    scene.fd = first;
  }
  SECTION("a directory") {
    REQUIRE(mkdir(scene.path.c_str(), 0700) == 0);
    CHECK(scene.create() == EISDIR);
    CHECK(exists(scene.path));
  }
  SECTION("a pipe") {
    REQUIRE(mkfifo(scene.path.c_str(), 0600) == 0);
    CHECK(scene.create() == EINVAL);
    CHECK(exists(scene.path));
  }
  SECTION("a link") {
    write_file(scene.dir / "other", "other");
    REQUIRE(symlink((scene.dir / "other").c_str(), scene.path.c_str()) == 0);
    CHECK(scene.create() == ELOOP);
    CHECK(read_file(scene.dir / "other") == "other");
  }
}
