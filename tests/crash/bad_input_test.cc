// Invariants 5 and 6, from end to end: whatever lies in the log's place, and whoever else writes the file,
// mmap fails with an errno and one line that names the file and says what to do, and the data file is not
// touched.
#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <functional>

#include "forged_record.h"
#include "in_child.h"
#include "small_disk.h"
#include "support/effort.h"
#include "support/mapped_file.h"
#include "support/stores.h"
#include "support/subject_process.h"

using namespace test;
namespace s = snapshot;
namespace format = s::format;

namespace {

constexpr std::size_t page = 4096;
constexpr int killed_by_itself = 128 + SIGKILL;

struct Attempt {
  int error;         // 0: mapped
  std::string said;  // on standard error
};

// Opens and maps the file in a process of its own, which has read no settings yet. (A log that was left is
// dealt with when the file is opened.)
Attempt map_in_child(const std::string &path, const std::function<void()> &before = [] {}) {
  const std::string errors = path + ".stderr";
  const int error = in_child([&] {
    (void)dup2(open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644), 2);
    setenv("SNAPSHOT_LOG", "error", 1);
    before();
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC), open_error = errno;
    void *address = mmap(nullptr, 4 * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd >= 0 && address != MAP_FAILED) return 0;
    const int result = fd < 0 ? open_error : errno;
    // What was printed is also what the program is told.
    return read_file(errors) == "snapshot: " + std::string(snapshot_last_error()) + "\n" ? result : 200;
  });
  const Attempt attempt{error, read_file(errors)};
  (void)unlink(errors.c_str());
  return attempt;
}

// A data file, and the log that a process left which died between two commits.
class Left {
 public:
  Left() {
    write_file(data(), std::string(4 * page, 'd'));
    REQUIRE(in_child([&] {
              MappedFile file(data(), 4 * page);
              for (int i = 0; i < 3; ++i) {
                fill(file.begin() + 100 * i, static_cast<unsigned char>('a' + i), 300);
                if (file.commit() != 0) return 1;
              }
              fill(file.begin(), 'z', page);
              return raise(SIGKILL);
            }) == killed_by_itself);
    REQUIRE(exists(log()));
    bytes_ = read_file(data());
  }
  std::string data() const { return dir_ / "data"; }
  std::string log() const { return dir_ / "data.snaplog"; }
  std::string beside(const std::string &name) const { return dir_ / name; }
  const std::string &bytes() const { return bytes_; }

  void expect_refusal(int error, const std::string &words) const {
    const Attempt attempt = map_in_child(data());
    INFO(attempt.said);
    CHECK(attempt.error == error);
    CHECK(attempt.said.find(words) != std::string::npos);
    CHECK(attempt.said.find(dir_.path()) != std::string::npos);
    CHECK(attempt.said.find('\n') == attempt.said.size() - 1);
    CHECK((read_file(data()) == bytes_));
  }
  void expect_success() const {
    CHECK(map_in_child(data()).error == 0);
    CHECK((read_file(data()) == bytes_));
  }

 private:
  TempDir dir_;
  std::string bytes_;
};

// /proc/locks: "1: -> FLOCK  ADVISORY  WRITE 4711 ...".
bool waits_for_a_lock(pid_t pid) {
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);)
    if (line.find("->") != std::string::npos &&
        line.find(" " + std::to_string(pid) + " ") != std::string::npos)
      return true;
  return false;
}

}  // namespace

TEST_CASE("invariant 6: recovery trusts nothing: the log that was left is taken") { Left().expect_success(); }

TEST_CASE("invariant 6: recovery trusts nothing: a log of random bytes") {
  const Left left;
  std::string noise(140000, 0);
  for (std::size_t i = 0; i < noise.size(); ++i) noise[i] = static_cast<char>(i * i * 2654435761u >> 13);
  write_file(left.log(), noise);
  left.expect_refusal(EBADMSG, "not a Snapshot log");
}

TEST_CASE("invariant 6: recovery trusts nothing: a truncated log, at every interesting length") {
  const Left left;
  const std::string whole = read_file(left.log());
  for (std::size_t bytes : {0ul, 1ul, 63ul, 64ul, 4095ul, 4096ul, 5000ul, 70000ul, whole.size() - 1}) {
    INFO(bytes << " bytes of " << whole.size());
    write_file(left.log(), whole.substr(0, bytes));
    left.expect_refusal(EBADMSG, "truncated");
  }
  write_file(left.log(), whole);
  left.expect_success();
}

TEST_CASE("invariant 6: recovery trusts nothing: the log of another file") {
  const Left left, other;
  write_file(left.log(), read_file(other.log()));
  left.expect_refusal(ESTALE, "belongs to another file");
}

TEST_CASE("invariant 6: recovery trusts nothing: the file was replaced by a copy of itself") {
  const Left left;
  const std::string bytes = read_file(left.data());
  // By a program that knows nothing of Snapshot. The new one exists before the old one is gone, so it gets
  // another inode.
  write_file(left.beside("copy"), bytes);
  REQUIRE(syscall(SYS_rename, left.beside("copy").c_str(), left.data().c_str()) == 0);
  left.expect_refusal(ESTALE, "belongs to another file");
}

