// Invariant 5 without memory: for a thread's object, its lists, what a commit gathers. Claim: every store is
// in a commit all the same, or the commit fails with ENOMEM and a later one has it. Method: the kernel gives
// no memory, at all or at one call.
#include <thread>

#include "order_of_steps.h"
#include "own_process.h"

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

constexpr std::size_t runs = 8000, stride = 256;

// More than the first segment of a list has room for, and more than the first page of what a commit gathers.
void store_many(const MappedFile &file, char letter) {
  for (std::size_t i = 0; i < runs; ++i) fill(file.begin() + i * stride, 8, letter);
}

// act(file), of a file with many stores in its first half, in one process after the other, in each of which
// another one of its calls for memory fails; then afterwards(file, what was stored, whether it has succeeded,
// which call).
template <typename Act, typename Afterwards>
void without_memory_at_each_call(Act act, Afterwards afterwards) {
  TempDir dir;
  bool last = false;
  for (int n = 1; !last; ++n) {
    REQUIRE(n < 100);
    INFO("allocation " << n);
    const std::string path = dir / std::to_string(n), done = path + ".done";
    in_own_process([&](const std::string &) {
      const MappedFile file(path, 2 * runs * stride);
      store_many(file, 'a');
      const std::string stored = file.working();
      int left = n, result = 0, error = 0;
      (void)Steps::of([&] { result = act(file), error = errno; },
                      [&](long number, const long *a) -> long {
                        return asks_for_memory(number, a) && --left == 0 ? -ENOMEM : 0;
                      });
      require(result == 0 || error == ENOMEM, "errno " + std::to_string(error));
      afterwards(file, stored, result == 0, n);
      if (left > 0) write_file(done, "");
    });
    last = exists(done);
  }
}

int rollback(const MappedFile &file) { return snapshot_rollback(file.begin(), file.size()); }

}  // namespace

TEST_CASE("invariant 5: stores of threads that get no memory are committed") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const MappedFile file(dir / "data", runs * stride);
    (void)Steps::of([&] { fill(file.begin(), 100, 'a'); }, no_memory);  // no object for this thread
    require(file.commit() == 0 && file.on_file() == file.working(), "the first store");
    fill(file.begin(), 100, 'b');
    require(file.commit() == 0 && file.on_file() == file.working(), "a store with memory");
    (void)Steps::of([&] { std::thread([&] { store_many(file, 'c'); }).join(); }, no_memory);
    fill(file.begin() + 64, 8, 'd');
    require(file.commit() == 0 && file.on_file() == file.working(), "another thread's stores");
    require(statistics().commits == 3, "not every store was in the next commit");
  });
}

TEST_CASE("invariant 5: stores that fill a list which cannot grow are committed") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const MappedFile file(dir / "data", runs * stride);
    fill(file.begin(), 8, 'a');  // the list's first segment
    (void)Steps::of([&] { store_many(file, 'b'); }, no_memory);
    require(file.commit() == 0 && file.on_file() == file.working(), "not all stores are there");
    store_many(file, 'c');
    require(file.commit() == 0 && file.on_file() == file.working(), "not all later stores are there");
  });
}

TEST_CASE("invariant 5: a commit that gets no memory at any one of its calls says so and loses nothing") {
  without_memory_at_each_call(
      [](const MappedFile &file) { return file.commit(); },
      [](const MappedFile &file, const std::string &, bool succeeded, int) {
        const std::string now = file.on_file();
        require(succeeded ? now == file.working() : now == std::string(now.size(), 0),
                "neither before nor after");
        // Only some of it, then all: what is left pending must not be forgotten either.
        fill(file.begin() + runs * stride, 64, 'b');
        require(snapshot_commit(file.begin() + page, page) == 0, snapshot_last_error());
        require(file.commit() == 0 && file.on_file() == file.working(), "something is lost");
      });
}

TEST_CASE("invariant 5: a rollback that gets no memory at any one of its calls says so and changes nothing") {
  without_memory_at_each_call(
      rollback, [](const MappedFile &file, const std::string &stored, bool succeeded, int n) {
        const std::string nothing(file.size(), 0);
        require(file.working() == (succeeded ? nothing : stored), "neither before nor after");
        // Repeated, or committed after all.
        if (n % 2 == 0) require(rollback(file) == 0 && file.working() == nothing, "not repeated");
        const std::string expected = file.working();
        require(file.commit() == 0 && file.on_file() == expected, "something is lost, or was committed");
      });
}

TEST_CASE("invariant 5: what is thrown away without memory for it is not committed later") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const MappedFile file(dir / "data", runs * stride);
    store_many(file, 'a');
    int result = 0;
    (void)Steps::of([&] { result = rollback(file); }, no_memory);
    if (result != 0) require(rollback(file) == 0, snapshot_last_error());
    require(file.working() == std::string(file.size(), 0), "something was not rolled back");
    require(file.commit() == 0 && file.on_file() == file.working(), "something was committed");
  });
}
