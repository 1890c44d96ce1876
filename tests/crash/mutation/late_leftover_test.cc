// A commit after the library's end (late_commit_test.cc) that finds a log in its way: our own, which could
// not be put away, or somebody else's, which may be what the file is to be recovered from. Claim: our own is
// put away first, but not one that says something that is needed; anybody else's stays as it is, and the
// commit fails.
#include <sys/file.h>
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/observer.h"
#include "base/syscall.h"
#include "log/format.h"
#include "own_process.h"
#include "recovery/recover_file.h"

using namespace test;
namespace format = snapshot::format;

extern "C" void (*at_the_late_end)();  // late_end.c

namespace {

// Of the child that is about to exit. Plain memory, and reserved: everything else has been destroyed by then.
const MappedFile *file;
const char *log_path, *moved_path, *others_log;
std::size_t others_log_bytes;
int (*late)();

bool fail_retirement, fail_mapping, fail_data, fail_syncs, remove_before_open;
bool data_was_synced;

long call(long number, const long a[6]) {
  const bool retires = number == SYS_pwrite64 && a[3] == static_cast<long>(format::kRetiredOffset) &&
                       a[2] == sizeof(format::Retired);
  if (fail_retirement && retires) return -EIO;
  if (fail_data && (number == SYS_msync || (number == SYS_process_vm_readv && data_was_synced))) {
    data_was_synced = true;
    return -EIO;
  }
  if (fail_syncs && number == SYS_msync) return -EIO;
  if (fail_mapping && number == SYS_mmap) return -ENOMEM;
  if (remove_before_open && number == SYS_openat &&
      std::strcmp(reinterpret_cast<const char *>(a[1]), log_path) == 0)
    (void)syscall(SYS_unlink, log_path);
  return snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

long raw_open(const char *path, int flags) { return syscall(SYS_openat, AT_FDCWD, path, flags, 0600); }
bool log_is_there() { return syscall(SYS_access, log_path, F_OK) == 0; }
int descriptors() {
  int n = 0;
  for (long fd = 0; fd < 1024; ++fd) n += syscall(SYS_fcntl, fd, F_GETFD, 0L) >= 0;
  return n;
}

bool stored_and_committed(char letter) {
  fill(file->begin(), 100, letter);
  return file->commit() == 0;
}

// Which of its expectations late() has not met, by number; 0: it has met all.
void late_end() { _exit(late()); }

constexpr std::size_t bytes = 3 * page;

struct Setting {
  int (*late)();
  bool retirement_fails = true;
  off_t size_committed = bytes, size_at_exit = bytes;
  bool last_commit_fails = false;  // nor can it be put right
};

// Maps the file, commits, and exits; setting.late() runs after the library's own end.
void exit_with(const std::string &path, const Setting &setting) {
  static const snapshot::Observer observer = {&call, nullptr};
  const auto keep = [](const std::string &text) { return strdup(text.c_str()); };
  write_file(path, std::string(bytes, 'a'));
  if (chmod(path.c_str(), 0640) != 0) throw std::runtime_error("chmod");
  file = new MappedFile(path, 8 * page);
  log_path = keep(path + ".snaplog"), moved_path = keep(path + ".moved");
  fill(file->begin() + page, 64, 'b');
  if (ftruncate(file->fd(), setting.size_committed) != 0 || file->commit() != 0)
    throw std::runtime_error("commit");
  if (ftruncate(file->fd(), setting.size_at_exit) != 0) throw std::runtime_error("ftruncate");
  late = setting.late, at_the_late_end = late_end;
  snapshot::snapshot_observer = &observer;
  fail_retirement = setting.retirement_fails;
  if (setting.last_commit_fails) {
    fill(file->begin(), 200, 'x');
    fail_data = true;
    if (file->commit() == 0) throw std::runtime_error("the last commit has succeeded");
  }
  std::fflush(nullptr);
  std::exit(100);
}

std::string committed_before() {
  return std::string(page, 'a') + std::string(64, 'b') + std::string(2 * page - 64, 'a');
}
std::string committed_late() { return std::string(100, 'l') + committed_before().substr(100); }

// What recovery finds after the child has gone: the late commit's record, unless that was to fail, in a log
// that those may read who may read the file.
void check_recovered(const std::string &path, const std::string &expected) {
  snapshot::FileReport report;
  struct stat data, log;
  REQUIRE((stat(path.c_str(), &data) == 0 && stat((path + ".snaplog").c_str(), &log) == 0));
  REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
  CHECK((read_file(path) == expected));
  if (expected[0] != 'l') return;
  CHECK(report.findings.verdict == snapshot::Verdict::complete);
  CHECK(report.findings.sequence == 1);
  CHECK(log.st_mode == data.st_mode);
}

void check(const Setting &setting, const std::string &expected) {
  TempDir dir;
  std::fflush(nullptr);  // the child will flush what is left here
  const std::string path = dir / "data";
  in_own_process([&](const std::string &) { exit_with(path, setting); },
                 [&](const std::string &) { check_recovered(path, expected); });
}

}  // namespace

TEST_CASE("a log of ours that could not be put away at exit is put away before a later commit") {
  const auto commits = [] {
    fail_retirement = false;
    const int before = descriptors();
    if (!log_is_there()) return 1;
    if (!stored_and_committed('l')) return 2;
    return log_is_there() && descriptors() == before + 1 ? 0 : 3;
  };
  check({commits}, committed_late());
  check({commits, true, page, page}, committed_late().substr(0, page));
}

TEST_CASE("a log of ours that cannot be put away yet fails the commit, and not the one after it") {
  check({[] {
          const int before = descriptors();
          for (int i = 0; i < 2; ++i)
            if (stored_and_committed('x')) return 1;
          if (descriptors() != before) return 2;
          fail_retirement = false;
          return stored_and_committed('l') ? 0 : 3;
        }},
        committed_late());
}

TEST_CASE("a log of ours that somebody holds, or that cannot be read any more, fails a later commit") {
  check({[] {
          fail_retirement = false;
          const long holder = raw_open(log_path, O_RDWR);
          if (syscall(SYS_flock, holder, LOCK_EX | LOCK_NB) != 0) return 1;
          const int before = descriptors();
          if (stored_and_committed('x')) return 2;
          // A log of another version.
          const char nine = 9;
          char version;
          if (syscall(SYS_pread64, holder, &version, 1, offsetof(format::Header, version)) != 1) return 3;
          if (syscall(SYS_pwrite64, holder, &nine, 1, offsetof(format::Header, version)) != 1) return 4;
          if (syscall(SYS_flock, holder, LOCK_UN) != 0 || stored_and_committed('x')) return 5;
          if (syscall(SYS_pwrite64, holder, &version, 1, offsetof(format::Header, version)) != 1) return 6;
          if (descriptors() != before || syscall(SYS_close, holder) != 0) return 7;
          return stored_and_committed('l') ? 0 : 8;
        }},
        committed_late());
}

TEST_CASE("a log that is gone by the time it is looked at stands in nobody's way") {
  check({[] {
          fail_retirement = false, remove_before_open = true;
          return stored_and_committed('l') ? 0 : 1;
        }},
        committed_late());
}

TEST_CASE("a log that is needed, since the file is larger than its commit, is not put away at the late end") {
  check({[] { return stored_and_committed('x') ? 1 : 0; }, false, bytes, bytes + 2 * page},
        committed_before());
}

TEST_CASE("a commit that could not be put right at the end is put right before the late one", "[undo]") {
  if (medium() == "memory") return;  // there the way back is a fence, and cannot fail
  check({[] {
           fail_data = false;
           fill(file->begin(), 200, 'a');
           return stored_and_committed('l') ? 0 : 1;
         },
         false, bytes, bytes, true},
        committed_late());
}

TEST_CASE("a log whose commits the disk has not got is not put away at the late end", "[append]") {
  TempDir dir;
  std::fflush(nullptr);
  const std::string path = dir / "data";
  const int status = in_child([&] {
    setenv("SNAPSHOT_MEDIA", "page-cache", 1);
    setenv("SNAPSHOT_PROTOCOL", "redo", 1);
    return status_of([&] {
      fail_syncs = true;
      exit_with(path, {[] {
                         fail_syncs = false;
                         if (!log_is_there()) return 1;
                         return stored_and_committed('x') ? 2 : 0;
                       },
                       false});
    });
  });
  REQUIRE(status == 0);
  check_recovered(path, committed_before());
}

TEST_CASE("a log that was made late and cannot be mapped fails the commit, and not the one after it") {
  check({[] {
           const int before = descriptors();
           // On page-cache media nothing of a log is mapped.
           fail_mapping = std::string(std::getenv("SNAPSHOT_MEDIA")) == "memory";
           const bool mapped = fail_mapping && stored_and_committed('x');
           fail_mapping = false;
           if (mapped || descriptors() != before) return 1;
           return stored_and_committed('l') ? 0 : 2;
         },
         false},
        committed_late());
}

TEST_CASE(
    "a late commit finds a file that has changed its size by its descriptor, whatever its name is by then") {
  TempDir dir;
  std::fflush(nullptr);
  const std::string path = dir / "data";
  in_own_process(
      [&](const std::string &) {
        exit_with(path, {[] {
                           if (syscall(SYS_rename, file->path().c_str(), moved_path) != 0) return 1;
                           return stored_and_committed('l') ? 0 : 2;
                         },
                         false, page, page});
      },
      [&](const std::string &) {
        REQUIRE(syscall(SYS_rename, (path + ".moved").c_str(), path.c_str()) == 0);
        check_recovered(path, committed_late().substr(0, page));
      });
}

TEST_CASE("a log of somebody else's that a late commit finds stays as it is, and unlocked") {
  TempDir dir;
  std::fflush(nullptr);
  const std::string path = dir / "data";
  static std::string log;
  in_own_process(
      [&](const std::string &) {
        write_file(path, std::string(bytes, 'a'));
        const auto *other = new MappedFile(path, bytes);
        fill(other->begin(), 64, 'o');
        (void)other->commit();
        _exit(0);
      },
      [&](const std::string &) { log = read_file(path + ".snaplog"); });
  REQUIRE(unlink((path + ".snaplog").c_str()) == 0);
  in_own_process(
      [&](const std::string &) {
        others_log = static_cast<const char *>(std::memcpy(std::malloc(log.size()), log.data(), log.size()));
        others_log_bytes = log.size();
        exit_with(path, {[] {
                           const long fd = raw_open(log_path, O_RDWR | O_CREAT | O_EXCL);
                           if (fd < 0) return 1;
                           if (syscall(SYS_write, fd, others_log, others_log_bytes) !=
                               static_cast<long>(others_log_bytes))
                             return 2;
                           const int before = descriptors();
                           if (stored_and_committed('x')) return 3;
                           if (descriptors() != before) return 4;
                           return syscall(SYS_flock, fd, LOCK_EX | LOCK_NB) == 0 ? 0 : 5;
                         },
                         false});
      },
      [&](const std::string &) { CHECK((read_file(path + ".snaplog") == log)); });
}
