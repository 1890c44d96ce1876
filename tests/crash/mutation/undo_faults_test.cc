// A commit step by step (commit/undo.cc) where two things go wrong, one after the other, or another thread's
// store is still on its way. Claim: invariants 3 and 5 hold all the same.
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

}  // namespace

TEST_CASE("invariant 3: a store that the thread fence brings out of another CPU is in the commit") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const MappedFile file(dir / "data", 4 * page);
    int gate[2];
    require(pipe(gate) == 0, "pipe");
    // There must be somebody whom the fence is for.
    std::thread([&] {
      char byte;
      (void)!read(gate[0], &byte, 1);
    }).detach();
    fill(file.begin() + 64, 64, 'a');
    unsigned fences = 0;
    int result = -1;
    (void)Steps::of([&] { result = file.commit(); },
                    [&](long number, const long *) -> long {
                      if (number != SYS_membarrier) return 0;
                      // What the other CPU had in its store buffer when the mark was cleared, which its
                      // thread had seen set.
                      *const_cast<volatile char *>(file.begin() + 100) = 'z';
                      ++fences;
                      return 0;
                    });
    require(result == 0, snapshot_last_error());
    require(fences == 1, std::to_string(fences) + " fences");
    require(backing_byte(file.begin() + 100) == 'z', "the store is lost");
  });
}

TEST_CASE("invariant 3: a commit that cannot fence the other threads fails, and is made once it can") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    const MappedFile file(dir / "data", 4 * page);
    int gate[2];
    require(pipe(gate) == 0, "pipe");
    std::thread([&] {
      char byte;
      (void)!read(gate[0], &byte, 1);
    }).detach();
    fill(file.begin() + 64, 640, 'a');
    int result = 0;
    (void)Steps::of([&] { result = file.commit(); },
                    [](long number, const long *) -> long { return number == SYS_membarrier ? -ENOMEM : 0; });
    require(result == -1 && errno == ENOMEM, "the commit has succeeded");
    require(file.on_file() == std::string(4 * page, 0), "something of it is in the file");
    require(file.commit() == 0 && file.on_file() == file.working(), "the next one is not all there");
  });
}

TEST_CASE("invariant 5: data that cannot be synced goes back also where there is too little memory",
          "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    bool refused = true;
    for (int n = 1; refused; ++n) {
      const std::string path = dir / (medium + std::to_string(n)), what = "allocation " + std::to_string(n);
      write_file(path, std::string(20 * page + 17, 'a'));
      // On memory media a change of size has a sync that can fail.
      const MappedFile file(path, 64 * page);
      require(ftruncate(file.fd(), 30 * page) == 0, "ftruncate");
      for (std::size_t at : {std::size_t{0}, 5 * page, 20 * page}) fill(file.begin() + at, 3000, 'c');
      const std::string before = file.on_file(), after(file.begin(), 30 * page);
      refused = false;
      int result = 0, failures = 1;
      (void)Steps::of([&] { result = file.commit(); },
                      [&, left = n](long number, const long *a) mutable -> long {
                        if (number == SYS_msync && failures-- > 0) return -EIO;
                        if (!asks_for_memory(number, a) || --left != 0) return 0;
                        refused = true;
                        return -ENOMEM;
                      });
      require(result == -1, what + ": succeeded");
      require(file.on_file() == before, what + ": the old bytes are not back");
      require(file.commit() == 0, what + ": " + snapshot_last_error());
      require(file.on_file() == after, what + ": the second commit is not there");
    }
  });
}

TEST_CASE("invariant 5: old bytes that could not be copied back are copied before anything else is committed",
          "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    if (medium == "memory") return;  // there a copy cannot fail
    for (const int error : {EFAULT, ENOMEM}) {
      const std::string path = dir / std::to_string(error);
      write_file(path, std::string(20 * page, 'a'));
      const MappedFile file(path, 20 * page);
      fill(file.begin(), 3000, 'c');
      fill(file.begin() + 5 * page, 3000, 'c');
      int syncs = 1, copies = 1, result = 0;
      (void)Steps::of([&] { result = file.commit(); },
                      [&](long number, const long *) -> long {
                        if (number == SYS_msync && syncs-- > 0) return -EIO;
                        return number == SYS_process_vm_readv && syncs <= 0 && copies-- > 0 ? -error : 0;
                      });
      require(result == -1 && copies == 0, "nothing has failed");
      fill(file.begin() + 10 * page, 64, 'd');
      require(msync(file.begin() + 10 * page, page, MS_SYNC) == 0, snapshot_last_error());
      require(file.on_file() == std::string(20 * page, 'a').replace(10 * page, 64, std::string(64, 'd')),
              "bytes of the commit that failed are there");
      require(file.commit() == 0 && file.on_file() == file.working(), "the second commit is not there");
    }
  });
}
