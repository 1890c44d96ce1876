// The order in which commit, opening, closing and recovery do things, step by step: libsnapshot/README.md,
// "What is ordered by what". Claim: no step is missing and none comes early, also where no crash that a test
// can bring about would show it: a sync that is left out loses nothing until the power goes.
#include "order_of_steps.h"

#include "crash_states.h"
#include "own_process.h"
#include "protocol.h"
#include "recovery/recover_file.h"
#include "support/mapped_file.h"

using namespace test;
using Words = Steps::Words;

namespace {

void expect(const char *what, const Words &expected, const Words &steps) {
  if (steps == expected) return;
  std::string text = std::string(what) + ": expected";
  for (const std::string &word : expected) text += " [" + word + "]";
  text += ", but it was";
  for (const std::string &word : steps) text += " [" + word + "]";
  throw std::runtime_error(text);
}

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

void store(const MappedFile &file, std::size_t at, std::size_t bytes, char letter) {
  fill(file.begin() + at, bytes, letter);
}

// The fences, each after what it makes durable and before what relies on it. Redo leaves the data to the
// fence of the next commit, or to a checkpoint.
Words commit_on(const std::string &medium) {
  if (medium != "memory" && test::commits_by_redo()) return {"write log", "sync log", "copy data"};
  if (test::commits_by_redo()) return {"copy log", "fence", "copy data"};
  if (medium == "memory") return {"copy log", "fence", "copy data", "fence"};
  return {"write log", "sync log", "copy data", "sync data"};
}

Words joined(Words first, const Words &second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

const Words new_log = {"write log", "sync log", "lock log", "name log", "sync directory"};
const Words log_put_away = {"write log", "sync log", "remove log"};

// With the data of the last commit on the medium before the log that has it can go.
Words log_let_go(const std::string &medium, bool committed) {
  const Words steps = joined(log_put_away, {"unlock log"});
  if (medium == "memory") return test::commits_by_redo() ? joined({"fence"}, steps) : steps;
  return committed ? joined({"sync data"}, steps) : steps;
}

// A file of 64 pages in a mapping of 128, which has had its first commit.
struct Used {
  explicit Used(const std::string &path)
      : file((write_file(path, std::string(64 * page, 'a')), path), 128 * page) {
    store(file, 0, 1, 'b');
    if (file.commit() != 0) throw std::runtime_error("the first commit failed");
  }
  Words commit() {
    int result = -1;
    const Words steps = Steps::of([&] { result = file.commit(); });
    if (result != 0) throw std::runtime_error("commit failed");
    return steps;
  }
  MappedFile file;
};

}  // namespace

TEST_CASE("data is synced before its log is made, a log is synced and locked before it gets its name") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    const std::string path = dir / medium;
    write_file(path, std::string(page, 'a'));
    expect("open and close",
           joined(joined({"thread fence", "sync data"}, new_log), log_let_go(medium, false)),
           Steps::of([&] { (void)MappedFile(path, page); }));
  });
}

TEST_CASE("a commit: log, fence, data, fence") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Used used(dir / medium);
    store(used.file, 64, 64, 'c');
    expect("of one line", commit_on(medium), used.commit());
    for (std::size_t at = 0; at < 20; ++at) store(used.file, at * 2 * page, 200, 'd');
    expect("of many runs", commit_on(medium), used.commit());
    expect("of nothing", {}, used.commit());
  });
}

TEST_CASE("an area that moves has its room on the medium before its entry, and its entry before its record") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Used used(dir / medium);
    store(used.file, 0, 40 * page, 'c');
    // The old place is given back (resize) once nothing points there.
    Words moved = {"sync log", "write log", "sync log", "resize log"};
    // On page-cache media it is filled with zeros first; and under the redo protocol it is the other area,
    // which begins after a checkpoint.
    if (medium != "memory") moved.insert(moved.begin(), "write log");
    if (medium != "memory" && test::commits_by_redo()) moved.insert(moved.begin(), "sync data");
    expect("larger record", joined(moved, commit_on(medium)), used.commit());
  });
}

