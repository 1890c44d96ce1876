// Invariant 5 where the thread fence fails (membarrier needs memory for a mask of CPUs). Claim: a commit or
// rollback says so, and leaves what was stored pending; nothing is lost by it.
#include <thread>

#include "order_of_steps.h"
#include "own_process.h"

using namespace test;

namespace {

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what + " (" + snapshot_last_error() + ")");
}

constexpr std::size_t line = 64, lines = 4000;

long no_thread_fence(long number, const long *) { return number == SYS_membarrier ? -ENOMEM : 0; }

int rollback(const MappedFile &file) { return snapshot_rollback(file.begin(), file.size()); }

// Scattered lines, more than a small commit may leave without the fence.
void store_many(const MappedFile &file, char letter) {
  for (std::size_t i = 0; i < lines; i += 2) fill(file.begin() + i * line, 8, letter);
}

}  // namespace

TEST_CASE("invariant 5: a commit or rollback whose thread fence fails says so and loses nothing") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const MappedFile file(dir / "data", lines * line);
    std::thread([] {}).join();  // from now on the process counts as one with threads
    store_many(file, 'a');
    require(file.commit() == 0, "the first commit");
    const std::string before = file.on_file();
    store_many(file, 'b');
    const std::string stored = file.working();
    int result = 0, error = 0;
    (void)Steps::of([&] { result = file.commit(), error = errno; }, no_thread_fence);
    require(result != 0 && error == ENOMEM, "the commit has not failed");
    require(file.on_file() == before, "a commit that failed has changed the file");
    (void)Steps::of([&] { result = rollback(file), error = errno; }, no_thread_fence);
    require(result != 0 && error == ENOMEM, "the rollback has not failed");
    require(file.working() == stored, "a rollback that failed has changed something");
    require(file.commit() == 0 && file.on_file() == stored, "something is lost");
    store_many(file, 'c');
    require(rollback(file) == 0 && file.working() == stored, "not all was rolled back");
  });
}

// By redo on memory media a few of them need the fence; by the others all do.
TEST_CASE("invariant 5: small commits, one of which cannot have the thread fence") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const MappedFile file(dir / "data", lines * line);
    std::thread([] {}).join();
    fill(file.begin(), file.size(), '_');  // a commit of a page that is new to it is no small one
    require(file.commit() == 0, "the first commit");
    for (int round = 0; round < 3; ++round) {
      for (std::size_t i = 0; i < 4; ++i) {
        fill(file.begin() + i * line, 8, static_cast<char>('a' + round));
        require(file.commit() == 0, "a commit");
      }
      int result = 0, error = 0;
      std::string before;
      for (std::size_t i = 0; result == 0; ++i) {
        require(i < lines / 2, "no commit has needed the fence");
        before = file.on_file();
        fill(file.begin() + 2 * i * line, 8, static_cast<char>('A' + round));
        (void)Steps::of([&] { result = file.commit(), error = errno; }, no_thread_fence);
        require(result == 0 || error == ENOMEM, "errno " + std::to_string(error));
        require(file.on_file() == (result == 0 ? file.working() : before), "neither before nor after");
      }
      require(file.commit() == 0 && file.on_file() == file.working(), "something is lost");
    }
  });
}
