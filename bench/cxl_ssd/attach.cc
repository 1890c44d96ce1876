// The worker's half of the emulated CXL SSD (device.h): preloaded, it puts the worker's mappings of files
// under BENCH_CXL_DIRECTORY in the hands of the device behind BENCH_CXL_SOCKET, once they are made and
// filled. Whoever made them, libpmemobj or libsnapshot, is not asked. Logs of Snapshot's (made without a
// name: #NUMBER in the kernel's list) stay as they are: their two areas, a few KiB that are written again at
// each commit, would never leave the device's cache.
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "cxl_ssd/message.h"

namespace bench {
namespace {

[[noreturn]] void give_up(const char *what) {
  std::perror(what);
  std::_Exit(1);
}

std::vector<DeviceMapping> mappings_under(const std::string &directory) {
  std::FILE *const maps = std::fopen("/proc/self/maps", "re");
  if (maps == nullptr) give_up("/proc/self/maps");
  std::vector<DeviceMapping> found;
  char line[1024];
  while (std::fgets(line, sizeof line, maps) != nullptr) {
    DeviceMapping m{};
    std::uint64_t end = 0;
    char rights[8] = {};
    if (std::sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %254s", &m.address, &end, rights,
                    &m.file_offset, m.path) != 5)
      continue;
    if (std::strncmp(m.path, directory.c_str(), directory.size()) != 0) continue;
    if (std::strstr(m.path, ".snaplog") != nullptr || std::strchr(m.path, '#') != nullptr) continue;
    m.bytes = end - m.address;
    m.shared = rights[3] == 's';
    found.push_back(m);
  }
  std::fclose(maps);
  return found;
}

int register_with_kernel(const std::vector<DeviceMapping> &mappings) {
  const int fd = static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK));
  if (fd < 0) give_up("userfaultfd");
  uffdio_api api{
      .api = UFFD_API, .features = UFFD_FEATURE_MISSING_SHMEM | UFFD_FEATURE_WP_HUGETLBFS_SHMEM, .ioctls = 0};
  if (ioctl(fd, UFFDIO_API, &api) != 0) give_up("UFFDIO_API");
  for (const DeviceMapping &m : mappings) {
    // The device's cache has small pages.
    madvise(reinterpret_cast<void *>(m.address), m.bytes, MADV_NOHUGEPAGE);
    uffdio_register range{.range = {m.address, m.bytes},
                          .mode = UFFDIO_REGISTER_MODE_MISSING | (m.shared ? UFFDIO_REGISTER_MODE_WP : 0ull),
                          .ioctls = 0};
    if (ioctl(fd, UFFDIO_REGISTER, &range) != 0) give_up("UFFDIO_REGISTER");
  }
  return fd;
}

int connect_to(const char *path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0) give_up(path);
  return fd;
}

void send_all(int fd, const void *from, std::size_t bytes) {
  const char *at = static_cast<const char *>(from);
  for (ssize_t n; bytes != 0; at += n, bytes -= static_cast<std::size_t>(n))
    if ((n = write(fd, at, bytes)) <= 0) give_up("the device");
}

void send_descriptor(int socket_fd, int fd) {
  char byte = 0;
  iovec data{&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)] = {};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  cmsghdr *const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  if (sendmsg(socket_fd, &message, 0) != 1) give_up("the device");
}

}  // namespace
}  // namespace bench

// harness/worker.h calls it before the first command.
extern "C" __attribute__((visibility("default"))) void bench_worker_ready() {
  const char *const directory = std::getenv("BENCH_CXL_DIRECTORY"), *const path =
                                                                        std::getenv("BENCH_CXL_SOCKET");
  if (directory == nullptr || path == nullptr) return;
  const std::vector<bench::DeviceMapping> mappings = bench::mappings_under(directory);
  const int faults = bench::register_with_kernel(mappings), device = bench::connect_to(path);
  bench::send_descriptor(device, faults);
  const std::uint64_t count = mappings.size();
  bench::send_all(device, &count, sizeof count);
  bench::send_all(device, mappings.data(), count * sizeof mappings[0]);
  char taken = 0;
  if (read(device, &taken, 1) != 1) bench::give_up("the device");
  // Both descriptors stay open: the kernel lets go of the mappings with the last one.
}
