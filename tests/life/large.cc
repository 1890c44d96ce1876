// Files larger than memory, and processes that may have little of it.
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <vector>

#include "life.h"

using namespace life;

namespace {

std::size_t memory_bytes() {
  struct sysinfo info;
  EXPECT(sysinfo(&info) == 0);
  return static_cast<std::size_t>(info.totalram) * info.mem_unit;
}

long allocated_kib(const std::string &name) {
  struct stat st;
  EXPECT(stat(name.c_str(), &st) == 0);
  return st.st_blocks / 2;
}

long data_kib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  long kib = 0;
  while (status >> word)
    if (word == "VmData:") status >> kib;
  return kib;
}

std::size_t place(std::size_t i, std::size_t bytes) {
  return (i * 2654435761u * kPage + i * 8) % (bytes - 64);
}

}  // namespace

CASE(a_sparse_file_larger_than_memory) {
  const std::size_t bytes = (memory_bytes() / kPage + 1) * kPage * 2;
  kill_after([&] {
    const File file("data", bytes);
    char *m = file.map(bytes);
    for (int round = 0; round < 4; ++round) {
      for (std::size_t i = 0; i < 100; ++i)
        store(m + place(i, bytes), std::to_string(1000 * round + 1000 + static_cast<int>(i)));
      store(m + bytes - 4, "last");
      EXPECT(msync(m, bytes, MS_SYNC) == 0);
    }
    for (std::size_t i = 0; i < 100; ++i) store(m + place(i, bytes), "lost");
  });
  for (std::size_t i = 0; i < 100; ++i) {
    const std::string seen =
        i == 0 ? recovered("data", place(i, bytes), 4) : in_file("data", place(i, bytes), 4);
    EXPECT_SAME(seen, with_snapshot() ? std::to_string(4000 + i) : "lost");
  }
  EXPECT_SAME(in_file("data", bytes - 4, 4), "last");
  EXPECT_SAME(size_in_file("data"), static_cast<long>(bytes));
  EXPECT(allocated_kib("data") < 64 << 10);
}

namespace {

// A memory cgroup of the older and of the newer kind.
struct Group {
  std::string directory, limit;
};
std::vector<Group> possible_groups() {
  const std::string name = "/snapshot-life-" + std::to_string(getpid());
  return {{"/sys/fs/cgroup" + name, "/memory.max"},
          {"/sys/fs/cgroup/memory" + name, "/memory.limit_in_bytes"}};
}

// Moves this process into one with so much memory.
bool limit_memory(const std::vector<Group> &groups, std::size_t bytes) {
  for (const Group &group : groups) {
    // Where the two kinds live side by side, the first place is an ordinary directory.
    if (mkdir(group.directory.c_str(), 0755) != 0 ||
        access((group.directory + group.limit).c_str(), W_OK) != 0)
      continue;
    std::ofstream(group.directory + group.limit) << bytes << std::flush;
    std::ofstream(group.directory + "/cgroup.procs") << getpid() << std::flush;
    std::size_t set = 0;
    pid_t member = 0;
    if (std::ifstream(group.directory + group.limit) >> set && set == bytes &&
        std::ifstream(group.directory + "/cgroup.procs") >> member && member == getpid())
      return true;
  }
  return false;
}

}  // namespace

