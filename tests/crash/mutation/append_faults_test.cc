// The redo protocol of page-cache media while system calls fail: invariants 1, 2 and 5. Claim: a commit that
// returned is in the file after a crash, and what follows it; one that failed has changed nothing and can be
// repeated; and what a failed sync has lost is written again before anything rests on it. Method: random
// programs, against a model of two strings. Before some commits and rollbacks a call is chosen that fails for
// a while. When a sync fails the kernel counts as clean what the disk has not got (commit/append.h), so the
// file is then made what the last sync that succeeded has left. Nothing depends on timing: the seeds are
// fixed, and the second thread does nothing.
#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "base/observer.h"
#include "base/syscall.h"
#include "log/log_reader.h"
#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/attendance.h"
#include "recovery/recover_file.h"
#include "snapshot/snapshot.h"
#include "support/mapped_file.h"

using namespace test;

namespace {

constexpr std::size_t line = 64, mapped_bytes = 24 * page, size_max = 20 * page;

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

// What the disk has of a file. Everything here is done past the library and its observer.
class OnDisk {
 public:
  explicit OnDisk(const std::string &path) : path_(path), bytes_(bytes_in_file(path)) {}

  void sync(std::size_t begin = 0, std::size_t end = ~std::size_t{0}) {
    const std::string now = bytes_in_file(path_);
    bytes_.resize(now.size());
    end = std::min(end, now.size());
    if (begin < end) bytes_.replace(begin, end - begin, now, begin, end - begin);
  }
  void cut(std::size_t size) {
    if (size < bytes_.size()) bytes_.resize(size);
  }
  // The file is as on the disk; its length is known all the same.
  void lose() {
    std::string lost = bytes_;
    lost.resize(bytes_in_file(path_).size());
    const long fd = syscall(SYS_openat, AT_FDCWD, path_.c_str(), O_WRONLY | O_CLOEXEC);
    require(
        fd >= 0 && syscall(SYS_pwrite64, fd, lost.data(), lost.size(), 0L) == static_cast<long>(lost.size()),
        "cannot write " + path_);
    (void)syscall(SYS_close, fd);
  }

 private:
  std::string path_, bytes_;
};

struct Fault {
  long number;
  int error;
  unsigned calls_before, times;
};

// The system calls of the runtime, some of which fail.
class Kernel {
 public:
  Kernel(const MappedFile &file, const std::string &path)
      : begin_(reinterpret_cast<std::uint64_t>(file.begin()) + kBackingDistance),
        data_(path),
        log_(path + ".snaplog") {
    current_ = this;
    snapshot::snapshot_observer = &observer_;
  }
  ~Kernel() { snapshot::snapshot_observer = nullptr; }

  // File and log are what the last syncs that succeeded have left.
  void cut_power() {
    data_.lose();
    log_.lose();
  }
  void begin(const Fault &fault) { fault_ = fault; }
  void end() { fault_.reset(); }
  bool has_not_failed() const { return fault_ && fault_->times > 0; }
  bool data_is_lost() const { return data_is_lost_; }
  // Since the last sync of the log that succeeded.
  bool log_is_lost() const { return log_is_lost_; }

 private:
  static long call(long number, const long a[6]) { return current_->handle(number, a); }

  bool fails(long number) {
    if (!fault_ || fault_->number != number) return false;
    if (fault_->calls_before > 0) return --fault_->calls_before, false;
    return fault_->times > 0 && fault_->times-- > 0;
  }

  OnDisk *synced_by(long number, const long a[6]) {
    if (number == SYS_msync) return &data_;
    if (number != SYS_fdatasync && number != SYS_fsync) return nullptr;
    char name[4096];
    const std::string link = "/proc/self/fd/" + std::to_string(a[0]);
    const long n = syscall(SYS_readlink, link.c_str(), name, sizeof name);
    const std::string_view target(name, n > 0 ? static_cast<std::size_t>(n) : 0);
    // A file that was made without a name goes by its first one.
    const bool log = target.find(".snaplog") != target.npos || target.find("/#") != target.npos;
    return log ? &log_ : nullptr;
  }

  long handle(long number, const long a[6]) {
    OnDisk *const disk = synced_by(number, a);
    if (fails(number)) {
      if (disk != nullptr) disk->lose();
      data_is_lost_ |= disk == &data_;
      log_is_lost_ |= disk == &log_;
      return -fault_->error;
    }
    const long result = snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    if (result < 0) return result;
    if (disk == &log_) log_.sync(), log_is_lost_ = false;
    if (disk == &data_) {
      const std::uint64_t from = static_cast<std::uint64_t>(a[0]) - begin_;
      data_.sync(from, from + static_cast<std::uint64_t>(a[1]));
    }
    if (number == SYS_truncate || number == SYS_ftruncate) data_.cut(static_cast<std::size_t>(a[1]));
    return result;
  }

