// btree_disk: the same tree on disks, against other ways to make it durable. See bench/README.md.
#include "workloads/btree/compare.h"

int main(int argc, char **argv) {
  return bench::run_program(argc, argv, [](const bench::Options &options) {
    bench::compare_structure_on_disks(options, bench::kBTree);
  });
}
