#include "harness/scratch_dir.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "harness/fail.h"

namespace bench {
namespace {

// For the signal handler, which may not touch a std::string.
char current[4096];

// filesystem::remove_all allocates, which a handler must not; but the handler's process ends here, and all it
// risks is what it is there to prevent. So it leaves the work to a shell. What is mounted inside would keep
// its directory.
void clean_up(int signal_number) {
  if (current[0] != 0 && fork() == 0) {
    execl("/bin/sh", "sh", "-c", "umount -l \"$0\"/*/ 2>/dev/null; rm -rf \"$0\"", current, nullptr);
    _exit(127);
  }
  signal(signal_number, SIG_DFL);
  (void)raise(signal_number);
}

}  // namespace

ScratchDir::ScratchDir(std::string parent) {
  const char *const memory = getenv("BENCH_DIRECTORY");
  if (parent.empty()) parent = memory != nullptr ? memory : "/dev/shm";
  std::string name = parent + "/snapshot-bench-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) fail(name + ": cannot create it");
  path_ = name;
  if (path_.size() < sizeof current) path_.copy(current, path_.size());
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) signal(number, clean_up);
}

ScratchDir::~ScratchDir() {
  current[0] = 0;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace bench
