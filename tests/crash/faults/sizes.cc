// What changes the size, and what is written through the descriptor.
#include <fcntl.h>

#include "scenarios.h"

namespace faults {
namespace {

constexpr std::uint64_t page = 4096;

// By a function or a program that nobody stands in front of.
void commit_grown_elsewhere(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.grow_without_library(w.working().size() + 9000);
  w.store(w.working().size() - 500, 'g', 500);
  w.commit();
}

// The file's old name leads to another file when lines beyond the end are found.
void commit_beyond_end(World &w, const Fault &fault) {
  committed_once(w);
  w.rename_without_library("renamed");
  w.arm(fault);
  w.store_beyond_end(3 * page);
  w.commit();
}

void commit_grow(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.resize(w.working().size() + 9001);
  w.store(w.working().size() - 6000, 'g', 5990);
  w.commit();
}

void commit_shrink(World &w, const Fault &fault) {
  committed_once(w);
  w.store(w.working().size() - 50, 's', 50);
  w.arm(fault);
  w.resize(5001);
  w.store(4000, 's', 1001);
  w.commit();
  w.resize(7000);
  w.commit();
}

void commit_size_only(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.resize(30000);
  w.commit();
  w.resize(3000);
  w.commit();
}

void resize(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.resize(w.working().size() + 10000);
  w.resize_by_name(w.working().size() + 10000);
  w.resize(4000);
  w.resize(6000);
  w.resize(6000);
}

void write(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.write(100, 'w', 1000);
  w.write(w.working().size() - 10, 'w', 5000);
  w.read_all();
  w.commit();
}

void write_synchronously(World &w, const Fault &fault) {
  w.open_without_library(O_RDWR | O_DSYNC);
  w.map();
  w.store(100, 'v', 100);
  w.commit();
  w.arm(fault);
  w.write(w.working().size() - 10, 'w', 500, true);
}

void allocate(World &w, const Fault &fault) {
  committed_once(w);
  w.arm(fault);
  w.allocate(w.working().size() + 10000);
  w.store(w.working().size() - 100, 'a', 100);
  w.commit();
}

}  // namespace

const std::vector<Scenario> &sizes() {
  static const std::vector<Scenario> all = {
      {"commit-grown-elsewhere", "new", 20100, commit_grown_elsewhere},
      {"commit-beyond-end", "new", 20100, commit_beyond_end, Settings::one},
      {"commit-grow", "new", 20100, commit_grow},
      {"commit-shrink", "new", 20100, commit_shrink},
      {"commit-size-only", "new", 20100, commit_size_only},
      {"resize", "new", 20100, resize},
      {"write", "new", 20100, write},
      {"write-synchronously", "new", 20100, write_synchronously},
      {"allocate", "new", 20100, allocate},
  };
  return all;
}

}  // namespace faults
