// Invariant 5, call by call: recovery, opening and a commit that grows file and log, with each of their
// system calls failing once, in turn. Claim: what says that it has succeeded has, what says that it has
// failed succeeds when it is repeated, and nothing is left open. Interrupted and short reads and writes are
// no failures at all.
#include <sys/uio.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "crash_states.h"
#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/recover_file.h"
#include "support/mapped_file.h"

using namespace test;

namespace {

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

// Calls whose failure is nobody's business: memory given back, descriptors closed, advice, a name looked up
// for a message, locks and fences of threads.
bool may_fail_unseen(long number) {
  for (const long harmless : {SYS_munmap, SYS_close, SYS_unlink, SYS_futex, SYS_getpid, SYS_membarrier,
                              SYS_fchown, SYS_fchmod, SYS_getrandom, SYS_fcntl, SYS_nanosleep})
    if (number == harmless) return true;
  return false;
}

// The n-th call that counts fails; *number says which it was, 0 if there were not so many.
Steps::Fault failing(int n, long *number) {
  *number = 0;
  return [n, number](long called, const long *) mutable -> long {
    if (may_fail_unseen(called) || --n != 0) return 0;
    *number = called;
    return -EIO;
  };
}

std::size_t descriptors() {
  const auto all = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}
std::size_t mappings() {
  std::ifstream maps("/proc/self/maps");
  return static_cast<std::size_t>(std::count(std::istreambuf_iterator<char>(maps), {}, '\n'));
}

constexpr int calls_max = 400;

// A commit that made the file longer, and is in the log alone.
std::string make_grown(const TempDir &dir, const std::string &name) {
  LoggedFile file(dir / name, state_contents('a'), snapshot::MediumKind::page_cache, Logs::appended);
  file.write_record({{lines_of(kStateBytes / 64, 1, 'b')}, kStateBytes + 64});
  return file.path();
}

}  // namespace

TEST_CASE("recovery of which any call fails says so, or has succeeded; repeated, it succeeds") {
  TempDir dir;
  for (const auto &make : {make_incomplete, make_complete, make_untouched, make_grown}) {
    snapshot::FileReport report;
    const std::string twin = make(dir, "twin");
    REQUIRE(snapshot::recover_file(twin.c_str(), &report).ok());
    const std::string expected = read_file(twin);
    long number = 1;
    for (int n = 1; number != 0; ++n) {
      REQUIRE(n < calls_max);
      const std::string path = make(dir, std::to_string(n));
      snapshot::Status s;
      const std::size_t open_before = descriptors();
      (void)Steps::of([&] { s = snapshot::recover_file(path.c_str(), &report); }, failing(n, &number));
      INFO("call " << n << ", number " << number << ", errno " << s.error << " " << last_error());
      CHECK(descriptors() == open_before);
      if (s.ok()) CHECK((read_file(path) == expected));
      // A log that says that it is over is as good as none.
      if (s.ok() && exists(path + ".snaplog")) {
        REQUIRE(snapshot::inspect_file(path.c_str(), &report).ok());
        CHECK(report.findings.verdict == snapshot::Verdict::retired);
      }
      if (!s.ok()) CHECK(last_error() != "");
      CHECK(report.log.fd == -1);
      CHECK(snapshot::recover_file(path.c_str(), &report).ok());
      CHECK((read_file(path) == expected));
      (void)unlink(path.c_str());
    }
  }
}

TEST_CASE(
    "an open file that cannot be written as recovery has to, or has no name for a log, is not touched") {
  TempDir dir;
  const std::string path = make_incomplete(dir), data = read_file(path), log = read_file(path + ".snaplog");
  // Past the library, which would recover it at once.
  const int fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC));
  snapshot::FileReport report;
  const auto recover = [&](const std::string &name) {
    return snapshot::recover_open_file(name.c_str(), fd, &report, snapshot::Contention::report);
  };
  snapshot::Status s;
  (void)Steps::of(
      [&] { s = recover(path); },
      [](long number, const long *a) -> long { return number == SYS_fcntl && a[1] == F_SETFL ? -EIO : 0; });
  CHECK(s.error == EIO);
  CHECK(last_error().find(path) == 0);
  CHECK(recover(std::string(PATH_MAX, 'a')).error == ENAMETOOLONG);
  CHECK((read_file(path) == data));
  CHECK((read_file(path + ".snaplog") == log));
  CHECK(recover(path).ok());
  CHECK((read_file(path) == incomplete_recovered()));
  CHECK((fcntl(fd, F_GETFL) & O_APPEND) != 0);
  (void)close(fd);
}

