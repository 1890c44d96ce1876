// A library that the cases of libraries.cc load: it stores when it is loaded, when it is asked to, and when
// it is unloaded.
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {
char *leaves_to;
struct Leaves {
  ~Leaves() {
    for (int i = 0; leaves_to != nullptr && i < 4; ++i) leaves_to[i] = "gone"[i];
  }
} leaves;
}  // namespace

extern "C" {
void plugin_store(char *to, const char *text, int length) {
  for (int i = 0; i < length; ++i) to[i] = text[i];
}
void plugin_store_when_unloaded(char *to) { leaves_to = to; }
// A file of the plugin's own.
char *plugin_map(const char *name) {
  const int fd = open(name, O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, 4096) != 0) return nullptr;
  void *m = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return m == MAP_FAILED ? nullptr : static_cast<char *>(m);
}
int plugin_commit(char *m) { return msync(m, 4096, MS_SYNC); }
}
