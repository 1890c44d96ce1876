// Recovery (recovery/recovery.h) where reads and writes are short, interrupted, or fail, where the file has
// holes, and where log and file are at the edges of what FORMAT.md allows. Claim: the file is at a commit
// boundary to the byte, or the error is the one that the system gave and nothing was changed.
#include <sys/stat.h>

#include <utility>
#include <vector>

#include "crash_states.h"
#include "forged_record.h"
#include "log/log_reader.h"
#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/recover_file.h"

using namespace test;
using snapshot::FileReport;
using snapshot::Status;
using snapshot::Verdict;

namespace {

Status recover(const std::string &path, const Steps::Fault &fault = nullptr, FileReport *report = nullptr) {
  FileReport own;
  Status s;
  (void)Steps::of([&] { s = snapshot::recover_file(path.c_str(), report != nullptr ? report : &own); },
                  fault);
  return s;
}

u64 mapped_bytes() {
  char text[64] = {};
  const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  REQUIRE(read(fd, text, sizeof text - 1) > 0);
  close(fd);
  return std::strtoull(text, nullptr, 10) * page;
}

// More than a hash piece of 256 lines, and more runs than are read at once.
Change many_lines(char letter, u64 size_after) {
  Change change = {{lines_of(2, 300, letter)}, size_after};
  for (int i = 0; i < 600; ++i)
    change.runs.push_back(lines_of(400 + 2 * static_cast<u64>(i), 1, static_cast<char>(letter + i % 3)));
  return change;
}
constexpr u64 many_bytes = 2000 * 64;

// Commit 1 is there, commit 2 is torn: of its first run most has arrived, and of the others every third.
std::string make_torn(const TempDir &dir, const std::string &name) {
  LoggedFile file(dir / name, std::string(many_bytes, 'a'));
  file.commit(many_lines('b', many_bytes));
  const Change second = many_lines('f', many_bytes);
  file.write_record(second);
  file.put_bytes(second.runs[0].line * 64, second.runs[0].bytes.substr(0, 299 * 64));
  for (std::size_t i = 1; i < second.runs.size(); i += 3)
    file.put_bytes(second.runs[i].line * 64, second.runs[i].bytes);
  return file.path();
}

}  // namespace

TEST_CASE("lines all over a file cost recovery a write each, and hardly any reads", "[log]") {
  constexpr u64 lines = 3000, apart = 200;
  TempDir dir;
  LoggedFile file(dir / "data", std::string(lines * apart * 64, 'a'), snapshot::MediumKind::memory,
                  Logs::new_lines);
  Change change{{}, lines * apart * 64};
  for (u64 i = 0; i < lines; ++i) change.runs.push_back(lines_of(i * 7 % lines * apart, 1, 'n'));
  file.write_record(change);
  file.crash();
  u64 reads = 0, writes = 0;
  const Status s = recover(file.path(), [&](long number, const long *) -> long {
    reads += number == SYS_pread64;
    writes += number == SYS_pwrite64;
    return 0;
  });
  REQUIRE(s.ok());
  CHECK(reads < lines / 20);
  CHECK(writes < lines + lines / 20);
  std::string expected(lines * apart * 64, 'a');
  for (const NewLines &run : change.runs) expected.replace(run.line * 64, 64, run.bytes);
  CHECK((file.contents() == expected));
}

TEST_CASE("recovery and records whose reads and writes are all short or interrupted are as if they were not",
          "[log]") {
  TempDir dir;
  u64 random = 1;
  const auto halting = [&](long number, const long *a) -> long {
    if (number != SYS_pread64 && number != SYS_pwrite64) return 0;
    random = random * 6364136223846793005 + 1442695040888963407;
    if (random >> 62 == 0) return -EINTR;
    const bool structure = a[2] == 64 && a[3] < 4096;  // entries and marks are written whole, or not at all
    if (a[2] == 1 || (number == SYS_pwrite64 && structure)) return 0;
    const long some = 1 + static_cast<long>(random >> 33) % (a[2] - 1);
    return snapshot::sys::kernel_call(number, a[0], a[1], some, a[3], 0, 0);
  };
  std::string path;
  (void)Steps::of([&] { path = make_torn(dir, "torn"); }, halting);
  const std::string twin = make_torn(dir, "twin");
  REQUIRE(recover(twin).ok());
  CHECK(recover(path, halting).ok());
  CHECK((read_file(path) == read_file(twin)));
  LoggedFile complete(dir / "complete", std::string(many_bytes, 'a'));
  complete.commit(many_lines('b', many_bytes - 100));
  complete.crash();
  FileReport report;
  CHECK(recover(complete.path(), halting, &report).ok());
  CHECK(report.findings.verdict == Verdict::complete);
}

