// btree: random keys are inserted, all are read depth-first, and they are deleted in the order of insertion.
// Compiled once for each backend, by defining BENCH_BACKEND as the header to include.
#include BENCH_BACKEND

#include "harness/structure_worker.h"
#include "workloads/btree/tree.h"

int main(int argc, char **argv) { return bench::structure_worker<bench::Backend, bench::Tree>(argc, argv); }
