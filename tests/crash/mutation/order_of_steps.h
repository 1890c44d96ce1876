// What the runtime does to data and log, in order, as words: "write log", "fence", "copy data", "sync log",
// ... Only what orders or changes durable bytes, and names; repetitions count once, but for syncs. By the
// observer (base/observer.h), so these are the steps that it takes, not the ones that it says it takes.
#pragma once
#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/observer.h"
#include "base/syscall.h"

namespace test {

class Steps {
 public:
  using Words = std::vector<std::string>;
  using Fault = std::function<long(long number, const long *arguments)>;

  // What body makes the runtime do, besides what is in ignored. fault: called before each system call; a
  // value other than 0 is its result, and the call is not made.
  template <typename Body>
  static Words of(Body body, const Fault &fault = nullptr) {
    static const snapshot::Observer observer = {&call, &persist};
    words().clear();
    current_fault() = fault;
    snapshot::snapshot_observer = &observer;
    body();
    snapshot::snapshot_observer = nullptr;
    current_fault() = nullptr;
    return words();
  }

 private:
  static Words &words() {
    static Words all;
    return all;
  }
  static Fault &current_fault() {
    static Fault fault;
    return fault;
  }
  static void add(const std::string &word) {
    const bool is_sync = word.starts_with("sync");  // two of them cost a commit twice as much
    if (is_sync || words().empty() || words().back() != word) words().push_back(word);
  }

  static std::string by_path(const std::string &path) {
    if (path.find(".snaplog") != std::string::npos || path.find("/#") != std::string::npos) return " log";
    struct stat st;
    const bool known = syscall(SYS_newfstatat, AT_FDCWD, path.c_str(), &st, 0L) == 0;
    return known && S_ISDIR(st.st_mode) ? " directory" : " data";
  }
  static std::string by_descriptor(long fd) {
    char target[4096];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const long n = syscall(SYS_readlink, link.c_str(), target, sizeof target);
    if (n > 0 && std::string_view(target, static_cast<std::size_t>(n)).substr(0, 7) == "/memfd:")
      return " memory";
    return n > 0 ? by_path(std::string(target, static_cast<std::size_t>(n))) : " ?";
  }
  static std::string by_address(snapshot::u64 address) {
    const snapshot::u64 backing = snapshot::kWorkingBase + snapshot::kBackingDistance;
    return address - backing < snapshot::kRangeBytes ? " data" : " log";
  }

  static std::string word_for(long number, const long *a) {
    switch (number) {
      case SYS_pwrite64:
        return "write" + by_descriptor(a[0]);
      case SYS_fsync:
      case SYS_fdatasync:
        return "sync" + by_descriptor(a[0]);
      case SYS_msync:
        return (a[1] == 0 ? "sync nothing of" : "sync") + by_address(static_cast<snapshot::u64>(a[0]));
      case SYS_ftruncate:
        return "resize" + by_descriptor(a[0]);
      case SYS_truncate:
        return "resize data";
      case SYS_flock:
        return (a[1] == LOCK_UN ? "unlock" : "lock") + by_descriptor(a[0]);
      case SYS_linkat:
        return "name log";
      case SYS_unlink:
        return "remove" + by_path(reinterpret_cast<const char *>(a[0]));
      case SYS_membarrier:
        return "thread fence";
      default:
        return "";
    }
  }
  static long call(long number, const long arguments[6]) {
    const std::string word = word_for(number, arguments);
    if (!word.empty() && word.find(" memory") == std::string::npos) add(word);
    if (current_fault() != nullptr)
      if (const long result = current_fault()(number, arguments); result != 0) return result;
    return snapshot::sys::kernel_call(number, arguments[0], arguments[1], arguments[2], arguments[3],
                                      arguments[4], arguments[5]);
  }
  static void persist(snapshot::Verb verb, void *to, snapshot::u64) {
    if (verb == snapshot::Verb::fence)
      add("fence");
    else
      add((verb == snapshot::Verb::write_back ? "write back" : "copy") +
          by_address(reinterpret_cast<snapshot::u64>(to)));
  }
};

}  // namespace test
