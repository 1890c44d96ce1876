// Invariants 3 and 5 where the lists of dirty lines are not the usual: there is no memory for them, they have
// many entries that are stale, or lines at the end of all that there can be. Claim: every line that is dirty
// is in the next commit that covers it. (commit/gather.h)
#include <algorithm>
#include <memory>
#include <vector>

#include "order_of_steps.h"
#include "own_process.h"
#include "track/windows.h"

using namespace test;

namespace {

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

bool asks_for_memory(long number, const long *a) {
  return number == SYS_mremap ||
         (number == SYS_mmap && (a[3] & MAP_ANONYMOUS) != 0 && (a[3] & MAP_FIXED) == 0);
}
long no_memory(long number, const long *a) { return asks_for_memory(number, a) ? -ENOMEM : 0; }

}  // namespace

TEST_CASE("invariant 5: stores that no list has room for are found up to the last line of any file") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    // Kept open: a list that a closed file leaves would serve the next one.
    std::vector<std::unique_ptr<MappedFile>> files;
    for (const std::size_t bytes : {1ul, 64ul, 65ul, 512ul, 513ul, 4096ul, 4097ul, 6154ul, 20 * page + 577}) {
      const std::string path = dir / std::to_string(bytes);
      write_file(path, std::string(bytes, 'a'));
      files.push_back(std::make_unique<MappedFile>(path, bytes));
      const MappedFile &file = *files.back();
      (void)Steps::of([&] { fill(file.begin(), 1, 'b'), fill(file.begin() + bytes - 1, 1, 'c'); }, no_memory);
      require(file.commit() == 0, snapshot_last_error());
      require(file.on_file() == file.working(), "of " + std::to_string(bytes) + " bytes some are missing");
    }
  });
}

TEST_CASE("invariant 5: a commit that gets no memory from any one call on loses nothing") {
  TempDir dir;
  constexpr std::size_t runs = 4096, stride = 128;
  bool last = false;
  for (int n = 1; !last; ++n) {
    REQUIRE(n < 100);
    INFO("from allocation " << n << " on");
    const std::string path = dir / std::to_string(n), done = path + ".done";
    in_own_process([&](const std::string &) {
      const MappedFile file(path, runs * stride);
      // In no list, so that they are found eight lines at a time: more runs then than entries, which is more
      // than there is room for when they are to be pending again.
      (void)Steps::of(
          [&] {
            for (std::size_t i = 0; i < runs; ++i) fill(file.begin() + i * stride, 8, 'a');
          },
          no_memory);
      int left = n, result = 0, error = 0;
      (void)Steps::of([&] { result = file.commit(), error = errno; },
                      [&](long number, const long *a) -> long {
                        return asks_for_memory(number, a) && --left <= 0 ? -ENOMEM : 0;
                      });
      require(result == 0 || error == ENOMEM, "errno " + std::to_string(error));
      const std::string now = file.on_file();
      require(result == 0 ? now == file.working() : now == std::string(now.size(), 0),
              "neither before nor after");
      require(file.commit() == 0 && file.on_file() == file.working(), "something is lost");
      if (left > 0) write_file(done, "");
    });
    last = exists(done);
  }
}

TEST_CASE("a program that commits page by page does not pay for it with more and more memory") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const MappedFile file(dir / "data", 1 << 20);
    for (std::size_t at = 0; at < file.size(); at += 64) fill(file.begin() + at, 1, 'a');
    const auto commit_a_page = [&] {
      for (std::size_t at = 0; at < page; at += 64) fill(file.begin() + at, 1, 'b');
      require(msync(file.begin(), page, MS_SYNC) == 0, snapshot_last_error());
    };
    commit_a_page();  // what is dirty at first has its room now
    int grown = 0;
    (void)Steps::of(
        [&] {
          for (unsigned round = 0; round < 300; ++round) commit_a_page();
        },
        [&](long number, const long *) -> long {
          grown += number == SYS_mremap;
          return 0;
        });
    require(grown == 0, "a buffer grew " + std::to_string(grown) + " times");
    require(file.commit() == 0 && file.on_file() == file.working(), "something is lost");
  });
}

TEST_CASE("lines at the very end of a window stay pending while others are committed") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    // The first file gets the room that is usual, the second all of the rest but what the third needs: then
    // the third one's window ends where it ends.
    constexpr std::size_t left = 2 * snapshot::kGranuleBytes, bytes = left - snapshot::kWindowSkew;
    constexpr std::size_t usual = std::min(std::size_t{8} << 30, std::size_t{snapshot::kRangeBytes / 32});
    write_file(dir / "large", "x");
    const MappedFile small(dir / "small", page);
    const MappedFile large(dir / "large", snapshot::kRangeBytes - usual - left - snapshot::kWindowSkew);
    const MappedFile file(dir / "data", bytes);
    require(reinterpret_cast<std::uint64_t>(file.begin()) + bytes ==
                snapshot::kWorkingBase + snapshot::kRangeBytes,
            "there is room behind it");
    char *const last = file.begin() + bytes - 64;
    fill(last, 64, 'z');
    require(msync(file.begin(), bytes / 2, MS_SYNC) == 0, snapshot_last_error());
    require(backing_byte(last) == 0, "committed too early");
    require(file.commit() == 0 && backing_byte(last) == 'z', "it is lost");
  });
}

TEST_CASE("a program that ends is told how many lines it has not committed") {
  TempDir dir;
  const std::string said = dir / "said";
  const int status = in_child([&] {
    std::fflush(nullptr);
    const int out = open(said.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    (void)dup2(out, STDERR_FILENO);
    setenv("SNAPSHOT_LOG", "info", 1);
    const auto *file = new MappedFile(dir / "data", 16 * page);
    fill(file->begin(), 64, 'a');
    if (file->commit() != 0) return 1;
    fill(file->begin() + page, 2 * 64, 'b');
    fill(file->begin() + 2 * page, 1, 'b');
    std::exit(0);
    return 2;
  });
  CHECK(status == 0);
  INFO(read_file(said));
  CHECK(read_file(said).find(" 3 changed lines were not committed") != std::string::npos);
  CHECK(read_file(dir / "data")[page] == 0);
}

// Of all the announcements that a thread can make none is of this file.
TEST_CASE("a commit does not take what is announced in another file for its own", "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    constexpr std::size_t all = 6;
    const MappedFile file(dir / "data", page), other(dir / "other", page);
    fill(file.begin(), 200, 'a');
    for (std::size_t i = 0; i < all; ++i) {
      __snapshot_announce(other.begin() + 64 * i, 1);
      other.begin()[64 * i] = 'n';
    }
    require(file.commit() == 0 && file.on_file() == file.working(), "the commit");
    require(other.on_file() == std::string(page, 0), "the other file was committed");
    for (std::size_t i = all; i-- > 0;) __snapshot_mark_announced(other.begin() + 64 * i, 1);
    require(other.commit() == 0 && other.on_file() == other.working(), "the other file's commit");
  });
}