TEST_CASE("invariant 6: recovery trusts nothing: another format version, another architecture") {
  const Left left;
  format::Header header;
  const std::string whole = read_file(left.log());
  memcpy(&header, whole.data(), sizeof header);
  SECTION("version") {
    header.version = format::kVersion + 1;
    patch_file(left.log(), 0, std::string(reinterpret_cast<char *>(&header), sizeof header));
    left.expect_refusal(EBADMSG, "version");
  }
  SECTION("architecture") {
    header.architecture = 0xaa640040;
    patch_file(left.log(), 0, std::string(reinterpret_cast<char *>(&header), sizeof header));
    left.expect_refusal(EBADMSG, "architecture");
  }
  SECTION("a damaged header") {
    patch_file(left.log(), 20, "x");
    left.expect_refusal(EBADMSG, "damaged");
  }
}

TEST_CASE("invariant 6: recovery trusts nothing: no log, but something else in its place") {
  const Left left;
  const std::string target = left.beside("target"), whole = read_file(left.log());
  REQUIRE(rename(left.log().c_str(), target.c_str()) == 0);
  SECTION("a symbolic link, even to the log itself") {
    REQUIRE(symlink(target.c_str(), left.log().c_str()) == 0);
    left.expect_refusal(ELOOP, "symbolic link");
    CHECK((read_file(target) == whole));
  }
  SECTION("a link to nowhere") {
    REQUIRE(symlink("/nonexistent", left.log().c_str()) == 0);
    left.expect_refusal(ELOOP, "symbolic link");
  }
  SECTION("a directory") {
    REQUIRE(mkdir(left.log().c_str(), 0700) == 0);
    left.expect_refusal(EISDIR, "directory");
  }
  SECTION("a FIFO") {
    REQUIRE(mkfifo(left.log().c_str(), 0600) == 0);
    left.expect_refusal(EINVAL, "not a regular file");
  }
}

TEST_CASE("a second writer gets EAGAIN and the first one's process id, and does no harm") {
  TempDir dir;
  write_file(dir / "data", std::string(4 * page, 'd'));
  int ready[2], go[2];
  REQUIRE((pipe2(ready, O_CLOEXEC) == 0 && pipe2(go, O_CLOEXEC) == 0));
  const pid_t first = fork();
  REQUIRE(first >= 0);
  if (first == 0) {
    char byte = 0;
    MappedFile file(dir / "data", 4 * page);
    store(file.begin(), '1');
    (void)syscall(SYS_write, ready[1], &byte, 1UL);
    (void)syscall(SYS_read, go[0], &byte, 1UL);
    _exit(file.commit() == 0 && file.unmap() == 0 ? 0 : 1);
  }
  close(ready[1]);  // if it dies, the read ends
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  const Attempt second = map_in_child(dir / "data");
  INFO(second.said);
  CHECK(second.error == EAGAIN);
  CHECK(second.said.find("(" + std::to_string(first) + ")") != std::string::npos);
  CHECK(second.said.find("SNAPSHOT_WAIT=1") != std::string::npos);

  // One that waits: it is told to go on while it waits, and then sees what the first one committed.
  const pid_t waiting = fork();
  REQUIRE(waiting >= 0);
  if (waiting == 0) {
    setenv("SNAPSHOT_WAIT", "1", 1);
    MappedFile file(dir / "data", 4 * page);
    _exit(*file.begin() == '1' ? 0 : 1);
  }
  const Deadline deadline(20);
  while (!waits_for_a_lock(waiting)) REQUIRE_FALSE(deadline.passed());
  REQUIRE(::write(go[1], "g", 1) == 1);
  int status = -1;
  REQUIRE(waitpid(first, &status, 0) == first);
  CHECK(status == 0);
  REQUIRE(waitpid(waiting, &status, 0) == waiting);
  CHECK(status == 0);
  for (int fd : {ready[0], go[0], go[1]}) close(fd);
}

TEST_CASE("a file in a directory where its log cannot be created is EACCES with words, and left alone") {
  if (geteuid() != 0) return say_skipped("a directory that is closed", "needs root, to become somebody else");
  TempDir dir;
  write_file(dir / "data", std::string(4 * page, 'd'));
  REQUIRE((chmod((dir / "data").c_str(), 0666) == 0 && chmod(dir.path().c_str(), 0555) == 0));
  const Attempt attempt = map_in_child(dir / "data", [] {
    constexpr unsigned nobody = 65534;
    if (setgid(nobody) != 0 || setuid(nobody) != 0) _exit(201);
  });
  INFO(attempt.said);
  CHECK(attempt.error == EACCES);
  CHECK(attempt.said.find(dir / "data.snaplog") != std::string::npos);
  CHECK(attempt.said.find("make the directory writable, or exclude the file with SNAPSHOT_IGNORE") !=
        std::string::npos);
  CHECK((read_file(dir / "data") == std::string(4 * page, 'd')));
  std::size_t files = 0;
  for (const auto &entry : std::filesystem::directory_iterator(dir.path())) files += entry.exists();
  CHECK(files == 1);
}

