// The program whose power is cut. Unlike crash_subject it goes on after the first error, as a program may:
// all it does from then on must fail with an error, and never by a signal or by pretending to succeed.
//
//   power_subject run WORKLOAD FILE FIRST   commits FIRST and the following until something fails
//   power_subject open FILE                 maps FILE, which recovers it, and ends without unmapping
//
// Reports on descriptor 3 (reports.h). In an environment with SNAPSHOT_IGNORE the file is mapped by the
// kernel alone, for the canaries.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "reports.h"
#include "support/mapped_file.h"
#include "support/stores.h"
#include "workload.h"

using crash::Workload;
using power::Event;
using power::Operation;

namespace {

volatile sig_atomic_t current = 0;

void report(Event event, Operation detail, std::uint64_t value) {
  const std::uint64_t word = power::pack({event, static_cast<std::uint8_t>(detail), value});
  if (syscall(SYS_write, 3, &word, sizeof word) != sizeof word) std::_Exit(9);
}

void bus_error(int, siginfo_t *info, void *) {
  report(Event::bus_error, static_cast<Operation>(current), reinterpret_cast<std::uint64_t>(info->si_addr));
  std::_Exit(7);
}

struct Refused {
  Operation operation;
  int error;
};

// Does it as what the program is in the middle of; a failure is thrown.
template <typename Action>
auto doing(Operation operation, Action action) {
  current = static_cast<sig_atomic_t>(operation);
  const auto result = action();
  const int error = errno;
  current = static_cast<sig_atomic_t>(Operation::change);
  if (result < 0) throw Refused{operation, error};
  return result;
}

class MappedTarget : public crash::Target {
 public:
  void open_and_map(const char *path) {
    fd_ = doing(Operation::open, [&] { return open(path, O_RDWR | O_CLOEXEC); });
    map();
  }
  std::uint64_t size() const override {
    struct stat st;
    if (fstat(fd_, &st) != 0) throw Refused{Operation::stat, errno};
    return size_ = static_cast<std::uint64_t>(st.st_size);
  }
  void resize(std::uint64_t size) override {
    doing(Operation::resize, [&] { return ftruncate(fd_, static_cast<off_t>(size)); });
    size_ = size;
  }
  void store(std::uint64_t offset, const void *bytes, std::uint64_t count) override {
    test::store_bytes(begin_ + offset, bytes, count);
    last_ = offset;
  }
  void commit(bool by_closing) {
    if (!by_closing) {
      doing(Operation::commit, [&] { return msync(begin_, crash::map_bytes, MS_SYNC); });
      return;
    }
    unmap();
    map();
  }
  void unmap() {
    doing(Operation::unmap, [&] { return munmap(begin_, crash::map_bytes); });
    begin_ = nullptr;
  }
  void roll_back() {
    doing(Operation::rollback, [&] { return snapshot_rollback(begin_, crash::map_bytes); });
  }
  bool mapped() const { return begin_ != nullptr; }
  // Where the working copy has a page already; a page that it has not would have to be read from the disk.
  bool store_where_stored_before() {
    if (last_ >= size_) return false;
    const char byte = static_cast<char>(begin_[last_] + 1);
    test::store(begin_ + last_, byte);
    return true;
  }

 private:
  void map() {
    void *address = nullptr;
    doing(Operation::map, [&] {
      address = mmap(nullptr, crash::map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
      return address == MAP_FAILED ? -1 : 0;
    });
    begin_ = static_cast<char *>(address);
    if (std::getenv("SNAPSHOT_IGNORE") == nullptr && snapshot_is_managed(begin_, crash::map_bytes) != 1)
      report(Event::broken, Operation::map, 0);
  }
  int fd_ = -1;
  char *begin_ = nullptr;
  std::uint64_t last_ = ~std::uint64_t{0};
  mutable std::uint64_t size_ = 0;  // when it was last known: fstat may fail, too
};

// The disk is gone. true: it has not been noticed.
template <typename Action>
bool attempt(Action action) {
  try {
    action();
    return true;
  } catch (const Refused &r) {
    report(Event::refused, r.operation, static_cast<std::uint64_t>(r.error));
    return false;
  }
}

void go_on_without_disk(MappedTarget &file) {
  if (!file.mapped()) return;
  for (int i = 0; i < 3; ++i) {
    bool stored = false;
    const bool succeeded = attempt([&] {
      stored = file.store_where_stored_before();
      file.commit(false);
    });
    if (stored && succeeded) report(Event::pretended, Operation::commit, 0);
  }
  (void)attempt([&] { file.roll_back(); });
  (void)attempt([&] { file.unmap(); });
}

int run(const Workload &workload, const char *path, std::uint64_t first) {
  MappedTarget file;
  (void)attempt([&] {
    file.open_and_map(path);
    for (std::uint64_t k = first;; ++k) {
      workload.change(file, k);
      file.commit(workload.closes);
      report(Event::clock, Operation::none, power::now_ns());
      report(Event::returned, Operation::none, k);
    }
  });
  if (std::getenv("SNAPSHOT_IGNORE") == nullptr) go_on_without_disk(file);
  report(Event::finished, Operation::none, 0);
  for (;;) pause();
}

int open_only(const char *path) {
  MappedTarget file;
  const bool opened = attempt([&] { file.open_and_map(path); });
  std::_Exit(opened ? 0 : 1);
}

}  // namespace

int main(int argc, char **argv) {
  const std::string mode = argc > 1 ? argv[1] : "";
  struct sigaction action = {};
  action.sa_sigaction = bus_error;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
  if (mode == "run" && argc == 5)
    return run(crash::workload_named(argv[2]), argv[3], std::strtoull(argv[4], nullptr, 10));
  if (mode == "open" && argc == 3) return open_only(argv[2]);
  std::fprintf(stderr, "power_subject: wrong arguments\n");
  return 2;
}