TEST_CASE("recovery says what the system said, whichever call failed, once or for good", "[log]") {
  TempDir dir;
  struct Failure {
    long number;
    int error;
  };
  const Failure failures[] = {{SYS_pread64, EIO}, {SYS_pread64, ENOMEM}, {SYS_mmap, ENOMEM},
                              {SYS_statx, EIO},   {SYS_pwrite64, EIO},   {SYS_pwrite64, EDQUOT},
                              {SYS_fsync, EIO},   {SYS_ftruncate, EIO},  {SYS_flock, ENOLCK}};
  for (const auto &make : {make_incomplete, make_complete, make_untouched})
    for (const Failure &failure : failures)
      for (const bool for_good : {false, true}) {
        bool failed = true;
        for (int n = 1; failed && n < 40; ++n) {
          INFO("call " << failure.number << ", " << n << (for_good ? " and all after it" : ""));
          const std::string path = make(dir, "data"), before = last_error();
          failed = false;
          const Status s = recover(path, [&, left = n](long number, const long *) mutable -> long {
            if (number != failure.number || --left > 0 || (left < 0 && !for_good)) return 0;
            failed = true;
            return -failure.error;
          });
          REQUIRE(s.error == (failed ? failure.error : 0));
          if (s.ok()) REQUIRE(last_error() == before);
          std::filesystem::remove(path + ".snaplog");
        }
      }
}

TEST_CASE("a file whose size cannot be asked for is not judged by what is known of it", "[log]") {
  TempDir dir;
  for (const auto &make : {make_incomplete, make_complete, make_untouched}) {
    bool failed = true;
    for (int n = 1; failed; ++n) {
      INFO("call " << n);
      const std::string path = make(dir, "data"), data = read_file(path);
      failed = false;
      bool of_data = false;
      const Status s = recover(path, [&, left = n](long number, const long *a) mutable -> long {
        if (number != SYS_fstat || --left != 0) return 0;
        failed = true;
        of_data = std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(a[0])) == path;
        return -EIO;
      });
      // One that asks whether the log still has its name may be asked again.
      CHECK((s.error == EIO || (s.ok() && !of_data)));
      if (!s.ok()) CHECK((read_file(path) == data));
      if (!s.ok()) CHECK(last_error().find("truncated") == std::string::npos);
      CHECK(recover(path).ok());
    }
  }
}

TEST_CASE("a record that cannot be written whole is no record, and the error is the system's", "[log]") {
  TempDir dir;
  for (const int error : {EIO, ENOSPC}) {
    bool failed = true;
    for (int n = 1; failed; ++n) {
      INFO("write " << n << ", error " << error);
      LoggedFile file(dir / (std::to_string(error) + "-" + std::to_string(n)), std::string(64, 'a'));
      failed = false;
      Status s;
      struct alignas(64) Line : std::array<unsigned char, 64> {};
      std::vector<Line> room(702);
      (void)Steps::of(
          [&] {
            snapshot::RecordWriter writer(&file.log(), {format::kUndoMagic, 8, 700, 64, 64, 1},
                                          room[0].data());
            for (int i = 0; i < 700; ++i) std::memset(writer.lines(1), i, 64);
            s = writer.seal();
          },
          [&, left = n](long number, const long *) mutable -> long {
            if (number != SYS_pwrite64 || --left != 0) return 0;
            failed = true;
            return -error;
          });
      CHECK(s.error == (failed ? error : 0));
    }
  }
}

TEST_CASE("a log that shrinks while it is read is refused", "[log]") {
  TempDir dir;
  bool cut = true;
  for (int n = 1; cut; ++n) {
    INFO("before read " << n);
    LoggedFile file(dir / std::to_string(n), std::string(many_bytes, 'a'));
    file.commit(many_lines('b', many_bytes));
    cut = false;
    Status s;
    snapshot::LogView view;
    (void)Steps::of([&] { s = snapshot::read_log(file.log().fd, "log", &view); },
                    [&, left = n](long number, const long *a) mutable -> long {
                      if (number != SYS_pread64 || --left != 0) return 0;
                      cut = true;
                      return ftruncate(static_cast<int>(a[0]), 0);
                    });
    CHECK(s.error == (cut ? EBADMSG : 0));
    if (cut) CHECK(last_error().find("truncated") != std::string::npos);
  }
}

TEST_CASE("lines beyond the end that a commit leaves count as zeros, whatever the longer file has there",
          "[log]") {
  TempDir dir;
  constexpr u64 before = 600 * 64;
  // The end lies in the first line of the second hash piece, between lines, and within one.
  for (const u64 after : {u64{300 * 64}, u64{300 * 64 + 17}, u64{40 * 64}, u64{40 * 64 + 63}}) {
    INFO("to " << after << " bytes");
    LoggedFile file(dir / std::to_string(after), std::string(before, 'a'));
    const Change change = {{lines_of(0, 256, 'n'), lines_of(290, 200, 'n')}, after};
    file.write_record(change);
    file.put_lines(change);  // and the file has not been cut
    file.crash();
    FileReport report;
    CHECK(recover(file.path(), nullptr, &report).ok());
    CHECK(report.findings.verdict == Verdict::complete);
    CHECK(read_file(file.path()).size() == after);
  }
}

