// Invariant 5 where two things fail: a commit, and putting it right; a size that was applied, and its sync; a
// rollback, and reading what it would put back. Claim: nothing is built on what is not right yet, the call
// says so, and repeated it succeeds.
#include <stdexcept>

#include "order_of_steps.h"
#include "own_process.h"
#include "support/mapped_file.h"

using namespace test;
using Words = Steps::Words;

namespace {

constexpr long populate_read = 22;  // MADV_POPULATE_READ

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

// The data's sync fails, and from then on every copy to the file: the commit's bytes stay where they are.
void fail_to_commit_and_to_restore(const MappedFile &file) {
  bool synced = false;
  int result = 0;
  (void)Steps::of([&] { result = file.commit(); },
                  [&](long number, const long *) -> long {
                    if (number == SYS_msync) synced = true;
                    return number == SYS_msync || (synced && number == SYS_process_vm_readv) ? -EIO : 0;
                  });
  require(result == -1, "the commit has succeeded");
}

long no_copies(long number, const long *) { return number == SYS_process_vm_readv ? -EIO : 0; }

}  // namespace

TEST_CASE("invariant 5: a rollback first puts right what a commit has left, or fails", "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    if (medium == "memory") return;  // there the way back is a fence, and cannot fail
    write_file(dir / medium, std::string(8 * page, 'a'));
    const MappedFile file(dir / medium, 8 * page);
    fill(file.begin() + page, 3 * page, 'c');
    fail_to_commit_and_to_restore(file);
    require(file.on_file() == file.working(), "this test is to begin with the new bytes in the file");
    int result = 0;
    (void)Steps::of([&] { result = snapshot_rollback(file.begin(), file.size()); }, no_copies);
    require(result == -1, "it cannot have put anything back");
    require(snapshot_rollback(file.begin(), file.size()) == 0, snapshot_last_error());
    require(file.working() == std::string(8 * page, 'a'), "the working copy is not as before");
    require(file.on_file() == file.working(), "the file is not as before");
  });
}

TEST_CASE("invariant 5: what a large commit has replaced is kept until it is back", "[undo]") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    if (medium == "memory") return;
    constexpr std::size_t bytes = 20 << 20;
    write_file(dir / medium, std::string(bytes, 'a'));
    const MappedFile file(dir / medium, bytes);
    fill(file.begin(), bytes, 'c');
    fail_to_commit_and_to_restore(file);
    require(snapshot_rollback(file.begin(), file.size()) == 0, snapshot_last_error());
    require(file.on_file() == std::string(bytes, 'a'), "the file is not as before");
  });
}

TEST_CASE("invariant 5: a rollback that cannot read all of the old bytes changes none of the new ones") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    write_file(dir / medium, std::string(8 * page, 'a'));
    const MappedFile file(dir / medium, 8 * page);
    fill(file.begin(), 64, 'b');
    require(file.commit() == 0, snapshot_last_error());
    fill(file.begin(), 64, 'c');
    fill(file.begin() + 3 * page, 2 * page, 'c');
    fill(file.begin() + 7 * page, 8, 'c');
    const std::string stored = file.working(), before = file.on_file();
    // Each of the questions in turn; the first page has been prepared, which memory media need not ask twice.
    for (int n = 1, left = 0; left <= 0; ++n) {
      left = n;
      int result = 0;
      (void)Steps::of([&] { result = snapshot_rollback(file.begin(), file.size()); },
                      [&](long number, const long *a) -> long {
                        return number == SYS_madvise && a[2] == populate_read && --left == 0 ? -EFAULT : 0;
                      });
      if (left > 0) {
        require(n > 2 && result == 0, "it has asked " + std::to_string(n - 1) + " times only");
        break;
      }
      require(result == -1, "question " + std::to_string(n) + " failed, and nobody noticed");
      require(std::string(snapshot_last_error()).find(": cannot roll back: ") != std::string::npos,
              snapshot_last_error());
      require(file.working() == stored, "something was rolled back");
    }
    require(file.working() == before, "not all was rolled back");
  });
}

TEST_CASE("invariant 5: a rollback does not fail for old bytes that it does not need") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    write_file(dir / medium, std::string(8 * page, 'a'));
    const MappedFile file(dir / medium, 8 * page);
    fill(file.begin() + page, 2 * page, 'c');
    const long needed = reinterpret_cast<long>(file.begin()) + static_cast<long>(kBackingDistance + page);
    int result = -1;
    (void)Steps::of([&] { result = snapshot_rollback(file.begin(), file.size()); },
                    [&](long number, const long *a) -> long {
                      const bool more = a[0] < needed || a[0] + a[1] > needed + static_cast<long>(2 * page);
                      return number == SYS_madvise && a[2] == populate_read && more ? -EFAULT : 0;
                    });
    require(result == 0, snapshot_last_error());
    require(file.working() == std::string(8 * page, 'a'), "the working copy");
  });
}

