#include "harness/disk_speed.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "harness/clock.h"
#include "harness/fail.h"
#include "harness/stats.h"

namespace bench {

std::uint64_t commits_in(double us, const std::string &directory, std::uint64_t least, std::uint64_t most) {
  constexpr std::size_t kPage = 4096, kPages = 64, kSyncs = 7;
  const int fd = open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  const std::string contents(kPages * kPage, 1);
  bool ok = fd >= 0 &&
            pwrite(fd, contents.data(), contents.size(), 0) == static_cast<ssize_t>(contents.size()) &&
            fsync(fd) == 0;
  std::vector<double> times;
  for (std::size_t i = 0; i < kSyncs && ok; ++i) {
    const std::uint64_t begin = wall_ns();
    ok = pwrite(fd, contents.data(), kPage, static_cast<off_t>(i * kPage)) == kPage && fdatasync(fd) == 0;
    times.push_back(static_cast<double>(wall_ns() - begin) / 1000);
  }
  if (fd >= 0) close(fd);
  if (!ok) fail(directory + ": cannot make a file without a name in it, and sync it");
  return std::clamp(static_cast<std::uint64_t>(us / summarise(times).median), least, most);
}

}  // namespace bench