  static inline Kernel *current_ = nullptr;
  static constexpr snapshot::Observer observer_ = {&call, nullptr};
  std::uint64_t begin_;
  OnDisk data_, log_;
  std::optional<Fault> fault_;
  bool data_is_lost_ = false, log_is_lost_ = false;
};

// So that there is somebody for a commit to fence.
class IdleThread {
 public:
  IdleThread()
      : thread_([this] {
          std::unique_lock lock(mutex_);
          over_.wait(lock, [this] { return is_over_; });
        }) {}
  ~IdleThread() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    over_.notify_one();
    thread_.join();
  }

 private:
  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;
  std::thread thread_;
};

class Program {
 public:
  Program(const std::string &path, const std::string &bytes, std::uint64_t seed)
      : file_((write_file(path, bytes), path), mapped_bytes),
        kernel_(file_, path),
        random_(seed),
        seen_(bytes),
        committed_(bytes),
        possible_{bytes} {}

  void step() {
    switch (below(10)) {
      case 0:
        return resize(below(4) == 0 ? below(size_max / page) * page : below(size_max));
      case 1:
        return roll_back();
      case 2:
      case 3:
        return commit(MS_ASYNC);
      case 4:
      case 5:
      case 6:
        return commit(MS_SYNC);
      default:
        return store();
    }
  }

  // What recovery may find now.
  std::vector<std::string> possible() const {
    return kernel_.log_is_lost() ? possible_ : std::vector{committed_};
  }
  // Commits what is left.
  void close() {
    story_ += " close,";
    require(file_.unmap() == 0, "munmap" + story_);
    require(file_.on_file() == seen_, "the file that was closed" + story_);
    require(access((file_.path() + ".snaplog").c_str(), F_OK) != 0, "its log is still there" + story_);
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }

  void resize(std::size_t size) {
    story_ += " resize " + std::to_string(size) + ",";
    require(ftruncate(file_.fd(), static_cast<off_t>(size)) == 0, snapshot_last_error() + story_);
    seen_.resize(size);
  }

  void store() {
    if (seen_.empty()) return;
    const std::size_t at = below(seen_.size());
    const std::size_t bytes = 1 + below(std::min(seen_.size() - at, below(3) == 0 ? 5 * page : 200));
    const char letter = static_cast<char>('a' + below(26));
    story_ += " store " + std::to_string(at) + " " + std::to_string(bytes) + ",";
    fill(file_.begin() + at, bytes, letter);
    std::fill_n(seen_.begin() + static_cast<std::ptrdiff_t>(at), bytes, letter);
  }

  // Whether a call will fail.
  bool begin_fault() {
    static constexpr struct {
      long number;
      int error;
    } kinds[] = {{SYS_fdatasync, EIO},  {SYS_fdatasync, EIO},    {SYS_msync, EIO},
                 {SYS_msync, EIO},      {SYS_pwrite64, ENOSPC},  {SYS_pread64, EIO},
                 {SYS_mmap, ENOMEM},    {SYS_fallocate, ENOSPC}, {SYS_process_vm_readv, EFAULT},
                 {SYS_madvise, ENOMEM}, {SYS_membarrier, ENOMEM}};
    if (below(2) == 0) return false;
    const auto &kind = kinds[below(std::size(kinds))];
    const unsigned before = static_cast<unsigned>(below(3)), times = below(2) == 0 ? 1 : 1000;
    story_ += " [" + std::to_string(kind.number) + " after " + std::to_string(before) + " x" +
              std::to_string(times) + "]";
    kernel_.begin({kind.number, kind.error, before, times});
    return true;
  }

  void commit(int flags) {
    const bool faulty = begin_fault();
    story_ += flags == MS_SYNC ? " sync" : " async";
    const int result = msync(file_.begin(), mapped_bytes, flags);
    kernel_.end();
    story_ += result == 0 ? "," : " failed,";
    if (result == 0) {
      committed_ = seen_;
      note_commit(flags == MS_SYNC);
    }
    require(std::string(file_.begin(), seen_.size()) == seen_, "the working copy" + story_);
    require(result == 0 || faulty, snapshot_last_error() + story_);
    if (result == 0 && flags == MS_SYNC && !faulty && !kernel_.data_is_lost())
      require(file_.on_file() == committed_, "the file" + story_);
  }

