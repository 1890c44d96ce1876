#include "writeback.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <random>
#include <stdexcept>

namespace power {
namespace {

constexpr const char *expire_setting = "/proc/sys/vm/dirty_expire_centisecs";
constexpr const char *interval_setting = "/proc/sys/vm/dirty_writeback_centisecs";

std::string value_of(const char *setting) {
  std::string value;
  if (!std::getline(std::ifstream(setting), value))
    throw std::runtime_error(std::string("cannot read ") + setting);
  return value;
}

void set(const char *setting, const std::string &value) { std::ofstream(setting) << value << std::endl; }

void sync_something(const std::string &directory, std::mt19937_64 &random) {
  // The log is another file every time, and sometimes there is none.
  const Fd file(
      open((directory + (random() % 2 == 0 ? "/data" : "/data.snaplog")).c_str(), O_RDONLY | O_CLOEXEC));
  const auto page = static_cast<off_t>(random() % 300);
  switch (random() % 8) {
    case 0:
      (void)fsync(file.get());
      break;
    case 1:
      (void)fdatasync(file.get());
      break;
    case 2:
      if (const Fd root(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)); root.open())
        (void)syncfs(root.get());
      break;
    default:
      // Some pages and no metadata.
      (void)sync_file_range(file.get(), page * 4096, static_cast<off_t>(random() % 16 + 1) * 4096,
                            SYNC_FILE_RANGE_WRITE);
  }
}

}  // namespace

WritebackProcess::WritebackProcess(const std::string &directory, std::uint64_t seed) : pid_(fork()) {
  if (pid_ < 0) throw std::runtime_error("fork");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::mt19937_64 random(seed);
  for (;;) {
    const timespec pause = {0, static_cast<long>(random() % 300000)};
    nanosleep(&pause, nullptr);
    sync_something(directory, random);
  }
}

WritebackProcess::~WritebackProcess() {
  (void)kill(pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

EagerWriteback::EagerWriteback() : lock_(open(expire_setting, O_RDONLY | O_CLOEXEC)) {
  if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    lock_.reset();
    return;
  }
  expire_ = value_of(expire_setting);
  interval_ = value_of(interval_setting);
  set(expire_setting, "1");
  set(interval_setting, "1");
}

EagerWriteback::~EagerWriteback() {
  if (!lock_.open()) return;
  set(expire_setting, expire_);
  set(interval_setting, interval_);
}

}  // namespace power