TEST_CASE("a file that was cut does not grow before the cut is durable") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    write_file(dir / medium, std::string(8 * page, 'a'));
    const MappedFile file(dir / medium, 16 * page);
    require(ftruncate(file.fd(), page) == 0, "ftruncate");
    bool cut = false;
    int result = -1;
    (void)Steps::of([&] { result = file.commit(); },
                    [&](long number, const long *) -> long {
                      if (number == SYS_truncate) cut = true;
                      return cut && number == SYS_msync ? -EIO : 0;
                    });
    require(result == 0 && cut, "the commit of the cut");
    const auto grow = [&](std::size_t size) { result = ftruncate(file.fd(), static_cast<off_t>(size)); };
    (void)Steps::of([&] { grow(4 * page); },
                    [](long number, const long *) -> long { return number == SYS_msync ? -EIO : 0; });
    require(result == -1 && file.on_file().size() == page, "it has grown");
    const Words synced = Steps::of([&] { grow(4 * page); }), not_again = Steps::of([&] { grow(5 * page); });
    require((synced == Words{"sync data", "resize data"}), "the cut was not synced first");
    require(not_again == Words{"resize data"}, "the cut was synced once more");
    require(file.on_file() == std::string(page, 'a') + std::string(4 * page, 0), "its bytes");
  });
}

TEST_CASE(
    "a file that could not be cut is cut later, and none of its old bytes come back when it grows first") {
  TempDir dir;
  for (const bool grows : {true, false})
    in_own_process([&](const std::string &medium) {
      const std::string path = dir / (medium + std::to_string(grows));
      write_file(path, std::string(8 * page, 'a'));
      const MappedFile file(path, 16 * page);
      require(ftruncate(file.fd(), page) == 0, "ftruncate");
      int result = -1;
      (void)Steps::of([&] { result = file.commit(); },
                      [](long number, const long *) -> long { return number == SYS_truncate ? -EIO : 0; });
      require(result == 0 && file.on_file().size() == 8 * page, "this test is to begin with an uncut file");
      if (grows) require(ftruncate(file.fd(), 5 * page) == 0, "ftruncate");
      require(file.commit() == 0, snapshot_last_error());
      require(file.on_file() == std::string(page, 'a') + std::string(grows ? 4 * page : 0, 0),
              "old bytes are back");
    });
}

TEST_CASE("a file that the system does not let grow keeps its size") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    write_file(dir / medium, std::string(page, 'a'));
    const MappedFile file(dir / medium, 16 * page);
    int result = 0, error = 0;
    (void)Steps::of([&] { result = ftruncate(file.fd(), 4 * page), error = errno; },
                    [](long number, const long *) -> long { return number == SYS_ftruncate ? -ENOSPC : 0; });
    require(result == -1 && error == ENOSPC, "no error");
    fill(file.begin(), 64, 'b');
    require(file.commit() == 0, snapshot_last_error());
    struct stat st;
    require(fstat(file.fd(), &st) == 0 && st.st_size == page, "its size");
    require(lseek(file.fd(), 0, SEEK_END) == page, "its end");
    require(ftruncate(file.fd(), 4 * page) == 0, snapshot_last_error());
    require(file.commit() == 0 && file.on_file() == std::string(file.begin(), 4 * page),
            "the commit after it");
  });
}

TEST_CASE("a file that is to grow by a descriptor that cannot be kept keeps its size") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    const std::string path = dir / medium;
    write_file(path, std::string(page, 'a'));
    const MappedFile file(path, 16 * page);
    int result = 0, error = 0;
    (void)Steps::of([&] { result = truncate(path.c_str(), 4 * page), error = errno; },
                    [](long number, const long *a) -> long {
                      const bool kept =
                          number == SYS_openat && (a[2] & O_PATH) != 0 &&
                          std::string(reinterpret_cast<const char *>(a[1])).starts_with("/proc/");
                      return kept ? -EMFILE : 0;
                    });
    require(result == -1 && error == EMFILE, "no error");
    struct stat st;
    require(stat(path.c_str(), &st) == 0 && st.st_size == page, "its size");
    require(truncate(path.c_str(), 4 * page) == 0, snapshot_last_error());
    require(file.commit() == 0 && file.on_file() == std::string(page, 'a') + std::string(3 * page, 0),
            "the commit after it");
  });
}

TEST_CASE(
    "invariant 5: a rollback after a commit that could not cut the file finds all of what was cut off") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    write_file(dir / medium, std::string(8 * page, 'a'));
    const MappedFile file(dir / medium, 8 * page);
    fill(file.begin() + 100, 10, 'b');
    // In what is cut off, and across where the cut is.
    fill(file.begin() + 2 * page, page, 'c');
    fill(file.begin() + 5 * page + 700, 10, 'c');
    require(ftruncate(file.fd(), 2 * page + 100) == 0, "ftruncate");
    int result = 0;
    constexpr long populate_write = 23;  // MADV_POPULATE_WRITE
    (void)Steps::of([&] { result = file.commit(); },
                    [&](long number, const long *a) -> long {
                      if (number == SYS_process_madvise) return -ENOSYS;
                      return number == SYS_madvise && a[2] == populate_write ? -ENOMEM : 0;
                    });
    require(result == -1, "the commit has succeeded");
    require(snapshot_rollback(file.begin(), file.size()) == 0, snapshot_last_error());
    require(file.working() == std::string(8 * page, 'a'), "the working copy is not as committed");
    require(file.commit() == 0, snapshot_last_error());
    require(file.on_file() == std::string(8 * page, 'a'), "the file has changed");
  });
}
