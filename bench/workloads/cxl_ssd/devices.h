// The devices of one comparison: each system's worker has one of its own, with directories for its memory and
// its store.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <list>
#include <string>
#include <vector>

#include "harness/options.h"
#include "harness/scratch_dir.h"
#include "workloads/cxl_ssd/device_process.h"

namespace bench {

// What all devices have: the bytes of the cache, and what a miss takes longer than it does by itself.
struct DeviceSpeed {
  std::uint64_t cache_bytes;
  double extra_ns;
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

  // Prints how many pages were missed since the last call, per operation.
  void print_misses(std::uint64_t operations) {
    std::printf("    misses per operation:");
    for (System &s : systems_) {
      const std::uint64_t all = s.device->misses();
      std::printf(" %s %.2f", s.name.c_str(),
                  static_cast<double>(all - s.misses) / static_cast<double>(operations));
      s.misses = all;
    }
    std::printf("\n");
  }
  void write_back() {
    for (System &s : systems_) s.device->write_back();
  }

 private:
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
