// A device (cxl_ssd/) for one worker: started, and named in the worker's environment.
#pragma once
#include <string>
#include <vector>

#include "harness/options.h"
#include "harness/worker_process.h"

namespace bench {

class DeviceProcess {
 public:
  // memory: the directory of the worker's files; store: one on a disk. Both end in '/', and are this device's
  // own.
  DeviceProcess(const Options &options, std::string memory, const std::string &store,
                std::uint64_t cache_bytes);

  // For the worker.
  std::vector<std::string> environment() const;

  void set_extra_ns(std::uint64_t ns) { (void)process_.ask("extra " + std::to_string(ns)); }
  void set_cache_pages(std::uint64_t pages) { (void)process_.ask("cache " + std::to_string(pages)); }
  std::uint64_t misses() { return number(process_.ask("statistics"), "misses"); }
  void write_back() { (void)process_.ask("write_back"); }

 private:
  std::string memory_, socket_, preloaded_;
  WorkerProcess process_;
};

}  // namespace bench
