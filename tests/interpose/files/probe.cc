// A small program for what is decided once in a process: settings, limits, mapping before main. The tests run
// it with an environment of their own; it says on standard output what it saw.
//
//   probe map FILE...    maps each, and prints for each "managed", "plain" or the name of the errno
//   probe store FILE     maps, stores "stored", commits "stored", stores "pending" elsewhere, and exits
//   probe limit MIB FILE as map, under an address-space limit
//   probe none           maps nothing
#include <sys/resource.h>

#include <cstdio>

#include "files.h"

using namespace test;

namespace {

const char *map_one(const char *path) {
  const int fd = open(path, O_RDWR);
  if (fd < 0) return strerrorname_np(errno);
  void *address = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  const int error = errno;
  close(fd);
  if (address == MAP_FAILED) return strerrorname_np(error);
  return is_managed(address, 1) ? "managed" : "plain";
}

int map_all(char **paths) {
  for (; *paths != nullptr; ++paths) std::printf("%s\n", map_one(*paths));
  return 0;
}

int limited(const char *mebibytes, char **paths) {
  const rlim_t bytes = std::stoul(mebibytes) << 20;
  const rlimit limit = {bytes, bytes};
  if (setrlimit(RLIMIT_AS, &limit) != 0) return 3;
  return map_all(paths);
}

int store_and_exit(const char *path) {
  const DataFile file(path);
  char *m = file.map(kPage);
  store(m, "stored");
  if (msync(m, kPage, MS_SYNC) != 0) return 3;
  store(m + 1000, "pending");
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "map") return map_all(argv + 2);
  if (what == "limit" && argc > 2) return limited(argv[2], argv + 3);
  if (what == "store" && argc > 2) return store_and_exit(argv[2]);
  return what == "none" ? 0 : 2;
}