// Reads all of a file that is larger than the process may have, and changes a part of it.
CASE(a_file_larger_than_the_memory_of_its_control_group) {
  constexpr std::size_t kLimit = 48 << 20, kBytes = 4 * kLimit, kChanged = kBytes / 32;
  {
    const File file("data", kBytes);
    const std::string chunk(1 << 20, 'r');
    for (std::size_t i = 0; i < kBytes; i += chunk.size())
      EXPECT(pwrite(file.fd, chunk.data(), chunk.size(), static_cast<off_t>(i)) ==
             static_cast<ssize_t>(chunk.size()));
    EXPECT(fsync(file.fd) == 0);
  }
  const std::vector<Group> groups = possible_groups();
  // An eager copy of it all, as it is made of files up to 256 MiB on memory, does not fit.
  setenv("SNAPSHOT_COPY", "lazy", 1);
  const int status = in_child([&]() -> int {
    if (!limit_memory(groups, kLimit)) return 77;
    const File file("data");
    char *m = file.map(kBytes);
    for (int round = 0; round < 2; ++round) {
      std::size_t sum = 0;
      for (std::size_t i = 0; i < kBytes; i += kPage) sum += m[i + 100] == 'r';
      EXPECT_SAME(sum, kBytes / kPage);
      for (std::size_t i = 0; i < kChanged; i += kPage) store(m + 8 * i, std::to_string(round) + "new");
      EXPECT(msync(m, kBytes, MS_SYNC) == 0);
    }
    for (std::size_t i = 0; i < kChanged; i += kPage) store(m + 8 * i, "lost");
    const File done("done", 0);
    kill(getpid(), SIGKILL);
    return 1;
  });
  for (const Group &group : groups) rmdir(group.directory.c_str());
  if (status == 77) skip("no memory control group can be made");
  EXPECT_SAME(status, 128 + SIGKILL);
  EXPECT(exists("done"));  // not killed for want of memory
  (void)recovered("data", 0, 1);
  for (std::size_t i = 0; i < kChanged; i += kPage)
    EXPECT_SAME(in_file("data", 8 * i, 4), with_snapshot() ? "1new" : "lost");
}

// Snapshot reserves addresses, not memory; but the kernel may not be willing to give even those.
CASE(a_limit_on_addresses) {
  const File file("data", kPage);
  const rlimit few = {rlim_t{4} << 30, rlim_t{4} << 30};
  EXPECT(setrlimit(RLIMIT_AS, &few) == 0);
  if (with_snapshot()) {
    EXPECT_ERROR(mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0), MAP_FAILED, ENOMEM);
    EXPECT(!has_log("data"));
  } else {
    EXPECT(munmap(file.map(kPage), kPage) == 0);
  }
}

// The same where the kernel counts what is mapped as if it were used (vm.overcommit_memory=2), which this
// case makes the library believe.
CASE(a_machine_that_does_not_overcommit) {
  if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    skip("no mount can be made (it needs root)");
  std::ofstream("mode") << "2\n" << std::flush;
  EXPECT(mount("mode", "/proc/sys/vm/overcommit_memory", nullptr, MS_BIND, nullptr) == 0);
  kill_after([] {
    const File file("data", 16 * kPage), other("other", 16 * kPage);
    const long before = data_kib();
    char *m = file.map(16 * kPage), *n = other.map(16 * kPage);
    EXPECT(data_kib() - before < 256 << 10);
    store(m, "stored"), store(n, "stored");
    EXPECT(msync(m, 16 * kPage, MS_SYNC) == 0 && msync(n, 16 * kPage, MS_SYNC) == 0);
    EXPECT(ftruncate(file.fd, 32 * kPage) == 0);
    m = file.map(32 * kPage);
    store(m + 31 * kPage, "grown");
    EXPECT(msync(m, 32 * kPage, MS_SYNC) == 0);
  });
  EXPECT_SAME(recovered("data", 31 * kPage, 5), "grown");
  EXPECT_SAME(recovered("other", 0, 6), "stored");
  EXPECT(umount2("/proc/sys/vm/overcommit_memory", MNT_DETACH) == 0);
}

// Room to grow is not data that the program has: with less of it, the file is mapped all the same.
CASE(a_limit_on_data) {
  kill_after([] {
    const rlimit few = {rlim_t{256} << 20, rlim_t{256} << 20};
    EXPECT(setrlimit(RLIMIT_DATA, &few) == 0);
    const File file("data", 16 * kPage);
    char *m = file.map(16 * kPage);
    store(m, "stored");
    EXPECT(msync(m, 16 * kPage, MS_SYNC) == 0);
    EXPECT(ftruncate(file.fd, 32 * kPage) == 0);
    char *n = file.map(32 * kPage);
    store(n + 31 * kPage, "grown");
    EXPECT(msync(n, 32 * kPage, MS_SYNC) == 0);
    store(m, "killed");
  });
  EXPECT_SAME(recovered("data", 0, 6), with_snapshot() ? "stored" : "killed");
  EXPECT_SAME(in_file("data", 31 * kPage, 5), "grown");
}