  void note_commit(bool durable) {
    if (durable) possible_.clear();
    possible_.push_back(committed_);
  }

  void roll_back() {
    const bool faulty = begin_fault();
    story_ += " roll back";
    const int result = snapshot_rollback(file_.begin(), mapped_bytes);
    kernel_.end();
    story_ += result == 0 ? "," : " failed,";
    require(result == 0 || faulty, snapshot_last_error() + story_);
    // It takes the bytes from the file, which must be right whatever a failed sync of it has lost.
    if (result == 0) {
      seen_ = committed_;
      note_commit(true);
    }
    require(std::string(file_.begin(), seen_.size()) == seen_, "the working copy" + story_);
  }

  IdleThread idle_;
  MappedFile file_;
  Kernel kernel_;
  std::mt19937_64 random_;
  std::string seen_, committed_;
  std::vector<std::string> possible_;  // the newest commit that is durable, and those after it
  std::string story_ = " after:";
};

std::string some_bytes(std::size_t size) {
  std::string bytes(size, 0);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>('A' + (i / line + i) % 26);
  return bytes;
}

void run_in_child(const std::function<void()> &body) {
  const int status = in_child([&] {
    setenv("SNAPSHOT_MEDIA", "page-cache", 1);
    setenv("SNAPSHOT_PROTOCOL", "redo", 1);
    setenv("SNAPSHOT_LOG_LIMIT", "256K", 1);
    return status_of(body);
  });
  REQUIRE(status == 0);
}

}  // namespace

TEST_CASE("commits among calls that fail: what returned is there after a crash, what failed can be repeated",
          "[append]") {
  TempDir dir;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    INFO("seed " << seed);
    const std::string path = dir / std::to_string(seed);
    run_in_child([&] {
      auto *program = new Program(path, some_bytes(1 + seed * 4217 % size_max), seed);
      for (int i = 0; i < 60; ++i) program->step();
      if (seed % 2 == 0) return program->close();
      unsigned n = 0;
      for (const std::string &state : program->possible())
        write_file(path + "." + std::to_string(n++), state);
      _exit(0);
    });
    if (seed % 2 == 0) continue;
    snapshot::FileReport report;
    REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
    const std::string found = read_file(path);
    bool known = false;
    for (unsigned n = 0; access((path + "." + std::to_string(n)).c_str(), F_OK) == 0; ++n)
      known = known || read_file(path + "." + std::to_string(n)) == found;
    CHECK(known);
  }
}

TEST_CASE("a rollback takes what was committed, also when a failed sync of the data has lost it",
          "[append]") {
  TempDir dir;
  run_in_child([&] {
    const std::string path = dir / "file";
    MappedFile file((write_file(path, std::string(20 * page, 'a')), path), mapped_bytes);
    Kernel kernel(file, path);
    fill(file.begin(), page, 'b');
    fill(file.begin() + 8 * page, 4 * page, 'b');
    require(file.commit() == 0, "the first commit");
    // The file is synced after the commit that cuts it, among what was stored.
    require(ftruncate(file.fd(), 10 * page) == 0, "ftruncate");
    kernel.begin({SYS_msync, EIO, 0, 1});
    require(file.commit() == 0, "the commit that cuts");
    kernel.end();
    require(kernel.data_is_lost() && file.on_file()[0] == 'a', "no sync of the data has failed");
    fill(file.begin() + 100, 100, 'c');
    require(snapshot_rollback(file.begin(), mapped_bytes) == 0, "rollback");
    require(std::string(file.begin(), page) == std::string(page, 'b'),
            "the working copy is not as committed");
  });
}

namespace {

// This process's own board of the file.
void find_board(const std::string &path, snapshot::Attendance *out) {
  const int fd = open((path + ".snaplog").c_str(), O_RDONLY | O_CLOEXEC);
  snapshot::format::Header header;
  require(snapshot::read_log_header(fd, "log", &header).ok(), "the log's header");
  close(fd);
  require(out->find(static_cast<snapshot::u32>(getpid()), header.log_id).ok(), "no board");
}

}  // namespace

