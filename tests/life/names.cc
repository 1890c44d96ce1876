// Several files; one file by several paths; files that are removed and renamed while they are mapped.
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "life.h"

using namespace life;

CASE(several_files_are_committed_each_by_itself) {
  kill_after([] {
    char *m[5];
    for (std::size_t i = 0; i < 5; ++i) {
      const File file("data" + std::to_string(i), (i + 1) * kPage);
      m[i] = file.map((i + 1) * kPage);
      store(m[i] + i * kPage, "first");
    }
    for (std::size_t i = 0; i < 5; i += 2) EXPECT(msync(m[i] + i * kPage, kPage, MS_SYNC) == 0);
    EXPECT(munmap(m[3], 4 * kPage) == 0);
    for (const std::size_t i : {0u, 1u, 2u, 4u}) store(m[i] + i * kPage, "later");
  });
  for (std::size_t i = 0; i < 5; ++i) {
    const std::string seen = recovered("data" + std::to_string(i), i * kPage, 5);
    if (i == 3)
      EXPECT_SAME(seen, "first");
    else if (with_snapshot())
      EXPECT_SAME(seen, i == 1 ? zeros(5) : "first");
    else
      EXPECT_SAME(seen, "later");
  }
}

CASE(one_file_by_two_names_and_a_symbolic_link) {
  kill_after([] {
    const File file("data", kPage);
    EXPECT(link("data", "hard") == 0 && symlink("data", "soft") == 0);
    const File hard("hard"), soft("soft");
    char *a = file.map(kPage), *b = hard.map(kPage), *c = soft.map(kPage);
    store(a, "one");
    EXPECT_SAME(std::string(b, 3), "one");
    store(b + 8, "two");
    EXPECT_SAME(std::string(c, 10), "one" + zeros(5) + "tw");
    EXPECT(msync(c, kPage, MS_SYNC) == 0);
    // Names are not mappings: without the first one, the file goes on.
    EXPECT(munmap(a, kPage) == 0);
    store(c + 16, "three");
    EXPECT(msync(b, kPage, MS_SYNC) == 0);
    store(b, "lost");
  });
  // The name that was mapped first has the log (README, Limits).
  EXPECT_SAME(recovered("data", 0, 4), with_snapshot() ? "one" + zeros(1) : "lost");
  EXPECT_SAME(in_file("hard", 8, 13), "two" + zeros(5) + "three");
}

CASE(one_file_in_a_directory_that_is_mounted_twice) {
  EXPECT(mkdir("here", 0755) == 0 && mkdir("there", 0755) == 0);
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      mount("here", "there", nullptr, MS_BIND, nullptr) != 0)
    skip("no bind mount can be made (it needs root)");
  kill_after([] {
    const File here("here/data", kPage), there("there/data");
    char *a = here.map(kPage), *b = there.map(kPage);
    store(a, "here");
    EXPECT_SAME(std::string(b, 4), "here");
    store(b + 8, "there");
    EXPECT(msync(b, kPage, MS_SYNC) == 0);
    // Another process finds the log, whichever path it takes.
    EXPECT_SAME(in_child([] {
                  const File again("there/data");
                  void *m = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, again.fd, 0);
                  return m == MAP_FAILED && errno == EAGAIN ? 11 : 0;
                }),
                with_snapshot() ? 11 : 0);
    store(a, "lost");
  });
  EXPECT_SAME(recovered("there/data", 0, 13), (with_snapshot() ? "here" : "lost") + zeros(4) + "there");
  EXPECT(!has_log("here/data"));
  EXPECT(umount("there") == 0);
}

CASE(a_removed_file_is_used_on_and_leaves_nothing) {
  kill_after([] {
    const File file("data", kPage);
    char *m = file.map(kPage);
    store(m, "before");
    EXPECT(unlink("data") == 0);
    EXPECT(!exists("data") && !has_log("data"));
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    char seen[6];
    EXPECT(pread(file.fd, seen, 6, 0) == 6);
    EXPECT_SAME(std::string(seen, 6), "before");
    store(m, "after!");
    EXPECT(fsync(file.fd) == 0);
    EXPECT_SAME(std::string(m, 6), "after!");
  });
  EXPECT(!exists("data") && !has_log("data"));
}

// A log file is removed and begun anew while readers still hold the old one.
CASE(a_removed_files_name_is_taken_by_a_new_file) {
  kill_after([] {
    const File old("data", kPage);
    char *m = old.map(kPage);
    store(m, "old");
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    EXPECT(unlink("data") == 0);
    const File young("data", kPage);
    char *n = young.map(kPage);
    EXPECT(n != m);
    store(n, "new"), store(m, "OLD");
    EXPECT(msync(m, kPage, MS_SYNC) == 0 && msync(n, kPage, MS_SYNC) == 0);
    EXPECT_SAME(in_file("data", 0, 3), "new");
    EXPECT(munmap(m, kPage) == 0);
    if (with_snapshot()) EXPECT(has_log("data"));
    store(n + 8, "more");
    EXPECT(msync(n, kPage, MS_SYNC) == 0);
    store(n, "bad");
  });
  EXPECT_SAME(recovered("data", 0, 12), (with_snapshot() ? "new" : "bad") + zeros(5) + "more");
}

CASE(a_renamed_file_takes_its_log_along) {
  EXPECT(mkdir("folder", 0755) == 0);
  kill_after([] {
    const File file("data", kPage);
    char *m = file.map(kPage);
    store(m, "stored");
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    EXPECT(rename("data", "folder/moved") == 0);
    if (with_snapshot()) EXPECT(has_log("folder/moved") && !has_log("data"));
    store(m, "twice!");
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    store(m, "killed");
  });
  EXPECT_SAME(recovered("folder/moved", 0, 6), with_snapshot() ? "twice!" : "killed");
  EXPECT(!has_log("data"));
}

// How programs replace a file as a whole: write a new one beside it and rename it over the old one.
CASE(a_file_is_replaced_by_a_rename_while_it_is_mapped) {
  kill_after([] {
    const File old("data", kPage), young("new", kPage);
    char *m = old.map(kPage), *n = young.map(kPage);
    store(m, "old"), store(n, "new");
    EXPECT(msync(m, kPage, MS_SYNC) == 0 && msync(n, kPage, MS_SYNC) == 0);
    EXPECT(rename("new", "data") == 0);
    EXPECT_SAME(in_file("data", 0, 3), "new");
    // Both are still there.
    store(m, "OLD"), store(n, "NEW");
    EXPECT(msync(m, kPage, MS_SYNC) == 0 && msync(n, kPage, MS_SYNC) == 0);
    EXPECT(munmap(m, kPage) == 0);
    store(n + 8, "more");
    EXPECT(msync(n, kPage, MS_SYNC) == 0);
    store(n, "bad");
  });
  EXPECT_SAME(recovered("data", 0, 12), (with_snapshot() ? "NEW" : "bad") + zeros(5) + "more");
  EXPECT(!exists("new") && !has_log("new"));
}
