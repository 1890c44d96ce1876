// The devices of one comparison: each system's worker has one of its own, with directories for its memory and
// its store.
#pragma once
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "workloads/cxl_ssd/device_process.h"

namespace bench {

// What all devices have: the bytes of the cache, what a miss takes longer than it does by itself, and what it
// takes then.
struct DeviceSpeed {
  std::uint64_t cache_bytes;
  double extra_ns, miss_ns;
};

inline std::string disk_directory(const Options &options) {
  const char *const disk = std::getenv("BENCH_DISK");
  return disk != nullptr ? disk : options.directory;
}

class Device {
 public:
  Device(const Options &options, DeviceSpeed speed)
      : store_(disk_directory(options)),
        process_(options, memory_.file(""), store_.file(""), speed.cache_bytes) {
    process_.set_extra_ns(static_cast<std::uint64_t>(speed.extra_ns));
  }
  // Of the worker's file: where the worker maps it, and where it is after write_back().
  std::string in_memory() const { return memory_.file("array"); }
  std::string in_store() const { return store_.file("array"); }
  DeviceProcess *operator->() { return &process_; }

 private:
  ScratchDir memory_, store_;
  DeviceProcess process_;
};

// By system, in the order in which they were made.
class Devices {
 public:
  Devices(const Options &options, DeviceSpeed speed) : options_(options), speed_(speed) {}

  Device &make(const std::string &system) { return systems_.emplace_back(system, options_, speed_).device; }

  // Pages that were missed since the last call, by system; 0 for one without a device.
  double missed(const std::string &system) {
    for (System &s : systems_) {
      if (s.name != system) continue;
      const std::uint64_t all = s.device->misses();
      return static_cast<double>(all - std::exchange(s.misses, all));
    }
    return 0;
  }
  using Pages = std::map<std::string, double>;
  Pages missed() {
    Pages pages;
    for (System &s : systems_) pages[s.name] = missed(s.name);
    return pages;
  }

  // From now on each access to another page than the last few is a miss, so that missed() counts accesses.
  void count_accesses() {
    for (System &s : systems_) {
      s.device->set_cache_pages(kCountingPages);
      s.device->set_extra_ns(0);
    }
    (void)missed();
  }

  // A hit takes what DRAM does, which is next to nothing.
  void print_rates(const std::string &x, Pages misses, double operations, Pages accesses,
                   double counted_operations) const {
    std::printf("    %s, misses of accesses per operation:", x.c_str());
    for (const System &s : systems_) {
      const double per_operation = misses[s.name] / operations, all = accesses[s.name] / counted_operations;
      std::printf(" %s %.3g of %.3g", s.name.c_str(), per_operation, all);
      if (all == 0) continue;
      const double rate = std::min(1.0, per_operation / all);
      std::printf(" (hit rate %.1f %%, mean latency %.2f us)", 100 * (1 - rate),
                  rate * speed_.miss_ns / 1000);
    }
    std::printf("\n");
  }
  void write_back() {
    for (System &s : systems_) s.device->write_back();
  }

 private:
  static constexpr std::uint64_t kCountingPages = 8;
  struct System {
    System(const std::string &system, const Options &options, DeviceSpeed speed)
        : name(system), device(options, speed) {}
    std::string name;
    Device device;
    std::uint64_t misses = 0;
  };
  const Options &options_;
  DeviceSpeed speed_;
  std::list<System> systems_;
};

}  // namespace bench
