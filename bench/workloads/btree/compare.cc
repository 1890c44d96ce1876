// btree: random inserts, a depth-first read, deletes, side by side on memory media. See bench/README.md.
#include "workloads/btree/compare.h"

namespace bench {
namespace {

constexpr double kChangeAim = 2, kReadAim = 4;  // times faster than libpmemobj
constexpr double kCeilingAim = 1.6;             // times the time without persistence, at most

void btree(const Options &options) {
  using Phase = StructureComparison;
  compare_structure_in_memory(options, kBTree,
                              {{Phase::insert, {"libpmemobj", "snapshot", Relation::at_least, kChangeAim}},
                               {Phase::insert, {"snapshot", "none", Relation::at_most, kCeilingAim}},
                               {Phase::read, {"libpmemobj", "snapshot", Relation::at_least, kReadAim}},
                               {Phase::read, {"snapshot", "none"}},
                               {Phase::erase, {"libpmemobj", "snapshot", Relation::at_least, kChangeAim}},
                               {Phase::erase, {"snapshot", "none"}}});
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::btree); }
