// Invariant 5 where a fence fails: the file goes back to the commit before, msync says so, and a later one
// succeeds. Claim also: before anything else is committed, whatever the failure left is put right, stored
// anew and synced (after a failed sync the kernel counts pages as clean). Method: the fence's system call
// fails so many times.
#include <algorithm>
#include <stdexcept>

#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/recover_file.h"
#include "support/mapped_file.h"

using namespace test;
using Words = Steps::Words;

namespace {

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}
std::string text_of(const Words &words) {
  std::string text;
  for (const std::string &word : words) text += "[" + word + "] ";
  return text;
}

// The call with this number fails, the first count times, with EIO.
Steps::Fault failing(long number, int count) {
  return [number, left = count](long called, const long *) mutable -> long {
    return called == number && left-- > 0 ? -EIO : 0;
  };
}

// Three runs, in a file that also grows, from within a line: the size is synced on memory media, so that
// there, too, a system call can fail after the data has been stored.
struct Growing {
  explicit Growing(const std::string &path)
      : file((write_file(path, std::string(20 * page + 17, 'a')), path), 64 * page) {
    fill(file.begin(), 64, 'b');
    require(file.commit() == 0, "the first commit");
    before = file.on_file();
    require(ftruncate(file.fd(), 30 * page) == 0, "ftruncate");
    for (std::size_t at : {std::size_t{0}, 5 * page, 20 * page}) fill(file.begin() + at, 3000, 'c');
  }
  Words commit(const Steps::Fault &fault, int expected) {
    int result = 0, error = 0;
    const Words steps = Steps::of([&] { result = file.commit(), error = errno; }, fault);
    require(result == expected && (result == 0 || error == EIO), "msync returned " + std::to_string(result));
    return steps;
  }
  // What is in the file now, of what the commit before had.
  bool is_as_before() const { return file.on_file().substr(0, before.size()) == before; }
  std::string content() const { return {file.begin(), file.begin() + 30 * page}; }

  MappedFile file;
  std::string before;
};

std::size_t times(const Words &steps, const std::string &word) {
  return static_cast<std::size_t>(std::count(steps.begin(), steps.end(), word));
}

}  // namespace

TEST_CASE("invariant 5: a log that cannot be synced: no byte of the data is touched", "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    if (medium == "memory") return;  // there it is no system call, and cannot fail
    Growing g(dir / medium);
    const Words steps = g.commit(failing(SYS_fdatasync, 1), -1);
    require(steps == Words{"write log", "sync log"}, text_of(steps));
    require(g.is_as_before(), "the file has changed");
    (void)g.commit(nullptr, 0);
    require(g.file.on_file() == g.content(), "the second commit is not there");
  });
}

TEST_CASE("invariant 5: data that cannot be synced goes back at once, and can be committed again", "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Growing g(dir / medium);
    const Words steps = g.commit(failing(SYS_msync, 1), -1);
    require(times(steps, "copy data") == 2 && steps.back() == (medium == "memory" ? "fence" : "sync data"),
            text_of(steps));
    require(g.is_as_before(), "the old bytes are not back");
    // Right behind the runs that are pending again: a mark too many there, in no list, would hide these
    // stores.
    for (std::size_t at : {std::size_t{0}, 5 * page, 20 * page}) fill(g.file.begin() + at + 3008, 8, 'd');
    const Words again = g.commit(nullptr, 0);
    require(times(again, "copy data") == 1, "it went back twice: " + text_of(again));
    require(g.file.on_file() == g.content(), "the second commit is not there");
  });
}

TEST_CASE("invariant 5: what could not be put back is put back before the next commit, as often as it takes",
          "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    if (medium == "memory") return;  // there the way back is a fence, and cannot fail
    Growing g(dir / medium);
    (void)g.commit(failing(SYS_msync, 2), -1);
    const Words third = g.commit(failing(SYS_msync, 1), -1);
    require(times(third, "copy data") == 1 && times(third, "write log") + times(third, "copy log") == 0,
            "committed on top of a commit that failed: " + text_of(third));
    const Words fourth = g.commit(nullptr, 0);
    require(fourth.front() == "copy data" && times(fourth, "copy data") == 2, text_of(fourth));
    require(g.file.on_file() == g.content(), "the commit is not there");
  });
}

TEST_CASE("invariant 5: a rollback after a commit that could not be put back gives the bytes before it",
          "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Growing g(dir / medium);
    (void)g.commit(failing(SYS_msync, 2), -1);
    require(snapshot_rollback(g.file.begin(), g.file.size()) == 0, "rollback failed");
    require(g.file.on_file() == g.before, "the file is not as before");
    require(std::string(g.file.begin(), g.before.size()) == g.before, "the working copy is not as before");
  });
}

TEST_CASE("invariant 1: a crash after a commit that failed leaves the commit before", "[undo]") {
  TempDir dir;
  for (const int failures : {1, 2}) {
    const auto path = [&](const std::string &medium) { return dir / (medium + std::to_string(failures)); };
    in_own_process(
        [&](const std::string &medium) {
          Growing g(path(medium));
          (void)g.commit(failing(SYS_msync, failures), -1);
          write_file(path(medium) + ".before", g.before);
          _exit(0);
        },
        [&](const std::string &medium) {
          snapshot::FileReport report;
          REQUIRE(snapshot::recover_file(path(medium).c_str(), &report).ok());
          CHECK((read_file(path(medium)) == read_file(path(medium) + ".before")));
        });
  }
}

TEST_CASE("a sync that a signal interrupts has not failed") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Growing g(dir / medium);
    int interruptions = 0;
    (void)g.commit(
        [&](long number, const long *) -> long {
          const bool sync = number == SYS_msync || number == SYS_fdatasync;
          return sync && ++interruptions % 3 != 0 ? -EINTR : 0;
        },
        0);
    require(interruptions >= 3, "nothing was interrupted");
    require(g.file.on_file() == g.content(), "the commit is not there");
  });
}
