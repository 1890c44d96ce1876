#include "workloads/cxl_ssd/device_process.h"

namespace bench {

DeviceProcess::DeviceProcess(const Options &options, std::string memory, const std::string &store,
                             std::uint64_t cache_bytes)
    : memory_(std::move(memory)),
      socket_(memory_ + "device"),
      preloaded_(options.program("libcxl_ssd_attach.so")),
      process_({options.program("cxl_ssd_device"), socket_, store, std::to_string(cache_bytes)}, {}) {
  (void)misses();  // answered when it listens
}

std::vector<std::string> DeviceProcess::environment() const {
  return {"LD_PRELOAD=" + preloaded_, "BENCH_CXL_DIRECTORY=" + memory_, "BENCH_CXL_SOCKET=" + socket_};
}

}  // namespace bench
