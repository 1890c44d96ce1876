// fork, vfork, posix_spawn and system beside a mapped file. A child of fork has its own view of what its
// parent mapped: under Snapshot it may read and store there, and none of it reaches the file.
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <thread>

#include "life.h"

using namespace life;

extern char **environ;

CASE(fork_child_sees_what_was_stored_before) {
  const File file("data", 2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "committed");
  EXPECT(msync(m, kPage, MS_SYNC) == 0);
  store(m + kPage, "pending");
  EXPECT_SAME(in_child([&] {
                EXPECT_SAME(std::string(m, 9), "committed");
                EXPECT_SAME(std::string(m + kPage, 7), "pending");
                return 0;
              }),
              0);
}

CASE(fork_childs_stores_are_its_own) {
  const File file("data", kPage);
  char *m = file.map(kPage);
  store(m, "parent");
  EXPECT_SAME(in_child([&] {
                store(m + 100, "child");
                EXPECT_SAME(std::string(m + 100, 5), "child");
                if (with_snapshot())
                  EXPECT_ERROR(msync(m, kPage, MS_SYNC), -1, EPERM);
                else
                  EXPECT(msync(m, kPage, MS_SYNC) == 0);
                return 0;
              }),
              0);
  // The kernel shares the pages between the two.
  EXPECT_SAME(std::string(m + 100, 5), with_snapshot() ? zeros(5) : "child");
  EXPECT(msync(m, kPage, MS_SYNC) == 0);
  EXPECT_SAME(in_file("data", 0, 6), "parent");
  EXPECT_SAME(in_file("data", 100, 5), with_snapshot() ? zeros(5) : "child");
}

