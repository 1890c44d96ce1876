// A child process may read what its parent has mapped and commit nothing of it; the parent does not notice.
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "files.h"
#include "in_child.h"

using namespace test;

extern char **environ;

namespace {

// What a child that may not commit is told.
int check_inherited(const DataFile &file, char *m) {
  if (std::string(m, 6) != "parent") return 10;
  store(m, "child!");
  if (std::string(m, 6) != "child!") return 11;
  if (msync(m, kPage, MS_SYNC) != -1 || errno != EPERM) return 12;
  if (fsync(file.fd) != -1 || errno != EPERM) return 13;
  if (fdatasync(file.fd) != -1 || errno != EPERM) return 14;
  if (SNAPSHOT_CALL(snapshot_commit)(m, kPage) != -1 || errno != EPERM) return 15;
  if (last_message().find("fork") == std::string::npos) return 16;
  if (SNAPSHOT_CALL(snapshot_rollback)(m, kPage) != -1 || errno != EPERM) return 17;
  return 0;
}

int status_of(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

TEST_CASE("a forked child reads its view, and cannot commit") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  store(m, "parent");
  const int how = GENERATE(0, 1, 2);
  CAPTURE(how);
  if (how == 0) {
    CHECK(in_child([&] { return check_inherited(file, m); }) == 0);
  } else if (how == 1) {
    // Without the handlers of pthread_atfork.
    const auto child = static_cast<pid_t>(syscall(SYS_fork));
    if (child == 0) _exit(check_inherited(file, m));
    CHECK(status_of(child) == 0);
  } else {
    CHECK(in_child([&] { return in_child([&] { return check_inherited(file, m); }); }) == 0);
  }
  CHECK(std::string(m, 6) == "parent");
  CHECK(has_log(file.path));
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  CHECK(file.real_bytes(0, 6) == "parent");
  REQUIRE(munmap(m, kPage) == 0);
  CHECK_FALSE(has_log(file.path));
}

TEST_CASE("a child's exit and its munmap commit and remove nothing of the parent's") {
  const DataFile file(2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "parent");
  CHECK(in_child([&]() -> int {
          store(m + 8, "child");
          if (munmap(m + kPage, kPage) != 0 || munmap(m, kPage) != 0) return 1;
          exit(0);
        }) == 0);
  CHECK(in_child([&]() -> int {
          store(m + 8, "child");
          exit(0);
        }) == 0);
  CHECK(has_log(file.path));
  CHECK(file.real_bytes(0, 13) == zeros(13));
  REQUIRE(munmap(m, 2 * kPage) == 0);
  CHECK(file.real_bytes(0, 13) == "parent" + zeros(7));
}

TEST_CASE("a child that maps the parent's file is told that it is taken") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  CHECK(in_child([&] {
          const DataFile again(file.path);
          if (mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, again.fd, 0) != MAP_FAILED) return 1;
          return errno == EAGAIN ? 0 : 2;
        }) == 0);
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("a child maps, commits and closes files of its own") {
  const DataFile file(kPage), own(kPage);
  char *m = file.map(kPage);
  store(m, "parent");
  const bool raw = GENERATE(false, true);
  const auto body = [&] {
    char *n = own.map(kPage);
    if (!is_managed(n, kPage)) return 1;
    store(n, "child");
    if (msync(n, kPage, MS_SYNC) != 0 || own.real_bytes(0, 5) != "child") return 2;
    store(n, "CHILD");
    if (fsync(own.fd) != 0 || own.real_bytes(0, 5) != "CHILD") return 3;
    return munmap(n, kPage) == 0 && !has_log(own.path) ? 0 : 4;
  };
  if (raw) {
    const auto child = static_cast<pid_t>(syscall(SYS_fork));
    if (child == 0) _exit(body());
    CHECK(status_of(child) == 0);
  } else {
    CHECK(in_child(body) == 0);
  }
  REQUIRE(munmap(m, kPage) == 0);
  CHECK(file.real_bytes(0, 6) == "parent");
}