TEST_CASE("a commit that the next one had followed is not undone, whatever has become of that one's record",
          "[log]") {
  TempDir dir;
  const auto refused = [&](const std::string &path) {
    const std::string data = read_file(path);
    CHECK(recover(path).error == EBADMSG);
    CHECK((read_file(path) == data));
  };
  {
    LoggedFile file(dir / "first", state_contents('a'));
    file.commit({{lines_of(1, 2, 'b')}, kStateBytes});
    const u64 next = file.next_area_offset();
    file.put_bytes(64, "damage");
    file.crash();
    patch_file(file.log_path(), next, "begun");
    refused(file.path());
  }
  {
    LoggedFile file(dir / "later", state_contents('a'));
    for (char letter : {'b', 'c'}) file.commit({{lines_of(1, 2, letter)}, kStateBytes});
    const u64 next = file.next_area_offset();
    file.put_bytes(64, "damage");
    file.crash();
    patch_file(file.log_path(), next + 128, "other bytes");  // of record 1, whose header stands
    refused(file.path());
  }
}

namespace {

bool in_hole(int fd, u64 at) {
  const off_t data = lseek(fd, static_cast<off_t>(at), SEEK_DATA);
  return data < 0 ? errno == ENXIO : static_cast<u64>(data) >= at + page;
}

// Some pages of the file become holes, and some zeros that have their blocks.
void make_zeros(LoggedFile *file, u64 pages, u64 random) {
  for (u64 i = 0; i + 1 < pages; ++i, random /= 3) {
    if (i % 20 == 0) random = (random + i + 1) * 6364136223846793005 >> 20;
    if (random % 3 == 0)
      REQUIRE(fallocate(file->data_fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                        static_cast<off_t>(i * page), page) == 0);
    if (random % 3 == 1) file->put_bytes(i * page, std::string(page, 0));
  }
}

}  // namespace

TEST_CASE("recovery writes each line of the newest commit that lies in no hole, and fills no hole with zeros",
          "[log]") {
  TempDir dir;
  u64 random = 3;
  const auto below = [&](u64 n) {
    random = random * 6364136223846793005 + 1442695040888963407;
    return (random >> 33) % n;
  };
  constexpr u64 pages = 24, lines = pages * 64;
  for (unsigned round = 0; round < 60; ++round) {
    INFO("round " << round);
    const bool holes_are_known = round % 4 != 0;
    const std::string path = dir / std::to_string(round);
    LoggedFile file(path, std::string(pages * page, 'a'));
    file.commit({{lines_of(0, 1, 'b')}, pages * page});
    make_zeros(&file, pages, below(1u << 30));
    const u64 first = below(lines - 1), count = 1 + below(lines - first);
    const Change change = {{lines_of(first, count, below(3) == 0 ? '\0' : 'n')}, pages * page};
    std::string expected = file.contents();
    file.write_record(change);
    if (below(3) != 0) file.put_bytes((first + below(count)) * 64, "torn");
    file.crash();
    const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    std::vector<bool> hole, written(pages * page);
    for (u64 i = 0; i < pages; ++i) hole.push_back(in_hole(fd, i * page));
    const std::string found = read_file(path);
    FileReport report;
    // First it fails at some write.
    long left = 1 + static_cast<long>(below(4));
    const Status failed = recover(path, [&](long number, const long *) -> long {
      return number == SYS_pwrite64 && --left == 0 ? -EIO : 0;
    });
    REQUIRE(failed.error == (left <= 0 ? EIO : 0));
    if (failed.ok()) {
      close(fd);
      continue;
    }
    const Status s = recover(
        path,
        [&](long number, const long *a) -> long {
          if (number == SYS_lseek && !holes_are_known) return -EIO;
          if (number == SYS_pwrite64 && !(a[2] == 64 && a[3] == 64))
            for (long i = 0; i < a[2]; ++i) written[static_cast<std::size_t>(a[3] + i)] = true;
          return 0;
        },
        &report);
    REQUIRE(s.ok());
    REQUIRE((read_file(path) == (report.findings.verdict == Verdict::undo ? expected : found)));
    for (u64 i = 0; holes_are_known && i < pages; ++i) REQUIRE(in_hole(fd, i * page) == hole[i]);
    close(fd);
    for (u64 at = first * 64; at < (first + count) * 64; ++at)
      if (!written[at] && !(holes_are_known && hole[at / page])) FAIL("byte " << at << " was not written");
  }
}

TEST_CASE("recovery leaves no memory behind", "[log]") {
  TempDir dir;
  const auto recover_some = [&] {
    for (const auto &make : {make_incomplete, make_complete, make_untouched})
      for (int i = 0; i < 20; ++i) REQUIRE(recover(make(dir, "data")).ok());
  };
  recover_some();
  const u64 before = mapped_bytes();
  recover_some();
  CHECK(mapped_bytes() < before + 256 * 1024);
}
