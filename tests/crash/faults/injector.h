// The observer (base/observer.h): counts the runtime's system calls, makes the chosen ones fail, and tells
// the disks what happened. One per process; what it has seen survives the process in memory shared with the
// one that started it.
#pragma once
#include <atomic>
#include <cstdint>
#include <string>

#include "disk.h"
#include "failure.h"

namespace faults {

// A call that was made to fail.
struct Hit {
  long number;
  int error;  // as in Failure
  bool harmless;
  bool own;  // the program's, handed on
  char call[32];
};

// Shared between processes.
struct Record {
  std::atomic<std::uint64_t> calls;  // since armed
  std::atomic<std::uint64_t> hit_count;
  Hit hits[64];          // the first ones
  char choices[12][16];  // failures of the call with the wanted number
  bool unlisted;         // it has none, and failure.cc does not say why
  char call[64];         // what it does
  char problem[2048];    // what is wrong; empty: nothing
  bool finished;

  Hit last_hit() const { return hits[(hit_count - 1) % 64]; }
};

class Injector {
 public:
  // record: zeros. Until arm() nothing is counted or fails. disks: kept up to date from here on.
  static void install(Record *record, Disk *none_taken, Disk *some_taken);
  static void arm(const Fault &fault);
  static void clear();  // whatever it was, it is over
  static bool armed();
};

// The test's own use of the library, which is neither counted nor fails nor seen by the disks.
class Unobserved {
 public:
  Unobserved();
  ~Unobserved();
  Unobserved(const Unobserved &) = delete;
  Unobserved &operator=(const Unobserved &) = delete;

 private:
  bool before_;
};

}  // namespace faults
