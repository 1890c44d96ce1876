// linked_list: insert at the tail, traverse, delete at the head, side by side on memory media. See
// bench/README.md.
#include "workloads/linked_list/compare.h"

namespace bench {
namespace {

constexpr double kChangeAim = 4, kReadAim = 10;  // times faster than libpmemobj

void linked_list(const Options &options) {
  using Phase = StructureComparison;
  compare_structure_in_memory(options, kLinkedList,
                              {{Phase::insert, {"libpmemobj", "snapshot", Relation::at_least, kChangeAim}},
                               {Phase::insert, {"snapshot", "none"}},
                               {Phase::read, {"libpmemobj", "snapshot", Relation::at_least, kReadAim}},
                               {Phase::read, {"snapshot", "none"}},
                               {Phase::erase, {"libpmemobj", "snapshot", Relation::at_least, kChangeAim}},
                               {Phase::erase, {"snapshot", "none"}}});
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::linked_list); }