TEST_CASE("what a failed sync of the data has lost is copied again, as often as that fails", "[append]") {
  TempDir dir;
  const std::string path = dir / "file";
  run_in_child([&] {
    write_file(path, std::string(12 * page, 'a'));
    const MappedFile file(path, mapped_bytes);
    Kernel kernel(file, path);
    fill(file.begin(), page, 'b');
    fill(file.begin() + 8 * page, 4 * page, 'd');
    require(file.commit() == 0, "the first commit");
    require(ftruncate(file.fd(), 10 * page) == 0, "ftruncate");
    kernel.begin({SYS_msync, EIO, 0, 1});
    require(file.commit() == 0, "the commit that cuts");
    require(kernel.data_is_lost() && file.on_file()[0] == 'a', "no sync of the data has failed");
    kernel.begin({SYS_mmap, ENOMEM, 0, 1});
    require(snapshot_rollback(file.begin(), mapped_bytes) != 0, "a rollback does without the lost bytes");
    // The next commit begins an area, for which the data is to be synced first.
    fill(file.begin() + page, 100, 'c');
    kernel.begin({SYS_pread64, EIO, 0, 1});
    require(file.commit() != 0, "a commit does without the lost bytes");
    const std::string expected =
        std::string(page, 'b') + std::string(7 * page, 'a') + std::string(2 * page, 'd');
    unsigned failed = 0;
    for (const Fault &kind :
         {Fault{SYS_mmap, ENOMEM, 0, 1}, Fault{SYS_pread64, EIO, 0, 1}, Fault{SYS_madvise, ENOMEM, 0, 1},
          Fault{SYS_process_madvise, ENOMEM, 0, 1}, Fault{SYS_process_vm_readv, EFAULT, 0, 1}})
      for (unsigned n = 0;; ++n) {
        require(n < 100, "no end");
        kernel.cut_power();
        require(file.on_file()[0] == 'a', "the disk has what it has lost");
        kernel.begin({kind.number, kind.error, n, 1});
        const bool rolled_back = snapshot_rollback(file.begin(), mapped_bytes) == 0;
        failed += !rolled_back;
        if (rolled_back) require(file.on_file() == expected, "the file is not as committed");
        if (rolled_back && kernel.has_not_failed()) break;
      }
    kernel.end();
    require(failed > 5, "few calls have failed");
    require(std::string(file.begin(), 10 * page) == expected, "the working copy is not as committed");
  });
}

TEST_CASE("a backup hears that a sync of the data has failed and lost what it may have read", "[append]") {
  TempDir dir;
  const std::string path = dir / "file";
  run_in_child([&] {
    write_file(path, std::string(12 * page, 'a'));
    const MappedFile file(path, mapped_bytes);
    Kernel kernel(file, path);
    fill(file.begin(), page, 'b');
    require(file.commit() == 0 && ftruncate(file.fd(), 10 * page) == 0, "the first commit");
    kernel.begin({SYS_msync, EIO, 0, 1});
    require(file.commit() == 0 && kernel.data_is_lost(), "no sync of the data has failed");
    kernel.end();
    snapshot::Attendance attendance;
    find_board(path, &attendance);
    snapshot::Board &board = attendance.board();
    board.backup = 4711;
    require(snapshot_rollback(file.begin(), mapped_bytes) == 0, "rollback");
    require(file.on_file()[0] == 'b', "the lost bytes are not copied again");
    require(board.spoiled == 4711 && board.error == EIO && board.backup == 0, "the backup does not know");
    require(board.turn % 2 == 0, "the file is at no commit");
  });
}

TEST_CASE("records that could not be copied to the file are kept, however long they are", "[append]") {
  TempDir dir;
  const std::string path = dir / "file";
  constexpr std::size_t large = 17 << 20;
  run_in_child([&] {
    write_file(path, std::string(large, 'a'));
    const MappedFile file(path, large);
    for (const bool fails : {true, false}) {
      const char letter = fails ? 'b' : 'c';
      fill(file.begin(), large, letter);
      int result = -1;
      (void)Steps::of([&] { result = file.commit(); },
                      [&](long number, const long *) -> long {
                        return fails && number == SYS_process_vm_readv ? -EFAULT : 0;
                      });
      require(result == 0, snapshot_last_error());
      if (fails) require(file.on_file() == std::string(large, 'a'), "nothing has failed");
      fill(file.begin() + page, 1, 'z');
      require(file.commit() == 0, snapshot_last_error());
      require(file.on_file() == std::string(large, letter).replace(page, 1, "z"), "the file");
    }
  });
}

TEST_CASE("a program that never waits is made to once a megabyte is pending", "[append]") {
  TempDir dir;
  const std::string path = dir / "file";
  constexpr std::size_t half = 600 << 10, large = 4 * half;
  run_in_child([&] {
    setenv("SNAPSHOT_LOG_LIMIT", "64M", 1);
    write_file(path, std::string(large, 'a'));
    const MappedFile file(path, large);
    // The area that this one needs has room for more.
    fill(file.begin(), large, 'b');
    require(file.commit() == 0, snapshot_last_error());
    const std::string expected(large, 'b');
    for (std::size_t n = 0; n < 2; ++n) {
      fill(file.begin() + n * half, half, 'c');
      require(file.on_file() == expected, "the first one has waited");
      require(msync(file.begin(), large, MS_ASYNC) == 0, snapshot_last_error());
    }
    require(file.on_file() == std::string(2 * half, 'c') + std::string(2 * half, 'b'),
            "the second one has not waited");
  });
}

