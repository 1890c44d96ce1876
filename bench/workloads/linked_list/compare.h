// What the comparing programs of linked_list share.
#pragma once
#include "backends/file_image.h"
#include "harness/structures.h"
#include "workloads/linked_list/list.h"

namespace bench {

inline Contents list_in_file(const std::string &path, std::uint64_t count_max) {
  FileImage image(path);
  List<FileImage> list(image);
  list.make();
  return list.contents(count_max);
}

inline const StructureWorkload kLinkedList = {"linked_list", "a singly linked list", "insert at tail",
                                              "traverse",    "delete at head",       list_in_file};

}  // namespace bench
