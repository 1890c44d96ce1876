// Linked into the programs that lose their power. Watches what the runtime does to the disk (base/observer.h)
// and cuts the power there itself, which hits every gap between two of its actions by number and not by luck:
//
//   POWER_CUT=N:DATA:LOG   before action N (from 1): a system call that stores, syncs, allocates or names,
//   or,
//                          right after it, a store of a run. DATA, LOG: what of the two files' pages is
//                          written back just before, as the kernel may do at any time: none, some, all.
//   POWER_WITHOUT=CALL,... makes these calls do nothing and succeed: fsync, fdatasync, msync. For the
//                          canaries.
//   POWER_DISK=DIRECTORY   where the disk is mounted; the files are DIRECTORY/data and its log.
#include <fcntl.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/observer.h"
#include "base/syscall.h"
#include "cut_power.h"
#include "reports.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

namespace {

using snapshot::sys::as_long;
using snapshot::sys::kernel_call;

long raw(long number, long a = 0, long b = 0, long c = 0, long d = 0) {
  return kernel_call(number, a, b, c, d, 0, 0);
}

enum class Pages { none, some, all };

struct Plan {
  std::uint64_t action = 0;  // 0: never
  Pages data = Pages::none, log = Pages::none;
  std::string data_path, log_path, directory;
  bool without_fsync = false, without_fdatasync = false, without_msync = false;
};
Plan plan;
std::atomic<std::uint64_t> actions{0};

// Which pages "some" are differs from cut to cut.
bool chosen(Pages pages, std::uint64_t page) {
  return pages == Pages::all ||
         (pages == Pages::some && (page * 0x9e3779b97f4a7c15u + plan.action) >> 63 != 0);
}

// Written back and nothing else: no metadata, no flush of the journal (sync_file_range(2), Warning).
void write_back(const std::string &path, Pages pages) {
  if (pages == Pages::none) return;
  const long fd = raw(SYS_openat, AT_FDCWD, as_long(path.c_str()), O_RDONLY | O_CLOEXEC);
  const long size = fd < 0 ? 0 : raw(SYS_lseek, fd, 0, SEEK_END);
  for (long page = 0; page * 4096 < size; ++page)
    if (chosen(pages, static_cast<std::uint64_t>(page)))
      raw(SYS_sync_file_range, fd, page * 4096, 4096,
          SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
  if (fd >= 0) raw(SYS_close, fd);
}

void reach_action() {
  if (plan.action == 0 || actions.fetch_add(1) + 1 != plan.action) return;
  write_back(plan.data_path, plan.data);
  write_back(plan.log_path, plan.log);
  const long fd = raw(SYS_openat, AT_FDCWD, as_long(plan.directory.c_str()), O_RDONLY | O_CLOEXEC);
  unsigned how = power::without_log_flush;
  const long result = raw(SYS_ioctl, fd, static_cast<long>(power::shutdown_request), as_long(&how));
  raw(SYS_close, fd);
  const std::uint64_t report = power::pack({result == 0 ? power::Event::cut : power::Event::broken, 0, 0});
  raw(SYS_write, 3, as_long(&report), sizeof report);
}

bool reaches_the_disk(long number, const long *arguments) {
  switch (number) {
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_msync:
    case SYS_ftruncate:
    case SYS_truncate:
    case SYS_fallocate:
    case SYS_pwrite64:
    case SYS_linkat:
    case SYS_renameat2:
    case SYS_unlink:
      return true;
    case SYS_openat:
      return (arguments[2] & (O_CREAT | O_TMPFILE)) != 0;
    case SYS_madvise:
      return arguments[2] == MADV_POPULATE_WRITE;
    default:
      return false;
  }
}

bool left_out(long number) {
  return (number == SYS_fsync && plan.without_fsync) || (number == SYS_fdatasync && plan.without_fdatasync) ||
         (number == SYS_msync && plan.without_msync);
}

long observe_call(long number, const long *a) {
  if (reaches_the_disk(number, a)) reach_action();
  return left_out(number) ? 0 : kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void observe_persist(snapshot::Verb verb, void *, snapshot::u64) {
  if (verb == snapshot::Verb::copy_plain) reach_action();
}

Pages pages_named(const std::string &name) {
  return name == "all" ? Pages::all : name == "some" ? Pages::some : Pages::none;
}

std::string variable(const char *name) {
  const char *text = std::getenv(name);
  return text == nullptr ? "" : text;
}

const snapshot::Observer observer = {observe_call, observe_persist};

const bool observes = [] {
  const std::string cut = variable("POWER_CUT"), without = variable("POWER_WITHOUT");
  plan.directory = variable("POWER_DISK");
  plan.data_path = plan.directory + "/data";
  plan.log_path = plan.data_path + ".snaplog";
  if (!cut.empty()) {
    const std::size_t first = cut.find(':'), second = cut.rfind(':');
    plan.action = std::strtoull(cut.c_str(), nullptr, 10);
    plan.data = pages_named(cut.substr(first + 1, second - first - 1));
    plan.log = pages_named(cut.substr(second + 1));
  }
  plan.without_fsync = ("," + without + ",").find(",fsync,") != std::string::npos;
  plan.without_fdatasync = without.find("fdatasync") != std::string::npos;
  plan.without_msync = without.find("msync") != std::string::npos;
  snapshot::snapshot_observer = &observer;
  return true;
}();

}  // namespace