TEST_CASE("the parent keeps committing while children come and go") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  for (int i = 0; i < 20; ++i) {
    const std::string text = "round " + std::to_string(i);
    store(m, text);
    const pid_t child = fork();
    if (child == 0) _exit(std::string(m, text.size()) == text ? 0 : 1);
    if (i % 2 == 0) {
      REQUIRE(msync(m, kPage, MS_SYNC) == 0);
      REQUIRE(file.real_bytes(0, text.size()) == text);
    }
    REQUIRE(status_of(child) == 0);
  }
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("a child cannot change the parent's file by its descriptor either") {
  const DataFile file(2 * kPage);
  char *m = file.map(2 * kPage);
  store(m, "parent");
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  const bool raw = GENERATE(false, true);
  const auto refused = [](long result) { return result == -1 && errno == EPERM; };
  const auto body = [&] {
    if (file.seen_bytes(0, 6) != "parent" || file.seen_size() != 2 * kPage) return 1;
    if (!refused(pwrite(file.fd, "child", 5, 0)) || !refused(write(file.fd, "child", 5))) return 2;
    if (!refused(ftruncate(file.fd, 0)) || !refused(truncate(file.path.c_str(), 0))) return 3;
    if (!refused(open(file.path.c_str(), O_WRONLY | O_TRUNC))) return 4;
    return posix_fallocate(file.fd, 0, 9 * kPage) == EPERM ? 0 : 5;
  };
  if (raw) {
    const auto child = static_cast<pid_t>(syscall(SYS_fork));
    if (child == 0) _exit(body());
    CHECK(status_of(child) == 0);
  } else {
    CHECK(in_child(body) == 0);
  }
  CHECK(file.real_size() == 2 * kPage);
  REQUIRE(munmap(m, 2 * kPage) == 0);
  CHECK(file.real_bytes(0, 6) == "parent");
}

TEST_CASE("when the parent has closed the file, a child that inherited it may open it anew") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  store(m, "parent");
  int from_parent[2];
  REQUIRE(pipe(from_parent) == 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte;
    if (read(from_parent[0], &byte, 1) != 1) _exit(1);
    char *n = file.map(kPage);
    if (n == m || std::string(n, 6) != "parent") _exit(2);
    store(n, "child!");
    if (fsync(file.fd) != 0 || file.real_bytes(0, 6) != "child!") _exit(3);
    if (munmap(m, kPage) != 0 || munmap(n, kPage) != 0 || has_log(file.path)) _exit(4);
    _exit(0);
  }
  REQUIRE(munmap(m, kPage) == 0);
  REQUIRE(write(from_parent[1], "g", 1) == 1);
  CHECK(status_of(child) == 0);
  CHECK(file.real_bytes(0, 6) == "child!");
  close(from_parent[0]), close(from_parent[1]);
}

TEST_CASE("vfork, posix_spawn and system work beside a managed file") {
  const DataFile file(kPage);
  char *m = file.map(kPage);
  store(m, "parent");
  // true has the library preloaded, too, when this program has.
  char name[] = "true";
  char *arguments[] = {name, nullptr};
  pid_t child = 0;
  REQUIRE(posix_spawnp(&child, name, nullptr, nullptr, arguments, environ) == 0);
  CHECK(status_of(child) == 0);
  CHECK(system("exit 3") == 3 << 8);
  child = vfork();
  if (child == 0) {
    execvp(name, arguments);
    _exit(127);
  }
  CHECK(status_of(child) == 0);
  CHECK(is_managed(m, kPage));
  REQUIRE(msync(m, kPage, MS_SYNC) == 0);
  CHECK(file.real_bytes(0, 6) == "parent");
  REQUIRE(munmap(m, kPage) == 0);
}

TEST_CASE("the writer's lock survives a child's exit, and goes with the parent though a child lives on") {
  const DataFile file(kPage);
  int to_grandchild[2], from_parent[2];
  REQUIRE(pipe(to_grandchild) == 0);
  REQUIRE(pipe(from_parent) == 0);
  const pid_t parent = fork();
  if (parent == 0) {
    file.map(kPage);
    if (in_child([] { return 0; }) != 0) _exit(1);
    if (fork() == 0) {
      // Has the lock, too, until the library has closed its descriptor in here: so it is the one who says
      // that all is ready. Lives until the test closes its end.
      (void)!write(from_parent[1], "r", 1);
      close(to_grandchild[1]);
      char byte;
      _exit(static_cast<int>(read(to_grandchild[0], &byte, 1)));
    }
    pause();
    _exit(2);
  }
  char ready = 0;
  REQUIRE(read(from_parent[0], &ready, 1) == 1);
  errno = 0;
  CHECK(mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0) == MAP_FAILED);
  CHECK(errno == EAGAIN);
  REQUIRE(kill(parent, SIGKILL) == 0);
  CHECK(status_of(parent) == 128 + SIGKILL);
  char *m = file.map(kPage);
  CHECK(is_managed(m, kPage));
  REQUIRE(munmap(m, kPage) == 0);
  for (const int fd : {to_grandchild[0], to_grandchild[1], from_parent[0], from_parent[1]}) close(fd);
}
