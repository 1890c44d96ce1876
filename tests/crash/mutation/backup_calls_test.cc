// Invariant 5 for a backup of a file that a process is writing, call by call: system calls of the backup fail
// once, in turn. Claim: a copy that is made is of a commit not older than the last before the backup; without
// one there is a message; the process goes on in any case, and the next backup works. And what the backup
// finds beside the file, in its journal and on the board, it believes only as far as it can be right.
// Method: the process commits at each progress call of the backup, so nothing depends on timing.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "crash_states.h"
#include "log/journal.h"
#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/recover_file.h"
#include "support/mapped_file.h"

using namespace test;

namespace {

constexpr std::size_t pages = 5;
constexpr int calls_max = 400;

bool is_journal(long fd) {
  char target[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const long n = syscall(SYS_readlink, link.c_str(), target, sizeof target);
  return n > 0 && std::string_view(target, static_cast<std::size_t>(n)).ends_with(".backup");
}

// The process that writes. Its file is full of one letter, that of the newest commit, and has a page more
// after every other one. Pipes are used past the library, which the observer watches.
class Writer {
 public:
  explicit Writer(const std::string &path) : path_(path) {
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    write_file(path, std::string(pages * page, 'a'));
    child_ = fork();
    if (child_ == 0) {
      (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(to[1]);
      _exit(status_of([&] { serve(path, to[0], from[1]); }));
    }
    close(to[0]);
    close(from[1]);
    letters_ = to[1], answers_ = from[0];
    commit();
  }
  ~Writer() {
    close(letters_);
    close(answers_);
    (void)waitpid(child_, nullptr, 0);
  }
  Writer(const Writer &) = delete;
  Writer &operator=(const Writer &) = delete;

  void commit() {
    newest_ = newest_ == 'z' ? 'b' : static_cast<char>(newest_ + 1);
    ask(newest_);
    taken_ += newest_;
  }
  // Of the first line alone; the file is of one letter all the same.
  void commit_line() { ask('-'); }
  // The next write to the journal fails, since the quota is used up.
  void fail_journal() { ask('Q'); }
  void begin_backup() { taken_ = newest_; }

  // Of the newest commit before the backup, or of one during it.
  bool has_committed(const std::string &copy) const {
    const auto all = std::count(copy.begin(), copy.end(), copy[0]);
    return (copy.size() == pages * page || copy.size() == (pages + 1) * page) &&
           static_cast<std::size_t>(all) == copy.size() && taken_.find(copy[0]) != std::string::npos;
  }
  const std::string &path() const { return path_; }
  std::string journal() const { return path_ + ".snaplog.backup"; }

 private:
  void ask(char letter) {
    char answer = 0;
    if (syscall(SYS_write, letters_, &letter, 1L) != 1 || syscall(SYS_read, answers_, &answer, 1L) != 1 ||
        answer != letter)
      throw std::runtime_error("the writer has failed");
  }
  static void serve(const std::string &path, int letters, int answers) {
    const MappedFile file(path, (pages + 1) * page);
    bool fails = false;
    const auto no_quota = [&](long number, const long *a) -> long {
      return number == SYS_pwrite64 && fails && is_journal(a[0]) ? fails = false, -EDQUOT : 0;
    };
    for (char letter; syscall(SYS_read, letters, &letter, 1L) == 1;) {
      int result = 0;
      if (letter == 'Q') {
        fails = true;
      } else if (letter == '-') {
        fill(file.begin(), 64, file.begin()[64]);
        result = file.commit();
      } else {
        const std::size_t size = (letter % 2 == 0 ? pages : pages + 1) * page;
        if (ftruncate(file.fd(), static_cast<off_t>(size)) != 0) throw std::runtime_error("ftruncate");
        fill(file.begin(), size, letter);
        (void)Steps::of([&] { result = file.commit(); }, no_quota);
      }
      if (result != 0) throw std::runtime_error(snapshot_last_error());
      if (syscall(SYS_write, answers, &letter, 1L) != 1) return;
    }
  }

  std::string path_, taken_;
  pid_t child_ = -1;
  int letters_ = -1, answers_ = -1;
  char newest_ = 'a';
};

std::size_t descriptors() {
  const auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

struct Outcome {
  snapshot::Status status;
  std::string copy;
};

// on_progress: after each piece, and while the backup waits.
std::function<void()> on_progress;

Outcome back_up(Writer &writer, const std::string &copy, const std::function<void()> &action,
                const Steps::Fault &fault = nullptr) {
  (void)unlink(copy.c_str());
  Outcome outcome;
  on_progress = action;
  writer.begin_backup();
  (void)Steps::of(
      [&] {
        snapshot::FileReport report;
        outcome.status = snapshot::back_up_file(
            writer.path().c_str(), copy.c_str(),
            [](snapshot::u64, snapshot::u64) { return on_progress(), true; }, &report);
      },
      fault);
  if (exists(copy)) outcome.copy = read_file(copy);
  return outcome;
}

void check_goes_on(Writer &writer, const std::string &copy) {
  writer.commit();
  const Outcome again = back_up(writer, copy, [&] { writer.commit(); });
  INFO(last_error());
  CHECK(again.status.ok());
  CHECK(writer.has_committed(again.copy));
  CHECK_FALSE(exists(writer.journal()));
}

void check_refused(Writer &writer, const Outcome &outcome, const std::string &copy, int error) {
  INFO(last_error());
  CHECK(outcome.status.error == error);
  CHECK(last_error().find("; ") != std::string::npos);
  CHECK_FALSE(exists(copy));
  check_goes_on(writer, copy);
}

}  // namespace

TEST_CASE("a backup of a file in use of which any call fails says so, or is of a commit; repeated, it is",
          "[log]") {
  constexpr struct {
    long number;  // -1: any
    int error;
    bool all = true;  // what is copied is in the journal, too
  } failures[] = {{-1, EIO},
                  {-1, EIO, false},
                  {SYS_openat, ENOENT},
                  {SYS_openat, EACCES},
                  {SYS_openat, EPERM},
                  {SYS_openat, EROFS},
                  {SYS_newfstatat, ENOENT},
                  {SYS_flock, EINTR},
                  {SYS_pread64, EINTR, false},
                  {SYS_pwrite64, EDQUOT, false}};
  // Harmless to a backup, or to nobody but the next one.
  constexpr long harmless[] = {SYS_munmap, SYS_close, SYS_unlink, SYS_fchown};
  TempDir dir;
  const std::string copy = dir / "copy";
  Writer writer(dir / "data");
  for (const auto &failure : failures) {
    long number = 1;
    for (int n = 1; number != 0; ++n) {
      REQUIRE(n < calls_max);
      write_file(writer.journal(), "left by a backup that died");
      const std::size_t open_before = descriptors();
      number = 0;
      int left = n;
      const auto fault = [&](long called, const long *) -> long {
        if (called == SYS_nanosleep) return 1;  // the process gives up neither log nor board
        const bool counts = failure.number < 0 ? std::find(std::begin(harmless), std::end(harmless),
                                                           called) == std::end(harmless)
                                               : called == failure.number;
        if (!counts || --left != 0) return 0;
        number = called;
        return -failure.error;
      };
      const Outcome outcome =
          back_up(writer, copy, [&] { failure.all ? writer.commit() : writer.commit_line(); }, fault);
      INFO("call " << n << ", number " << number << ", " << strerror(failure.error) << ": " << last_error());
      CHECK(descriptors() == open_before);
      // One whose name could not be made durable is there, and whole.
      if (exists(copy)) CHECK(writer.has_committed(outcome.copy));
      if (outcome.status.ok()) CHECK(exists(copy));
      if (!outcome.status.ok()) CHECK(last_error().find(": ") != std::string::npos);
      if (!outcome.status.ok()) check_goes_on(writer, copy);
    }
  }
}

TEST_CASE("a backup gets a number that the process does not know from another one", "[log]") {
  TempDir dir;
  const std::string copy = dir / "copy";
  Writer writer(dir / "data");
  // The numbers that are drawn, one after the other.
  std::vector<unsigned> numbers;
  std::size_t drawn = 0;
  const auto draw = [&](long number, const long *a) -> long {
    if (number != SYS_getrandom || a[1] != sizeof(unsigned)) return 0;
    if (drawn == numbers.size()) return -EIO;
    std::memcpy(reinterpret_cast<void *>(a[0]), &numbers[drawn++], sizeof(unsigned));
    return sizeof(unsigned);
  };
  const auto draws = [&](std::vector<unsigned> next) { numbers = std::move(next), drawn = 0; };
  // One that has died before any commit stands on the board.
  const int died = in_child([&] {
    draws({1001});
    (void)back_up(writer, copy, [] { (void)raise(SIGKILL); }, draw);
    return 0;
  });
  REQUIRE(died == 128 + SIGKILL);
  draws({0, 1, 1001, 1002});
  CHECK(back_up(writer, copy, [&] { writer.commit(); }, draw).status.ok());
  CHECK(drawn == 4);
  // The process remembers whose journal it has written last,
  draws({1002, 1003});
  const Outcome spoiled = back_up(
      writer, copy,
      [&] {
        writer.fail_journal();
        writer.commit();
      },
      draw);
  CHECK(drawn == 2);
  INFO(last_error());
  CHECK(spoiled.status.error == EDQUOT);
  CHECK(last_error().find("free some and try again") != std::string::npos);
  // and which backup it could not serve.
  draws({1003, 1004});
  const Outcome last = back_up(writer, copy, [&] { writer.commit(); }, draw);
  CHECK(last.status.ok());
  CHECK(drawn == 2);
  CHECK(writer.has_committed(last.copy));
}

TEST_CASE("a journal that has something else in its place, or cannot have its name, is an error", "[log]") {
  TempDir dir;
  const std::string copy = dir / "copy";
  Writer writer(dir / "data");
  const auto refused = [&](int error) {
    const Outcome outcome = back_up(writer, copy, [&] { writer.commit(); });
    INFO(last_error());
    CHECK(outcome.status.error == error);
    CHECK(last_error().find(writer.journal() + ": cannot make the backup's journal") == 0);
    CHECK(last_error().find("move what is there out of the way") != std::string::npos);
    CHECK_FALSE(exists(copy));
    CHECK(std::filesystem::remove(writer.journal()));
  };
  std::filesystem::create_directory(writer.journal());
  refused(EISDIR);
  REQUIRE(symlink("elsewhere", writer.journal().c_str()) == 0);
  refused(ELOOP);
  REQUIRE(mkfifo(writer.journal().c_str(), 0600) == 0);
  refused(EINVAL);
  // Gone before the process has seen it.
  const Outcome lost = back_up(writer, copy, [&] {
    (void)unlink(writer.journal().c_str());
    writer.commit();
  });
  check_refused(writer, lost, copy, ENOENT);
  // Whenever it is looked at, it is gone; whenever it is made, it is there.
  const Outcome never = back_up(
      writer, copy, [&] { writer.commit(); },
      [](long number, const long *a) -> long {
        return number == SYS_openat && (a[2] & O_EXCL) != 0 && (a[2] & O_TMPFILE) != O_TMPFILE ? -EEXIST : 0;
      });
  check_refused(writer, never, copy, EAGAIN);
}

TEST_CASE("a journal whose records cannot be right is refused", "[log]") {
  namespace format = snapshot::format;
  TempDir dir;
  const std::string copy = dir / "copy";
  Writer writer(dir / "data");
  const auto spoil = [&](std::size_t offset, std::uint64_t value, std::size_t bytes) {
    bool done = false;
    const Outcome outcome = back_up(writer, copy, [&] {
      writer.commit();
      const int fd = open(writer.journal().c_str(), O_WRONLY | O_CLOEXEC);
      const auto at = static_cast<off_t>(sizeof(snapshot::JournalHeader) + offset);
      // Of the record that is not applied yet.
      if (!done && syscall(SYS_pwrite64, fd, &value, bytes, at) != static_cast<long>(bytes))
        throw std::runtime_error("pwrite of the journal");
      done = true;
      close(fd);
    });
    INFO("at " << offset);
    check_refused(writer, outcome, copy, EBADMSG);
  };
  spoil(offsetof(format::RecordHeader, run_count), ~0u, 4);
  spoil(offsetof(format::RecordHeader, line_count), ~std::uint64_t{0} / 64, 8);
  spoil(offsetof(format::RecordHeader, line_count), 1, 8);
}

TEST_CASE("a backup without progress, of which the journal gets less than a page", "[log]") {
  TempDir dir;
  const std::string copy = dir / "copy";
  Writer writer(dir / "data");
  const Outcome small = back_up(writer, copy, [&] { writer.commit_line(); });
  CHECK(small.status.ok());
  CHECK(writer.has_committed(small.copy));
  (void)unlink(copy.c_str());
  snapshot::FileReport report;
  REQUIRE(snapshot::back_up_file(writer.path().c_str(), copy.c_str(), nullptr, &report).ok());
  CHECK(writer.has_committed(read_file(copy)));
}

TEST_CASE("a file whose process seems to change all the time is not backed up for ever", "[log]") {
  TempDir dir;
  const std::string copy = dir / "copy";
  Writer writer(dir / "data");
  // The board, which is looked at again and again.
  const auto gone = [](long number, const long *a) -> long {
    const bool board = number == SYS_newfstatat && a[3] == 0 &&
                       std::string(reinterpret_cast<const char *>(a[1])).starts_with("/proc/");
    return board ? -ENOENT : 0;
  };
  check_refused(writer, back_up(writer, copy, [&] { writer.commit(); }, gone), copy, EAGAIN);
}

TEST_CASE("a file whose name has no room for the journal's is not backed up while it is in use", "[log]") {
  TempDir dir;
  std::string directory = dir.path();
  while (directory.size() < 3800) directory += "/" + std::string(200, 'd');
  std::filesystem::create_directories(directory);
  // With .snaplog behind it the name is a name, with .backup behind that it is not.
  const std::string path = directory + "/" + std::string(PATH_MAX - 12 - directory.size() - 1, 'f');
  Writer writer(path);
  const Outcome outcome = back_up(writer, dir / "copy", [&] { writer.commit(); });
  INFO(last_error());
  CHECK(outcome.status.error == ENAMETOOLONG);
  CHECK(last_error().find(dir.path()) == 0);
  CHECK_FALSE(exists(dir / "copy"));
}

TEST_CASE("a backup of a file that nobody writes, of which any call fails, says so, or is right", "[log]") {
  constexpr struct {
    long number;  // -1: any
    int error;
  } failures[] = {{-1, EIO},
                  {SYS_openat, EROFS},
                  {SYS_openat, EOPNOTSUPP},
                  {SYS_openat, EPERM},
                  {SYS_pwrite64, EDQUOT},
                  {SYS_copy_file_range, ENOSPC},
                  {SYS_copy_file_range, EDQUOT},
                  {SYS_linkat, EEXIST}};
  constexpr long harmless[] = {SYS_munmap, SYS_close, SYS_unlink, SYS_fchown};
  TempDir dir;
  const std::string copy = dir / "copy";
  for (const bool is_torn : {false, true})
    for (const auto &failure : failures) {
      // A name of its own: a file that has a log is not to be written here, or the library reads its
      // settings, which the cases after this one make for their own processes.
      const std::string name = std::to_string(&failure - failures);
      const std::string path =
          is_torn ? make_incomplete(dir, "torn" + name) : make_clean(dir, "clean" + name);
      const std::string data = read_file(path), log = is_torn ? read_file(path + ".snaplog") : "",
                        expected = is_torn ? incomplete_recovered() : data;
      long number = 1;
      for (int n = 1; number != 0; ++n) {
        REQUIRE(n < calls_max);
        number = 0;
        int left = n;
        snapshot::FileReport report;
        snapshot::Status s;
        const auto back_up_once = [&] {
          s = snapshot::back_up_file(path.c_str(), copy.c_str(), nullptr, &report);
        };
        const std::size_t open_before = descriptors();
        (void)Steps::of(back_up_once, [&](long called, const long *) -> long {
          const bool counts = failure.number < 0 ? std::find(std::begin(harmless), std::end(harmless),
                                                             called) == std::end(harmless)
                                                 : called == failure.number;
          if (!counts || --left != 0) return 0;
          number = called;
          return -failure.error;
        });
        INFO("call " << n << ", number " << number << ", " << strerror(failure.error) << ": "
                     << last_error());
        CHECK(descriptors() == open_before);
        CHECK(exists(copy) == s.ok());
        if (!s.ok()) CHECK(last_error().find(": ") != std::string::npos);
        if (exists(copy)) CHECK((read_file(copy) == expected));
        CHECK((read_file(path) == data));
        if (is_torn) CHECK((read_file(path + ".snaplog") == log));
        (void)unlink(copy.c_str());
        back_up_once();
        CHECK(s.ok());
        CHECK((read_file(copy) == expected));
        // A log that could not be taken away again holds nothing.
        if (!is_torn && exists(path + ".snaplog")) {
          REQUIRE(snapshot::inspect_file(path.c_str(), &report).ok());
          CHECK(report.findings.verdict == snapshot::Verdict::retired);
          CHECK(unlink((path + ".snaplog").c_str()) == 0);
        }
        CHECK(unlink(copy.c_str()) == 0);
      }
    }
}

TEST_CASE("a backup of a file that nobody writes can be stopped, and goes where its name says", "[log]") {
  TempDir dir;
  const std::string path = make_clean(dir);
  snapshot::FileReport report;
  CHECK(snapshot::back_up_file(
            path.c_str(), (dir / "copy").c_str(), [](snapshot::u64, snapshot::u64) { return false; }, &report)
            .error == EINTR);
  CHECK(last_error().find("there is no copy") != std::string::npos);
  CHECK_FALSE(exists(dir / "copy"));
  CHECK(snapshot::back_up_file(path.c_str(), std::string(PATH_MAX, 'c').c_str(), nullptr, &report).error ==
        ENAMETOOLONG);
  // Without a directory.
  CHECK(in_child([&] {
          if (chdir(dir.path().c_str()) != 0) return 1;
          return snapshot::back_up_file(path.c_str(), "copy", nullptr, &report).ok() ? 0 : 2;
        }) == 0);
  CHECK((read_file(dir / "copy") == read_file(path)));
}