CASE(fork_parent_commits_while_the_child_lives_and_is_killed) {
  const Signal go;
  std::atomic<pid_t> *child = static_cast<std::atomic<pid_t> *>(
      mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  kill_after([&] {
    const File file("data", 2 * kPage);
    char *m = file.map(2 * kPage);
    store(m, "before");
    const pid_t forked = fork();
    if (forked == 0) {
      for (int i = 0; i < 1000; ++i) store(m + kPage + i, "c");
      go.wait();
      _exit(std::string(m, 6) == "before" ? 0 : 1);
    }
    *child = forked;
    store(m, "after!");
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    store(m, "losing");
  });
  EXPECT_SAME(recovered("data", 0, 6), with_snapshot() ? "after!" : "losing");
  if (with_snapshot()) EXPECT_SAME(in_file("data", kPage, 10), zeros(10));
  go.send();
}

CASE(fork_in_the_midst_of_other_threads_commits_and_stores) {
  kill_after([] {
    const File file("data", 4 * kPage);
    char *m = file.map(4 * kPage);
    std::atomic<bool> stop{false};
    std::atomic<long> commits{0};
    std::thread committer([&] {
      for (long i = 1; !stop; ++i) {
        // Each commit has the same number in both pages.
        char number[32];
        snprintf(number, sizeof number, "%020ld", i);
        store(m, number), store(m + kPage, number);
        EXPECT(msync(m, 2 * kPage, MS_SYNC) == 0);
        commits = i;
      }
    });
    std::thread storer([&] {
      for (std::size_t i = 0; !stop; ++i) store(m + 2 * kPage + i % (2 * kPage), "s");
    });
    for (int i = 0; i < 25; ++i) {
      const long seen = commits;
      EXPECT_SAME(in_child([&] {
                    const std::string own = "own" + std::to_string(i);
                    const File another(own, kPage);
                    char *n = another.map(kPage);
                    store(n, own);
                    EXPECT(msync(n, kPage, MS_SYNC) == 0);
                    EXPECT_SAME(in_file(own, 0, own.size()), own);
                    EXPECT(munmap(n, kPage) == 0 && !has_log(own));
                    if (with_snapshot()) EXPECT_ERROR(msync(m, kPage, MS_SYNC), -1, EPERM);
                    return 0;
                  }),
                  0);
      while (commits == seen) std::this_thread::yield();
    }
    stop = true;
    committer.join(), storer.join();
    EXPECT(msync(m, 4 * kPage, MS_SYNC) == 0);
    EXPECT(in_file("data", 0, 4 * kPage) == std::string(m, 4 * kPage));
    store(m, "lost");
  });
  const std::string first = recovered("data", 0, 20);
  if (with_snapshot()) EXPECT_SAME(in_file("data", kPage, 20), first);
}

CASE(fork_child_that_exits_or_unmaps_takes_nothing_away) {
  const File file("data", kPage);
  char *m = file.map(kPage);
  store(m, "parent");
  EXPECT_SAME(in_child([&] { return munmap(m, kPage); }), 0);
  EXPECT_SAME(in_child([&]() -> int {
                store(m, "child!");
                exit(0);
              }),
              0);
  EXPECT_SAME(std::string(m, 6), with_snapshot() ? "parent" : "child!");
  store(m, "parent");
  EXPECT(munmap(m, kPage) == 0);
  EXPECT_SAME(in_file("data", 0, 6), "parent");
  EXPECT(!has_log("data"));
}

// A process that was made by exec: it may write the file if nobody else does.
ROLE(write_data) {
  const File file("data");
  void *m = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
  if (m == MAP_FAILED) _exit(errno == EAGAIN ? 11 : 12);
  store(static_cast<char *>(m), argument());
  if (msync(m, kPage, MS_SYNC) != 0) _exit(13);
  if (munmap(m, kPage) != 0) _exit(14);
}

CASE(fork_and_exec_a_program_that_maps_the_same_file) {
  const File file("data", kPage);
  char *m = file.map(kPage);
  store(m, "parent");
  EXPECT(msync(m, kPage, MS_SYNC) == 0);
  const auto run = [] { return in_child([]() -> int { become_role("write_data", "second"); }); };
  // One writing process at a time.
  EXPECT_SAME(run(), with_snapshot() ? 11 : 0);
  EXPECT_SAME(std::string(m, 6), with_snapshot() ? "parent" : "second");
  EXPECT(munmap(m, kPage) == 0);
  EXPECT_SAME(run(), 0);
  EXPECT_SAME(in_file("data", 0, 6), "second");
}

CASE(vfork_and_exec_leave_what_is_pending_as_it_is) {
  kill_after([] {
    const File file("data", kPage), second("second", kPage);
    char *m = second.map(kPage);
    store(m, "pending");
    close(file.fd);
    char *const *command = role_command("write_data", "vforked");
    const pid_t child = vfork();
    if (child == 0) {
      execv(command[0], command);
      _exit(127);
    }
    EXPECT_SAME(status_of(child), 0);
    EXPECT_SAME(in_file("data", 0, 7), "vforked");
    if (with_snapshot()) EXPECT_SAME(in_file("second", 0, 7), zeros(7));
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    store(m, "killed!");
    const_cast<File &>(file).fd = -1;
  });
  EXPECT_SAME(recovered("second", 0, 7), with_snapshot() ? "pending" : "killed!");
}

CASE(posix_spawn_with_file_actions_that_close_everything) {
  kill_after([] {
    const File file("second", kPage);
    {
      const File other("data", kPage);
    }
    char *m = file.map(kPage);
    store(m, "first");
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    posix_spawn_file_actions_t actions;
    EXPECT(posix_spawn_file_actions_init(&actions) == 0);
    // Over the numbers of whatever the library has open, if it had them in the parent's table.
    for (int fd = 10; fd < 20; ++fd) EXPECT(posix_spawn_file_actions_adddup2(&actions, 1, fd) == 0);
    EXPECT(posix_spawn_file_actions_addclosefrom_np(&actions, 20) == 0);
    char *const *command = role_command("write_data", "spawned");
    pid_t child = 0;
    EXPECT_SAME(posix_spawn(&child, command[0], &actions, nullptr, command, environ), 0);
    EXPECT_SAME(status_of(child), 0);
    posix_spawn_file_actions_destroy(&actions);
    EXPECT_SAME(in_file("data", 0, 7), "spawned");
    EXPECT_SAME(system("exit 3"), 3 << 8);
    store(m, "again");
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    EXPECT_SAME(in_file("second", 0, 5), "again");
    store(m, "later");
  });
  EXPECT_SAME(recovered("second", 0, 5), with_snapshot() ? "again" : "later");
}
