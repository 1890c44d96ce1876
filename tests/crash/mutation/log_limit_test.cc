// SNAPSHOT_LOG_LIMIT. Claims: the log of a file on page-cache media never gets longer, however much is
// committed, but for a commit that needs more by itself, and is short again after it; no checkpoint comes
// before half of it is full; and after any of the commits recovery finds it.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/recover_file.h"
#include "support/mapped_file.h"

using namespace test;

namespace {

constexpr std::size_t kLimit = 256 << 10, kPages = 64, kHeader = 4096;

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

std::size_t log_bytes(const std::string &path) {
  return static_cast<std::size_t>(std::filesystem::file_size(path + ".snaplog"));
}

// Leaves the file as in a crash after so many commits of a line each; returns what it must hold.
std::string commit_lines(const std::string &path, unsigned commits) {
  auto *file = new MappedFile(path, kPages * page);
  std::string expected(kPages * page, 'a');
  unsigned checkpoints = 0;
  for (unsigned n = 0; n < commits; ++n) {
    const std::size_t at = n * 7919 % (kPages * 64) * 64;
    const char letter = static_cast<char>('b' + n % 20);
    fill(file->begin() + at, 64, letter);
    expected.replace(at, 64, 64, letter);
    const Steps::Words steps = Steps::of([&] { require(file->commit() == 0, "msync"); });
    checkpoints += std::count(steps.begin(), steps.end(), "sync data") != 0 ? 1 : 0;
    require(log_bytes(path) <= kLimit + kHeader, "the log has " + std::to_string(log_bytes(path)) + " bytes");
  }
  // A record is 192 bytes, and the areas have 64 KiB, then 128.
  const unsigned most = 3 + commits * 192 / (128 << 10);
  require(checkpoints <= most, std::to_string(checkpoints) + " checkpoints");
  if (commits > 1023) require(checkpoints > 1, "no checkpoints");
  return expected;
}

void in_child_with_limit(const std::function<void()> &body) {
  const int status = in_child([&] {
    setenv("SNAPSHOT_MEDIA", "page-cache", 1);
    setenv("SNAPSHOT_PROTOCOL", "redo", 1);
    setenv("SNAPSHOT_LOG_LIMIT", "256K", 1);
    return status_of(body);
  });
  REQUIRE(status == 0);
}

}  // namespace

TEST_CASE("the log stays within its limit, and recovery finds the last commit at every length of it") {
  // About 341 records fill an area of 64 KiB, 682 one of 128.
  for (const unsigned commits : {1u, 340u, 341u, 342u, 1023u, 1024u, 1025u, 2500u}) {
    TempDir dir;
    const std::string path = dir / "data";
    INFO(commits << " commits");
    write_file(path, std::string(kPages * page, 'a'));
    in_child_with_limit([&] {
      const std::string expected = commit_lines(path, commits);
      write_file(path + ".expected", expected);
    });
    snapshot::FileReport report;
    REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
    CHECK(report.findings.sequence == commits);
    CHECK(bytes_in_file(path) == read_file(path + ".expected"));
  }
}

TEST_CASE("a commit that needs more than the limit works, and its room is given back") {
  TempDir dir;
  const std::string path = dir / "data";
  constexpr std::size_t kBytes = 1 << 20;
  write_file(path, std::string(kBytes, 'a'));
  in_child_with_limit([&] {
    MappedFile file(path, kBytes);
    fill(file.begin(), kBytes, 'b');
    require(file.commit() == 0, "the large commit");
    require(log_bytes(path) > kBytes, "the log has no room for it");
    for (int n = 0; n < 3000; ++n) {
      fill(file.begin(), 64, static_cast<char>('c' + n % 20));
      require(file.commit() == 0, "a small commit");
    }
    require(bytes_in_file(path).substr(64) == std::string(kBytes - 64, 'b'), "the large commit is not there");
    // The large area is in use until it is full; the other one is small.
    for (int n = 0; n < 6000; ++n) {
      fill(file.begin(), 64, static_cast<char>('c' + n % 20));
      require(file.commit() == 0, "a small commit");
    }
    struct stat st;
    require(stat((path + ".snaplog").c_str(), &st) == 0, "stat");
    require(static_cast<std::size_t>(st.st_blocks) * 512 <= kLimit + kHeader,
            "the log takes " + std::to_string(st.st_blocks * 512) + " bytes");
  });
}
