// What the comparing programs of btree share.
#pragma once
#include "backends/file_image.h"
#include "harness/structures.h"
#include "workloads/btree/tree.h"

namespace bench {

inline Contents tree_in_file(const std::string &path, std::uint64_t count_max) {
  FileImage image(path);
  Tree<FileImage> tree(image);
  tree.make();
  return tree.contents(count_max);
}

inline const StructureWorkload kBTree = {
    "btree", "a B-tree of order 8", "random inserts", "depth-first read", "deletes", tree_in_file};

}  // namespace bench
