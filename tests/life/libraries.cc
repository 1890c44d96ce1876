// Libraries that are loaded and unloaded while a file is mapped. LIFE_PLUGIN is one, compiled like this
// program.
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "life.h"

using namespace life;

namespace {

class Plugin {
 public:
  Plugin() {
    const char *path = getenv("LIFE_PLUGIN");
    if (path == nullptr) skip("LIFE_PLUGIN is not set");
    handle_ = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) fail(__FILE__, __LINE__, dlerror());
    store = find<void(char *, const char *, int)>("plugin_store");
    store_when_unloaded = find<void(char *)>("plugin_store_when_unloaded");
    map = find<char *(const char *)>("plugin_map");
    commit = find<int(char *)>("plugin_commit");
  }
  void unload() const { EXPECT(dlclose(handle_) == 0); }

  void (*store)(char *, const char *, int);
  void (*store_when_unloaded)(char *);
  char *(*map)(const char *);
  int (*commit)(char *);

 private:
  template <typename Function>
  Function *find(const char *name) const {
    void *address = dlsym(handle_, name);
    EXPECT(address != nullptr);
    return reinterpret_cast<Function *>(address);
  }
  void *handle_;
};

}  // namespace

CASE(a_library_is_loaded_stores_and_is_unloaded) {
  kill_after([] {
    const File file("data", 4 * kPage);
    char *m = file.map(4 * kPage);
    for (int round = 0; round < 3; ++round) {
      const Plugin plugin;
      plugin.store(m, "plugin", 6);
      plugin.store_when_unloaded(m + kPage);
      std::thread([&] { plugin.store(m + 2 * kPage, "thread", 6); }).join();
      plugin.unload();
      EXPECT(msync(m, 4 * kPage, MS_SYNC) == 0);
      EXPECT_SAME(in_file("data", 0, 6), "plugin");
      EXPECT_SAME(in_file("data", kPage, 4), "gone");
      EXPECT_SAME(in_file("data", 2 * kPage, 6), "thread");
      store(m, "------"), store(m + kPage, "----"), store(m + 2 * kPage, "------");
    }
  });
  EXPECT_SAME(recovered("data", 0, 6), with_snapshot() ? "plugin" : "------");
  EXPECT_SAME(in_file("data", kPage, 4), with_snapshot() ? "gone" : "----");
}

CASE(a_library_maps_a_file_that_outlives_it) {
  kill_after([] {
    const Plugin plugin;
    char *m = plugin.map("data");
    EXPECT(m != nullptr && is_managed(m) == with_snapshot());
    plugin.store(m, "by the plugin", 13);
    EXPECT(plugin.commit(m) == 0);
    plugin.unload();
    store(m + 64, "by the program");
    EXPECT(msync(m, kPage, MS_SYNC) == 0);
    store(m, "killed");
  });
  EXPECT_SAME(recovered("data", 0, 13), with_snapshot() ? "by the plugin" : "killed plugin");
  EXPECT_SAME(in_file("data", 64, 14), "by the program");
}
