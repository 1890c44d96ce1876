// Opening and mapping a file, with and without something to recover; and recovery by name.
#include <fcntl.h>
#include <sys/mman.h>

#include "scenarios.h"

namespace faults {
namespace {

void map_new(World &w, const Fault &fault) {
  w.arm(fault);
  mapped(w);
}

// As a program makes a new file: by ftruncate and write, of which no sync has been asked. From mmap on there
// is a log, and it must fit what a power cut leaves. (Of a sync that fails before that the program hears, and
// its bytes are the kernel's to lose.)
void map_unsynced(World &w, const Fault &fault) {
  w.open();
  w.forget_syncs();
  w.map();
  w.arm(fault);
  w.store(100, 'x', 200);
  w.commit();
}

void open_recovers(World &w, const Fault &fault) {
  w.arm(fault);
  mapped(w);
  w.store(100, 'x', 200);
  w.commit();
}

void open_only(World &w, const Fault &fault) {
  w.arm(fault);
  w.open();
  w.disarm();
}

void open_cuts(World &w, const Fault &fault) {
  w.arm(fault);
  w.open_and_cut();
}

void map_recovers(World &w, const Fault &fault) {
  w.open_without_library(O_RDWR);
  w.arm(fault);
  w.map();
}

void map_recovers_append(World &w, const Fault &fault) {
  w.open_without_library(O_RDWR | O_APPEND);
  w.arm(fault);
  w.map();
}

void recover(World &w, const Fault &fault) {
  w.arm(fault);
  w.recover_by_name();
}

void inspect(World &w, const Fault &fault) {
  w.arm(fault);
  w.inspect_by_name();
}

void map_twice(World &w, const Fault &fault) {
  committed_once(w);
  w.resize(9000);
  w.arm(fault);
  w.map();
  w.commit();
  w.disarm();
  (void)munmap(w.begin(), World::map_bytes);  // one of the two
}

}  // namespace

const std::vector<Scenario> &opening() {
  static const std::vector<Scenario> all = {
      {"map-new", "new", 20100, map_new},
      {"map-unsynced", "new", 20100, map_unsynced},
      {"open-torn", "torn", 20100, open_recovers, Settings::one},
      {"open-grown", "grown", 20100, open_only, Settings::one},
      {"open-cached", "cached", 20100, open_only, Settings::one},
      {"open-shrunk", "shrunk", 20100, open_only, Settings::one},
      {"open-retired", "retired", 20100, open_only, Settings::one},
      {"open-cut", "torn", 20100, open_cuts, Settings::one},
      {"map-torn", "torn", 20100, map_recovers, Settings::media},
      {"map-torn-append", "torn", 20100, map_recovers_append, Settings::one},
      {"recover-nothing", "new", 20100, recover, Settings::one},
      {"recover-torn", "torn", 20100, recover, Settings::one},
      {"recover-grown", "grown", 20100, recover, Settings::one},
      {"recover-cached", "cached", 20100, recover, Settings::one},
      {"recover-shrunk", "shrunk", 20100, recover, Settings::one},
      {"recover-retired", "retired", 20100, recover, Settings::one},
      {"inspect-torn", "torn", 20100, inspect, Settings::one},
      {"map-twice", "new", 20100, map_twice},
  };
  return all;
}

}  // namespace faults
