// The kernel as recovery sees it: serves its system calls from simulated files, through snapshot_observer.
// What it was asked to change can be recorded as events, to explore crashes during recovery.
#pragma once
#include <memory>

#include "base/observer.h"
#include "simulated_files.h"
#include "trace.h"

namespace states {

class SimulatedKernel {
 public:
  // One at a time: recovery is told through a global.
  explicit SimulatedKernel(SimulatedFiles &files);
  ~SimulatedKernel();
  SimulatedKernel(const SimulatedKernel &) = delete;
  SimulatedKernel &operator=(const SimulatedKernel &) = delete;

  // nullptr: none.
  void record_to(std::vector<Event> *events) { events_ = events; }
  u32 open_descriptors() const;
  // Grows with what recovery does: system calls, and lines that are written.
  u64 work() const { return work_; }

  long serve(long number, const long *arguments);

 private:
  struct Descriptor {
    u32 file = SimulatedFiles::none;
    u32 name = 0;
  };
  // Descriptors 3 to 7 are ordinary ones, 512 to 515 those that recovery keeps out of the program's way.
  static constexpr long low_first = 3, low_count = 5, high_first = 512, high_count = 4;

  Descriptor *at(long fd);
  long take(long first, long count, Descriptor what);
  long open(const char *path, long flags);
  long stat(u32 file, void *out) const;
  long statx(u32 file, void *out) const;
  long link_behind(const char *path, char *out, long room);
  long read(u32 file, void *to, u64 count, u64 offset) const;
  long write(u32 file, const void *from, u64 count, u64 offset);
  long resize(u32 file, u64 size);
  long sync(u32 file);
  long unlink(const char *path);
  long memory(u64 bytes);
  long on_descriptor(long number, const long *a);

  SimulatedFiles &files_;
  std::vector<Event> *events_ = nullptr;
  Descriptor descriptors_[low_count + high_count];
  std::unique_ptr<u8[]> pages_;  // for anonymous mappings; all given back when none is left
  u64 pages_used_ = 0, mappings_ = 0;
  u64 work_ = 0;
};

}  // namespace states
