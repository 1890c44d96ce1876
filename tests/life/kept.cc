// SNAPSHOT_MUNMAP=keep: munmap commits nothing as long as the program has the file mapped or open, so that a
// program that maps its file anew while it works on it (gdbm, when it grows) has no commit but the ones it
// asks for. What is pending is committed by msync, fsync, the last close and exit.
#include <unistd.h>

#include <cstdlib>

#include "life.h"

using namespace life;

namespace {

// Before the library reads it: at the first file.
void keep() { EXPECT(setenv("SNAPSHOT_MUNMAP", "keep", 1) == 0); }

std::string read_at(int fd, std::size_t offset, std::size_t count) {
  std::string bytes(count, '?');
  EXPECT(pread(fd, bytes.data(), count, static_cast<off_t>(offset)) == static_cast<ssize_t>(count));
  return bytes;
}

// What another process sees of what has been stored and not committed.
std::string pending(const std::string &bytes) { return with_snapshot() ? zeros(bytes.size()) : bytes; }

}  // namespace

CASE(a_file_that_is_mapped_anew_is_committed_by_msync_only) {
  keep();
  kill_after([] {
    // Never closed.
    const File &file = *new File("data", 2 * kPage);
    char *m = file.map(2 * kPage);
    store(m, "first"), store(m + kPage, "first");
    EXPECT(munmap(m + kPage, kPage) == 0);
    EXPECT(munmap(m, kPage) == 0);
    EXPECT(munmap(m, 2 * kPage) == 0);  // nothing is there any more
    EXPECT_SAME(in_file("data", kPage, 5), pending("first"));
    EXPECT_SAME(read_at(file.fd, kPage, 5), "first");
    EXPECT(ftruncate(file.fd, 300 * kPage) == 0);
    EXPECT(pwrite(file.fd, "written", 7, 299 * kPage) == 7);
    m = file.map(300 * kPage);
    EXPECT_SAME(std::string(m, 5) + std::string(m + 299 * kPage, 7), "firstwritten");
    EXPECT_SAME(in_file("data", 0, 5), pending("first"));
    EXPECT(msync(m, 300 * kPage, MS_SYNC) == 0);
    EXPECT_SAME(in_file("data", 0, 5) + in_file("data", kPage, 5), "firstfirst");
    store(m, "second");
    EXPECT(munmap(m, 300 * kPage) == 0);
    EXPECT(fsync(file.fd) == 0);
    EXPECT_SAME(in_file("data", 0, 6), "second");
    m = file.map(kPage);
    store(m, "never.");
    EXPECT(munmap(m, kPage) == 0);
  });
  EXPECT_SAME(recovered("data", 0, 6), with_snapshot() ? "second" : "never.");
  EXPECT_SAME(in_file("data", 299 * kPage, 7), "written");
}

CASE(the_last_close_commits_what_munmap_has_kept) {
  keep();
  const int other = open("other", O_RDWR | O_CREAT, 0600);
  for (int way = 0; way < 3; ++way) {
    const std::string name = "data" + std::to_string(way);
    File *file = new File(name, kPage);
    char *m = file->map(kPage);
    store(m, "stays");
    const int second = dup(file->fd);
    EXPECT(munmap(m, kPage) == 0);
    delete file;
    EXPECT_SAME(in_file(name, 0, 5), pending("stays"));
    EXPECT(has_log(name) == with_snapshot());
    if (way == 0) EXPECT(close(second) == 0);
    if (way == 1) EXPECT(dup2(other, second) == second && close(second) == 0);
    if (way == 2) EXPECT(close_range(static_cast<unsigned>(second), static_cast<unsigned>(second), 0) == 0);
    EXPECT_SAME(in_file(name, 0, 5), "stays");
    EXPECT(!has_log(name));
  }
}

CASE(exit_commits_what_munmap_has_kept) {
  keep();
  EXPECT(in_child([] {
           const File *file = new File("data", 2 * kPage);
           store(file->map(2 * kPage) + kPage, "lost"), store(file->map(kPage), "lost");
           const File *unmapped = new File("unmapped", kPage);
           char *m = unmapped->map(kPage);
           store(m, "stays");
           EXPECT(munmap(m, kPage) == 0);
           std::exit(7);
           return 0;
         }) == 7);
  EXPECT_SAME(in_file("unmapped", 0, 5), "stays");
  EXPECT_SAME(recovered("data", 0, 4) + recovered("data", kPage, 4), with_snapshot() ? zeros(8) : "lostlost");
}

// Larger than what the library reserves for a small file.
CASE(a_file_that_munmap_has_kept_outgrows_its_window) {
  keep();
  constexpr std::size_t large = std::size_t{9} << 30;
  for (int way = 0; way < 3; ++way) {
    const std::string name = "data" + std::to_string(way);
    const File file(name, kPage);
    char *m = file.map(kPage);
    store(m, "first");
    EXPECT(munmap(m, kPage) == 0);
    if (way == 0) EXPECT(ftruncate(file.fd, large) == 0);
    if (way == 1) EXPECT(pwrite(file.fd, "end", 3, large - 3) == 3);
    if (way == 2) m = file.map(kPage, large);
    EXPECT_SAME(in_file(name, 0, 5), "first");
    if (way < 2) EXPECT_SAME(size_in_file(name), static_cast<long>(large));
    // A new file, as far as the library is concerned, if it is mapped at all.
    EXPECT(has_log(name) == (with_snapshot() && way == 2));
    if (way == 2) EXPECT(munmap(m, kPage) == 0);
  }
}