TEST_CASE("an address-space limit is ENOMEM with words, and can be lifted") {
  TempDir dir;
  write_file(dir / "data", std::string(4 * page, 'd'));
  rlimit old;
  REQUIRE(getrlimit(RLIMIT_AS, &old) == 0);
  const Attempt attempt = map_in_child(dir / "data", [&] {
    const rlimit limit = {std::size_t{1} << 30, old.rlim_max};
    setrlimit(RLIMIT_AS, &limit);
  });
  INFO(attempt.said);
  CHECK(attempt.error == ENOMEM);
  CHECK(attempt.said.find("ulimit -v") != std::string::npos);
  CHECK(in_child([&] {
          const rlimit limit = {std::size_t{1} << 30, old.rlim_max};
          const int fd = open((dir / "data").c_str(), O_RDWR | O_CLOEXEC);
          setrlimit(RLIMIT_AS, &limit);
          if (mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED) return 1;
          setrlimit(RLIMIT_AS, &old);
          MappedFile file(dir / "data", 4 * page);
          store(file.begin(), 'x');
          return file.commit();
        }) == 0);
}

TEST_CASE("something else in a range that Snapshot needs is ENOMEM with words") {
  TempDir dir;
  write_file(dir / "data", std::string(4 * page, 'd'));
  for (const s::u64 base : {s::kWorkingBase, s::kWorkingBase + s::kBackingDistance}) {
    const Attempt attempt = map_in_child(dir / "data", [&] {
      void *const middle = reinterpret_cast<void *>(base + s::kRangeBytes / 2);
      const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
      if (mmap(middle, page, PROT_READ | PROT_WRITE, flags, -1, 0) != middle) _exit(201);
    });
    INFO(attempt.said);
    CHECK(attempt.error == ENOMEM);
    CHECK(attempt.said.find(base == s::kWorkingBase ? "working range" : "backing range") !=
          std::string::npos);
    CHECK(attempt.said.find("something else is mapped there") != std::string::npos);
    CHECK(attempt.said.find("SNAPSHOT_WORKING_BASE") != std::string::npos);
    CHECK_FALSE(exists(dir / "data.snaplog"));
  }
}

TEST_CASE("an unknown setting is EINVAL with the values it may have") {
  TempDir dir;
  write_file(dir / "data", std::string(4 * page, 'd'));
  for (const char *name : {"SNAPSHOT_MEDIA", "SNAPSHOT_COPY", "SNAPSHOT_EXIT", "SNAPSHOT_PERSIST",
                           "SNAPSHOT_WAIT", "SNAPSHOT_PROTOCOL", "SNAPSHOT_LOG_LIMIT"}) {
    const Attempt attempt = map_in_child(dir / "data", [&] { setenv(name, "perhaps", 1); });
    INFO(name << ": " << attempt.said);
    CHECK(attempt.error == EINVAL);
    CHECK(attempt.said.find(name) != std::string::npos);
    CHECK(attempt.said.find("perhaps") != std::string::npos);
    CHECK_FALSE(exists(dir / "data.snaplog"));
  }
}

TEST_CASE("SNAPSHOT_LOG_LIMIT is a number of bytes within bounds, and nothing else") {
  TempDir dir;
  write_file(dir / "data", std::string(4 * page, 'd'));
  for (const char *wrong :
       {"0", "131071", "127K", "12Q", "K", "-1", "1 M", "1MM", "2048G", "99999999999999999999"}) {
    const Attempt attempt = map_in_child(dir / "data", [&] { setenv("SNAPSHOT_LOG_LIMIT", wrong, 1); });
    INFO(wrong << ": " << attempt.said);
    CHECK(attempt.error == EINVAL);
    CHECK(attempt.said.find("to a number of bytes from 131072 to 1099511627776") != std::string::npos);
  }
  for (const char *right : {"131072", "128K", "1M", "1G", "1024G"}) {
    const Attempt attempt = map_in_child(dir / "data", [&] { setenv("SNAPSHOT_LOG_LIMIT", right, 1); });
    INFO(right << ": " << attempt.said);
    CHECK(attempt.error == 0);
  }
}

TEST_CASE("files that cannot be managed are left to the kernel") {
  TempDir dir;
  write_file(dir / "data", std::string(4 * page, 'd'));
  const int read_only = open((dir / "data").c_str(), O_RDONLY | O_CLOEXEC);
  const int directory = open(dir.path().c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, read_only, 0) == MAP_FAILED);
  CHECK(errno == EACCES);
  CHECK(mmap(nullptr, page, PROT_READ, MAP_SHARED, directory, 0) == MAP_FAILED);
  CHECK(errno == ENODEV);
  CHECK(mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, 999, 0) == MAP_FAILED);
  CHECK(errno == EBADF);
  CHECK_FALSE(exists(dir / "data.snaplog"));
  close(read_only);
  close(directory);
}