TEST_CASE("inspection of which any call fails says so, or has the truth") {
  TempDir dir;
  const std::string path = make_incomplete(dir);
  const std::string log = read_file(path + ".snaplog"), data = read_file(path);
  long number = 1;
  for (int n = 1; number != 0; ++n) {
    REQUIRE(n < calls_max);
    snapshot::FileReport report;
    snapshot::Status s;
    const std::size_t open_before = descriptors();
    (void)Steps::of([&] { s = snapshot::inspect_file(path.c_str(), &report); }, failing(n, &number));
    INFO("call " << n << ", number " << number);
    CHECK(descriptors() == open_before);
    if (s.ok()) CHECK(report.findings.verdict == snapshot::Verdict::undo);
    CHECK(report.log.fd == -1);
    CHECK((read_file(path) == data));
    CHECK((read_file(path + ".snaplog") == log));
  }
}

TEST_CASE("a commit of which any call fails says so, or is there; repeated, it is", "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    long number = 1;
    for (int n = 1; number != 0; ++n) {
      require(n < calls_max, "no end");
      const std::string path = dir / (medium + std::to_string(n)), what = "call " + std::to_string(n);
      write_file(path, std::string(20 * page, 'a'));
      MappedFile file(path, 64 * page);
      fill(file.begin(), 64, 'b');
      require(file.commit() == 0, what + ": first commit");
      const std::string before = file.on_file();
      fill(file.begin() + page, 19 * page, 'c');  // needs a larger area
      int result = 0;
      (void)Steps::of([&] { result = file.commit(); }, failing(n, &number));
      const std::string after(file.begin(), 20 * page);
      if (result == 0)
        require(file.on_file() == after, what + ": succeeded, but is not there");
      else
        require(file.on_file() == before, what + ": failed, but has changed the file");
      require(file.commit() == 0, what + ": repeated: " + snapshot_last_error());
      require(file.on_file() == after, what + ": repeated, but is not there");
      fill(file.begin(), 64, 'd');
      require(file.commit() == 0 && file.on_file()[0] == 'd', what + ": the next commit");
    }
  });
}

TEST_CASE("a crash after a mapping or a commit of which any call has failed leaves what was said") {
  TempDir dir;
  constexpr std::size_t bytes = 20 * page;
  for (const bool while_mapping : {true, false}) {
    bool last = false;
    for (int n = 1; !last; ++n) {
      REQUIRE(n < calls_max);
      INFO((while_mapping ? "mapping" : "commit") << ", call " << n);
      const std::string path = dir / std::to_string(n), said = path + ".said", done = path + ".done";
      in_own_process(
          [&](const std::string &) {
            write_file(path, std::string(bytes, 'a'));
            long number = 0;
            int result = -1;
            const auto commit = [&] {
              const MappedFile *file = new MappedFile(path, bytes);
              fill(file->begin() + page, 19 * page, 'c');
              if (while_mapping) return void(result = file->commit());
              (void)Steps::of([&] { result = file->commit(); }, failing(n, &number));
            };
            try {
              if (while_mapping)
                (void)Steps::of(commit, failing(n, &number));
              else
                commit();
            } catch (const std::exception &) {
              snapshot::snapshot_observer = nullptr;
            }
            write_file(said, result == 0 ? "committed" : "failed");
            if (number == 0) write_file(done, "");
          },
          [&](const std::string &) {
            const std::string before(bytes, 'a'),
                after = std::string(page, 'a') + std::string(19 * page, 'c');
            snapshot::FileReport report;
            CHECK(snapshot::recover_file(path.c_str(), &report).ok());
            const std::string found = read_file(path);
            // What could not be put back, and was reported as a failure, may be there.
            CHECK((found == after || (found == before && read_file(said) == "failed")));
          });
      last = exists(done);
    }
  }
}

TEST_CASE("a mapping of which any call fails is refused or managed; afterwards it can be had") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    // What is made once in a process is made.
    (void)MappedFile(dir / ("first" + medium), page);
    long number = 1;
    for (int n = 1; number != 0; ++n) {
      require(n < calls_max, "no end");
      const std::string path = make_incomplete(dir, medium + std::to_string(n)),
                        what = "call " + std::to_string(n);
      const std::size_t open_before = descriptors();
      const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
      void *at = nullptr;
      (void)Steps::of([&] { at = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); },
                      failing(n, &number));
      if (at != MAP_FAILED) (void)munmap(at, page);
      (void)close(fd);
      require(descriptors() == open_before, what + ": left a descriptor open");
      const std::string recovered = incomplete_recovered();
      const MappedFile file(path, page);
      require(file.working() == recovered.substr(0, page), what + ": then the bytes are wrong");
      require(file.on_file() == recovered, what + ": then the file is wrong");
    }
  });
}