TEST_CASE("a size is committed with its record; a file is cut when nothing can need the rest") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Used used(dir / medium);
    const MappedFile &file = used.file;
    // On memory media the fence does not reach the size, so it is synced: before the record that recovery
    // takes for complete. On page-cache media the fence is a sync.
    Words grown = commit_on(medium), shrunk = grown;
    if (medium == "memory" && test::commits_by_redo()) grown.insert(grown.begin(), "sync data");
    if (medium == "memory" && !test::commits_by_redo())
      grown.push_back("sync data"), shrunk.push_back("sync data");
    expect("growing", {"resize data"}, Steps::of([&] { (void)ftruncate(file.fd(), 100 * page); }));
    store(file, 90 * page, 64, 'c');
    expect("grown", grown, used.commit());
    expect("shrinking", {}, Steps::of([&] { (void)ftruncate(file.fd(), 50 * page + 7); }));
    expect("shrunk", joined(shrunk, {"resize data", "sync data"}), used.commit());
    if (bytes_in_file(file.path()).size() != 50 * page + 7) throw std::runtime_error("the size is wrong");
    (void)ftruncate(file.fd(), 60 * page);
    for (const std::string &word : used.commit())
      require(word.find("nothing") == word.npos, "a size alone is committed with a sync of nothing");
  });
}

// Redo syncs the data when the file is closed.
TEST_CASE("a sync of the data reaches all that was copied, in whatever order it was stored") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    if (medium == "memory") return;  // where a fence is for everything
    Used used(dir / medium);
    const std::uint64_t data = reinterpret_cast<std::uint64_t>(used.file.begin()) + kBackingDistance;
    std::set<std::uint64_t> synced;
    const auto note_pages = [&](long number, const long *a) -> long {
      const std::uint64_t at = static_cast<std::uint64_t>(a[0]) - data;
      if (number == SYS_msync && at < used.file.size())
        for (std::uint64_t n = at / page; n * page < at + static_cast<std::uint64_t>(a[1]); ++n)
          synced.insert(n);
      return 0;
    };
    for (const std::size_t n : {5u, 2u, 40u, 9u}) store(used.file, n * page, 200, 'c');
    (void)Steps::of([&] { require(used.file.commit() == 0 && used.file.unmap() == 0, "commit"); },
                    note_pages);
    for (const std::size_t n : {5u, 2u, 40u, 9u}) require(synced.count(n) == 1, "page " + std::to_string(n));
  });
}

TEST_CASE("after a cut one commit begins another area, and no more") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Used used(dir / medium);
    if (ftruncate(used.file.fd(), 32 * page) != 0) throw std::runtime_error("ftruncate");
    (void)used.commit();
    for (const char letter : {'c', 'd', 'e'}) {
      store(used.file, 64, 64, letter);
      const Words steps = used.commit();
      if (letter != 'c') expect("later", commit_on(medium), steps);
    }
  });
}

TEST_CASE("a rollback touches neither log nor data") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Used used(dir / medium);
    store(used.file, 64, 64, 'c');
    expect("rollback", {}, Steps::of([&] { (void)snapshot_rollback(used.file.begin(), used.file.size()); }));
    if (used.file.begin()[64] != 'a') throw std::runtime_error("nothing was rolled back");
  });
}

TEST_CASE("at the end of the mapping the log says that it is over before its name goes") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    Used used(dir / medium);
    store(used.file, 64, 64, 'c');
    expect("unmap", joined(commit_on(medium), log_let_go(medium, true)),
           Steps::of([&] { (void)used.file.unmap(); }));
  });
}

TEST_CASE("recovery syncs the data before it puts the log away, whatever it found") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    const Words restored = joined({"lock log", "write data", "resize data", "sync data"}, log_put_away);
    const std::string torn = make_incomplete(dir, "torn" + medium),
                      whole = make_complete(dir, "whole" + medium);
    snapshot::FileReport report;
    expect("of a torn commit", restored,
           Steps::of([&] { (void)snapshot::recover_file(torn.c_str(), &report); }));
    expect("of a whole one", joined({"lock log", "write data", "sync data"}, log_put_away),
           Steps::of([&] { (void)snapshot::recover_file(whole.c_str(), &report); }));
    const std::string opened = make_incomplete(dir, "opened" + medium);
    expect(
        "when opening",
        joined(restored, joined(joined({"thread fence", "sync data"}, new_log), log_let_go(medium, false))),
        Steps::of([&] { (void)MappedFile(opened, page); }));
  });
}
