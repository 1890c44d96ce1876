// linked_list: values are inserted at the tail, the list is traversed, and nodes are deleted at the head.
// Compiled once for each backend, by defining BENCH_BACKEND as the header to include.
#include BENCH_BACKEND

#include "harness/structure_worker.h"
#include "workloads/linked_list/list.h"

int main(int argc, char **argv) { return bench::structure_worker<bench::Backend, bench::List>(argc, argv); }