// Records that MS_ASYNC has left in the log, and that a sync has lost, are in memory only.
TEST_CASE("what a failed sync of the log has lost is written again, and synced, before a commit returns",
          "[append]") {
  TempDir dir;
  const std::string path = dir / "file";
  run_in_child([&] {
    auto *file = new MappedFile((write_file(path, std::string(8 * page, 'a')), path), 8 * page);
    auto *kernel = new Kernel(*file, path);
    const auto commit = [&](std::size_t at, char letter, int flags) {
      fill(file->begin() + at * page, page, letter);
      return msync(file->begin(), 8 * page, flags);
    };
    require(commit(0, 'b', MS_SYNC) == 0, "the first commit");
    require(commit(1, 'c', MS_ASYNC) == 0, "MS_ASYNC");
    kernel->begin({SYS_fdatasync, EIO, 0, 1});
    require(commit(2, 'd', MS_SYNC) != 0, "no sync has failed");
    require(kernel->log_is_lost(), "no sync of the log has failed");
    // Written again it cannot be, either.
    kernel->begin({SYS_pwrite64, EIO, 0, 1});
    require(msync(file->begin(), 8 * page, MS_SYNC) != 0, "a write that failed was not noticed");
    kernel->begin({SYS_pwrite64, EIO, 1, 1});
    require(msync(file->begin(), 8 * page, MS_SYNC) != 0, "a second write that failed was not noticed");
    kernel->end();
    require(msync(file->begin(), 8 * page, MS_SYNC) == 0, "the commit could not be repeated");
    kernel->cut_power();
    _exit(0);
  });
  snapshot::FileReport report;
  REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
  CHECK(read_file(path) == std::string(page, 'b') + std::string(page, 'c') + std::string(page, 'd') +
                               std::string(5 * page, 'a'));
}

// Recovery takes the record that was durable for missing if it is not there.
TEST_CASE("a record says which one before it was durable", "[append]") {
  TempDir dir;
  const std::string path = dir / "file";
  run_in_child([&] {
    auto *file = new MappedFile((write_file(path, std::string(8 * page, 'a')), path), 8 * page);
    for (const int flags : {MS_SYNC, MS_SYNC, MS_ASYNC, MS_ASYNC}) {
      fill(file->begin(), 1, 'b');
      require(msync(file->begin(), 8 * page, flags) == 0, "msync");
    }
    _exit(0);
  });
  snapshot::FileReport report;
  REQUIRE(snapshot::inspect_file(path.c_str(), &report).ok());
  const snapshot::RecordView &area =
      report.log.record[0].count != 0 ? report.log.record[0] : report.log.record[1];
  CHECK(area.header.sequence == 4);
  CHECK(area.header.durable == 2);
}

// The first record of an area may be a header alone (a commit of a size), which the lines of a later record
// do not reach, while they destroy what follows it.
TEST_CASE("recovery does without what a record being written has left of the other area", "[append]") {
  TempDir dir;
  const std::string path = dir / "file";
  run_in_child([&] {
    auto *file = new MappedFile((write_file(path, std::string(20 * page, 'a')), path), mapped_bytes);
    const auto commit = [&](std::size_t size) {
      require(ftruncate(file->fd(), static_cast<off_t>(size)) == 0 && file->commit() == 0, "commit");
    };
    // A commit that cuts is the last of its area. Both areas begin with a size, then have lines.
    commit(19 * page);
    for (char letter = 'b'; letter < 'f'; ++letter) {
      commit(20 * page);
      fill(file->begin(), 2 * page, letter);
      commit(19 * page);
    }
    fill(file->begin(), 10 * page, 'z');
    (void)Steps::of([&] { (void)file->commit(); },
                    [](long number, const long *a) -> long {
                      // The header, after all lines.
                      if (number == SYS_pwrite64 && a[2] == 64) _exit(0);
                      return 0;
                    });
    throw std::runtime_error("the last commit has written no header by itself");
  });
  snapshot::FileReport report;
  REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
  CHECK((read_file(path) == std::string(2 * page, 'e') + std::string(17 * page, 'a')));
}
