#include "scenarios.h"

namespace faults {

void mapped(World &w) {
  w.open();
  w.map();
}

void committed_once(World &w) {
  mapped(w);
  w.store(700, '1', 300);
  w.commit();
}

std::vector<Scenario> scenarios() {
  std::vector<Scenario> all;
  for (const auto *part : {&opening(), &committing(), &sizes(), &leaving(), &later()})
    all.insert(all.end(), part->begin(), part->end());
  return all;
}

}  // namespace faults
