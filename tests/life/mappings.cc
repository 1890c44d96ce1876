// Mappings that change: mremap, MAP_FIXED, munmap of parts, MAP_POPULATE.
#include <unistd.h>

#include <cstring>

#include "life.h"

using namespace life;

namespace {

void *anonymous(std::size_t bytes) {
  void *m = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  EXPECT(m != MAP_FAILED);
  return m;
}

}  // namespace

CASE(mremap_grows_moves_and_shrinks) {
  kill_after([] {
    const File file("data", 2 * kPage);
    char *m = file.map(2 * kPage);
    store(m, "first");
    EXPECT(ftruncate(file.fd, 600 * kPage) == 0);
    // In place or elsewhere: the bytes move along.
    m = static_cast<char *>(mremap(m, 2 * kPage, 600 * kPage, MREMAP_MAYMOVE));
    EXPECT(m != MAP_FAILED);
    EXPECT_SAME(std::string(m, 5), "first");
    store(m + 599 * kPage, "last");
    EXPECT(msync(m, 600 * kPage, MS_SYNC) == 0);
    store(m + 299 * kPage, "kept");
    store(m + 400 * kPage, "cut off");
    EXPECT(mremap(m, 600 * kPage, 300 * kPage, 0) == m);
    // What is cut off is unmapped, and that commits it; the rest is pending.
    EXPECT_SAME(in_file("data", 400 * kPage, 7), "cut off");
    if (with_snapshot()) EXPECT_SAME(in_file("data", 299 * kPage, 4), zeros(4));
    EXPECT_SAME(std::string(m + 299 * kPage, 4), "kept");
    EXPECT(msync(m, 300 * kPage, MS_SYNC) == 0);
    store(m, "FIRST");
  });
  EXPECT_SAME(recovered("data", 0, 5), with_snapshot() ? "first" : "FIRST");
  EXPECT_SAME(in_file("data", 299 * kPage, 4), "kept");
  EXPECT_SAME(in_file("data", 400 * kPage, 7), "cut off");
  EXPECT_SAME(in_file("data", 599 * kPage, 4), "last");
}

// Moving to an address of the program's choice is what Snapshot cannot do; it says so and loses nothing.
CASE(mremap_to_a_fixed_address) {
  kill_after([] {
    const File file("data", 2 * kPage);
    char *m = file.map(2 * kPage);
    store(m, "stays");
    void *elsewhere = anonymous(2 * kPage);
    if (with_snapshot()) {
      EXPECT_ERROR(mremap(m, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere), MAP_FAILED,
                   EINVAL);
      EXPECT_ERROR(mremap(m, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_DONTUNMAP), MAP_FAILED, EINVAL);
    } else {
      m = static_cast<char *>(mremap(m, 2 * kPage, 2 * kPage, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere));
      EXPECT(m == elsewhere);
    }
    EXPECT_SAME(std::string(m, 5), "stays");
    EXPECT(msync(m, 2 * kPage, MS_SYNC) == 0);
  });
  EXPECT_SAME(recovered("data", 0, 5), "stays");
}

// An old length of 0 asks for a second mapping of the same pages.
CASE(mremap_that_makes_a_second_mapping) {
  const File file("data", 2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "one");
  char *n = static_cast<char *>(mremap(m, 0, 2 * kPage, MREMAP_MAYMOVE));
  EXPECT(n != MAP_FAILED);
  EXPECT_SAME(std::string(n, 3), "one");
  EXPECT(munmap(m, 2 * kPage) == 0);
  store(n + kPage, "two");
  EXPECT(msync(n, 2 * kPage, MS_SYNC) == 0);
  EXPECT_SAME(in_file("data", 0, 3), "one");
  EXPECT_SAME(in_file("data", kPage, 3), "two");
  EXPECT(munmap(n, 2 * kPage) == 0);
  EXPECT(!has_log("data"));
}

