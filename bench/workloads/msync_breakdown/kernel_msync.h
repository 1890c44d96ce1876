// Where the time of the kernel's own msync goes, by subtraction. Everything happens in this process.
//
//   stores        to pages that are writable
//   write faults  what the same stores take longer after an msync, which has protected the pages
//   syscall       an msync of 0 bytes
//   page scan     an msync of the whole file that finds nothing to write, without the system call
//   write-out     the CPU time of an msync of dirty pages, without the two before: protecting pages, building
//                 and submitting writes, the journal
//   TLB           what all this takes longer beside a thread of this process than beside another process that
//                 does the same, which is to keep a CPU busy: each page that is protected has to be flushed
//                 from that CPU's TLB
//   disk          wall time that is no CPU time
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "harness/random.h"

namespace bench {

class KernelMsync {
 public:
  static std::vector<std::string> parts() {
    return {"stores", "write faults", "syscall", "page scan", "write-out", "TLB", "disk"};
  }

  // Makes the file, all of it written.
  explicit KernelMsync(const std::string &path);
  ~KernelMsync();
  KernelMsync(const KernelMsync &) = delete;
  KernelMsync &operator=(const KernelMsync &) = delete;

  // us per commit of so many lines, in the order of parts().
  std::vector<double> measure(std::uint64_t lines, std::uint64_t commits);

  // Prints how often a CPU had to flush its TLB for another, per commit since the last call, beside the
  // thread and beside the process. Of the whole machine; nothing where /proc/interrupts does not tell.
  void print_flushes();

  // How many stores there were.
  std::uint64_t stores() const { return stores_; }

 private:
  struct Cost {
    double stores_us, msync_cpu_us, wait_us;
  };
  Cost commit(std::uint64_t lines, std::uint64_t commits);
  template <typename Company>
  Cost commit_beside(std::uint64_t lines, std::uint64_t commits, std::uint64_t *flushes);
  double msync_us(std::uint64_t bytes, std::uint64_t times);
  double plain_stores_us(std::uint64_t lines, std::uint64_t commits);

  std::uint64_t *array_ = nullptr;
  std::uint64_t stores_ = 0;
  std::uint64_t commits_ = 0, flushes_thread_ = 0, flushes_process_ = 0;  // since print_flushes
  Random random_{42};
};

}  // namespace bench
