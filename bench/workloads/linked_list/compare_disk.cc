// linked_list_disk: the same list on disks, against other ways to make it durable. See bench/README.md.
#include "workloads/linked_list/compare.h"

int main(int argc, char **argv) {
  return bench::run_program(argc, argv, [](const bench::Options &options) {
    bench::compare_structure_on_disks(options, bench::kLinkedList);
  });
}