// The kernel replaces the pages. Snapshot keeps them: what lies at these addresses is the file's.
CASE(something_else_is_mapped_over_a_part) {
  kill_after([] {
    const File file("data", 4 * kPage), other("other", 4 * kPage);
    char *m = file.map(4 * kPage);
    for (std::size_t i = 0; i < 4; ++i) store(m + i * kPage, "page");
    constexpr int kBoth = PROT_READ | PROT_WRITE;
    void *mine = anonymous(kPage);
    EXPECT_ERROR(mmap(m + kPage, kPage, kBoth, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
                 MAP_FAILED, EEXIST);
    EXPECT_ERROR(mmap(m + kPage, kPage, kBoth, MAP_SHARED | MAP_FIXED_NOREPLACE, other.fd, 0), MAP_FAILED,
                 EEXIST);
    if (with_snapshot()) {
      EXPECT_ERROR(mmap(m + kPage, kPage, kBoth, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), MAP_FAILED,
                   EINVAL);
      EXPECT_ERROR(mmap(m + kPage, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
                   MAP_FAILED, EINVAL);
      EXPECT_ERROR(mmap(m + kPage, kPage, kBoth, MAP_SHARED | MAP_FIXED, other.fd, 0), MAP_FAILED, EINVAL);
      EXPECT_ERROR(mmap(m + kPage, kPage, PROT_READ, MAP_SHARED | MAP_FIXED, other.fd, 0), MAP_FAILED,
                   EINVAL);
      EXPECT_ERROR(mremap(mine, kPage, kPage, MREMAP_MAYMOVE | MREMAP_FIXED, m + kPage), MAP_FAILED, EINVAL);
      EXPECT_SAME(std::string(m + kPage, 4), "page");
      EXPECT(!has_log("other"));
    } else {
      EXPECT(mmap(m + kPage, kPage, kBoth, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == m + kPage);
      EXPECT_SAME(std::string(m + kPage, 4), zeros(4));
    }
    EXPECT(msync(m, 4 * kPage, MS_SYNC) == 0);
  });
  (void)recovered("data", 0, 1);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_SAME(in_file("data", i * kPage, 4), "page");
}

CASE(munmap_of_parts) {
  kill_after([] {
    const File file("data", 8 * kPage);
    char *m = file.map(8 * kPage);
    for (std::size_t i = 0; i < 8; ++i) store(m + i * kPage, "page");
    EXPECT(munmap(m + kPage, kPage) == 0);
    EXPECT(munmap(m + 4 * kPage, 2 * kPage) == 0);
    EXPECT(munmap(m + 7 * kPage, kPage) == 0);
    EXPECT_ERROR(msync(m, 8 * kPage, MS_SYNC), -1, ENOMEM);
    store(m + 2 * kPage, "more");
    EXPECT(munmap(m + 2 * kPage, kPage) == 0);
    store(m, "lost"), store(m + 3 * kPage, "lost"), store(m + 6 * kPage, "lost");
  });
  (void)recovered("data", 0, 1);
  for (const std::size_t i : {1u, 4u, 5u, 7u}) EXPECT_SAME(in_file("data", i * kPage, 4), "page");
  for (const std::size_t i : {0u, 3u, 6u})
    EXPECT_SAME(in_file("data", i * kPage, 4), with_snapshot() ? "page" : "lost");
  EXPECT_SAME(in_file("data", 2 * kPage, 4), "more");
}

// In a lazy copy and in an eager one.
CASE(a_file_that_is_mapped_with_populate) {
  {
    const File file("data", 64 * kPage);
    const std::string page(kPage, 'p');
    for (std::size_t i = 0; i < 64; ++i)
      EXPECT(pwrite(file.fd, page.data(), kPage, static_cast<off_t>(i * kPage)) ==
             static_cast<ssize_t>(kPage));
  }
  kill_after([] {
    const File file("data");
    char *m = file.map(64 * kPage, 0, MAP_POPULATE);
    EXPECT_SAME(std::string(m + 63 * kPage, 4), "pppp");
    store(m, "once"), store(m + 63 * kPage, "once");
    EXPECT(msync(m, 64 * kPage, MS_SYNC) == 0);
    store(m + 7, "lost");
  });
  EXPECT_SAME(recovered("data", 0, 11), with_snapshot() ? "onceppppppp" : "onceppplost");
  EXPECT_SAME(in_file("data", 63 * kPage, 8), "oncepppp");
}