TEST_CASE("interrupted and short reads and writes are gone on with") {
  TempDir dir;
  // Every other one is interrupted, and the others do no more than half.
  const auto halting = [](unsigned *count) -> Steps::Fault {
    return [count](long number, const long *a) -> long {
      if (number == SYS_flock) return ++*count % 2 == 1 ? -EINTR : 0;
      if (number == SYS_process_vm_readv) {
        if (++*count % 2 == 1) return -EINTR;
        struct iovec to = *reinterpret_cast<const struct iovec *>(a[1]),
                     from = *reinterpret_cast<const struct iovec *>(a[3]);
        to.iov_len = from.iov_len = (to.iov_len + 1) / 2;
        return snapshot::sys::kernel_call(number, a[0], reinterpret_cast<long>(&to), 1,
                                          reinterpret_cast<long>(&from), 1, 0);
      }
      if (number != SYS_pread64 && number != SYS_pwrite64) return 0;
      if (++*count % 2 == 1) return -EINTR;
      if (a[2] <= 64) return 0;  // entries and headers are written whole, or not at all
      return snapshot::sys::kernel_call(number, a[0], a[1], (a[2] / 2 + 63) / 64 * 64, a[3], 0, 0);
    };
  };
  unsigned count = 0;
  const std::string path = make_incomplete(dir);
  snapshot::FileReport report;
  const auto interrupting_reads = [&](long number, const long *a) -> long {
    return number == SYS_pwrite64 && a[2] == 64 ? 0 : halting(&count)(number, a);
  };
  snapshot::Status s;
  (void)Steps::of([&] { s = snapshot::recover_file(path.c_str(), &report); }, interrupting_reads);
  INFO(last_error());
  CHECK(s.ok());
  CHECK(count > 10);
  CHECK((read_file(path) == incomplete_recovered()));
  in_own_process([&](const std::string &medium) {
    const MappedFile file(dir / medium, 16 * page);
    for (std::size_t n = 0; n < 48; ++n)
      fill(file.begin() + n * page / 4, page / 4, static_cast<char>('c' + n));
    int result = -1;
    (void)Steps::of([&] { result = file.commit(); }, interrupting_reads);
    require(result == 0, snapshot_last_error());
    require(file.on_file() == file.working(), "the commit is not there");
  });
}

TEST_CASE("where process_vm_readv is forbidden commits are made without it") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    const MappedFile file(dir / medium, 16 * page);
    for (const long error : {ENOSYS, EPERM}) {
      for (const std::size_t n : {2u, 5u, 6u, 11u})
        fill(file.begin() + n * page, 200, static_cast<char>(error));
      int result = -1;
      (void)Steps::of(
          [&] { result = file.commit(); },
          [error](long number, const long *) { return number == SYS_process_vm_readv ? -error : 0; });
      require(result == 0, snapshot_last_error());
      require(file.on_file() == file.working(), "the commit is not there");
    }
  });
}

TEST_CASE("logs that are used, grown, refused, put away leave no mapping and no descriptor behind") {
  TempDir dir;
  const auto use = [&](const std::string &name) {
    snapshot::FileReport report;
    for (const auto &make : {make_complete, make_untouched, make_damaged, make_foreign, make_incomplete}) {
      const std::string path = make(dir, name);
      (void)snapshot::inspect_file(path.c_str(), &report);
      (void)snapshot::recover_file(path.c_str(), &report);
      std::filesystem::remove(path + ".snaplog");
    }
    write_file(dir / "other", "x");
    std::filesystem::create_directory(dir / "other.snaplog");
    (void)snapshot::recover_file((dir / "other").c_str(), &report);
    std::filesystem::remove(dir / "other.snaplog");
    for (const auto kind : {snapshot::MediumKind::memory, snapshot::MediumKind::page_cache}) {
      LoggedFile file(dir / name, std::string(64, 'a'), kind);
      for (const u64 bytes : {u64{300} << 10, u64{1} << 20, u64{20} << 20, u64{64}, u64{64}})
        for (int area = 0; area < 2; ++area) {
          require(snapshot::reserve_record(&file.log(), bytes).ok(), "reserve_record");
          ++file.log().sequence;
        }
      std::filesystem::remove(file.log_path());
    }
  };
  const auto use_often = [&] {
    use("first");
    const std::size_t open_before = descriptors(), mapped_before = mappings();
    for (int round = 0; round < 4; ++round) use("again");
    require(descriptors() == open_before, "descriptors are left open");
    require(mappings() < mapped_before + 4, "mappings are left");
  };
  CHECK(in_child([&] { return status_of(use_often); }) == 0);
}
