// The emulated CXL SSD as a process: for one worker, which finds it by its socket (attach.cc).
// usage: cxl_ssd_device SOCKET STORE_DIRECTORY CACHE_BYTES
// Commands on standard input, one per line, each answered by one line (harness/worker_process.h); the first
// answer says that the socket is there:
//   extra NS     a miss takes so much longer than reading the store
//   cache PAGES  the cache has so many from now on
//   statistics   misses=... evicted=... written=...
//   write_back   everything is in the store on return
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "cxl_ssd/device.h"
#include "harness/fail.h"

namespace bench {
namespace {

int listen_at(const char *path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 ||
      listen(fd, 1) != 0)
    fail(std::string(path) + ": cannot listen");
  return fd;
}

int receive_descriptor(int socket_fd) {
  char byte;
  iovec data{&byte, 1};
  int fd = -1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof fd)];
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  if (recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC) != 1 || CMSG_FIRSTHDR(&message) == nullptr)
    fail("no userfaultfd");
  std::memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
  return fd;
}

void receive_all(int fd, void *to, std::size_t bytes) {
  char *at = static_cast<char *>(to);
  for (ssize_t n; bytes != 0; at += n, bytes -= static_cast<std::size_t>(n))
    if ((n = read(fd, at, bytes)) <= 0) fail("the worker has gone");
}

// The connection stays open until this process ends.
void accept_worker(int listener, CxlDevice &device) {
  const int worker = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  const int faults = receive_descriptor(worker);
  std::uint64_t count;
  receive_all(worker, &count, sizeof count);
  std::vector<DeviceMapping> mappings(count);
  receive_all(worker, mappings.data(), count * sizeof mappings[0]);
  device.take_over(faults, mappings);
  if (write(worker, "t", 1) != 1) fail("the worker has gone");
}

// false: no more commands.
bool obey(CxlDevice &device) {
  char line[256];
  if (std::fgets(line, sizeof line, stdin) == nullptr) return false;
  unsigned long long given;
  if (std::sscanf(line, "extra %llu", &given) == 1) device.set_extra_ns(given);
  if (std::sscanf(line, "cache %llu", &given) == 1) device.set_cache_pages(given);
  if (std::strncmp(line, "write_back", 10) == 0) device.write_back();
  const CxlDevice::Statistics &s = device.statistics();
  std::printf("misses=%llu evicted=%llu written=%llu\n", static_cast<unsigned long long>(s.misses),
              static_cast<unsigned long long>(s.evicted), static_cast<unsigned long long>(s.written));
  std::fflush(stdout);
  return true;
}

int run(const char *socket, const char *store, std::uint64_t cache_bytes) {
  const int listener = listen_at(socket);
  CxlDevice device(store, cache_bytes / 4096);
  for (;;) {
    pollfd waiting[] = {{STDIN_FILENO, POLLIN, 0}, {listener, POLLIN, 0}, {device.faults(), POLLIN, 0}};
    if (poll(waiting, 3, -1) < 0) continue;
    if (waiting[2].revents != 0) device.serve_faults();
    if (waiting[1].revents != 0) accept_worker(listener, device);
    if (waiting[0].revents != 0 && !obey(device)) return 0;
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s SOCKET STORE_DIRECTORY CACHE_BYTES\n", argv[0]);
    return 2;
  }
  setvbuf(stdin, nullptr, _IONBF, 0);  // a line that stdio had read ahead, poll would not see
  try {
    return bench::run(argv[1], argv[2], std::strtoull(argv[3], nullptr, 0));
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return 1;
  }
}
