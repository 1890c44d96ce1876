// The nodes of the B-tree, order 8: at most 8 children, at least 4 except in the root; all leaves on one
// level. What is done within a node, or between neighbours; the callers have declared what changes.
#pragma once
#include <algorithm>
#include <cstdint>

namespace bench {

template <template <typename> typename Reference>
struct TreeNode {
  static constexpr std::uint32_t kChildrenMax = 8, kEntriesMax = kChildrenMax - 1;
  static constexpr std::uint32_t kEntriesMin = kChildrenMax / 2 - 1;
  struct Entry {
    std::uint64_t key, value;
  };

  std::uint32_t count;  // of entries; one child more, unless it is a leaf
  std::uint32_t leaf;
  Entry entries[kEntriesMax];
  Reference<TreeNode> children[kChildrenMax];

  // The first entry whose key is not smaller.
  std::uint32_t lower_bound(std::uint64_t key) const {
    std::uint32_t i = 0;
    while (i < count && entries[i].key < key) ++i;
    return i;
  }
  bool has_at(std::uint32_t i, std::uint64_t key) const { return i < count && entries[i].key == key; }

  void insert_entry(std::uint32_t i, Entry entry) {
    std::copy_backward(entries + i, entries + count, entries + count + 1);
    entries[i] = entry;
    ++count;
  }
  void remove_entry(std::uint32_t i) {
    std::copy(entries + i + 1, entries + count, entries + i);
    --count;
  }
  // Of a node that has `all` children.
  void insert_child(std::uint32_t i, Reference<TreeNode> child, std::uint32_t all) {
    std::copy_backward(children + i, children + all, children + all + 1);
    children[i] = child;
  }
  void remove_child(std::uint32_t i, std::uint32_t all) {
    std::copy(children + i + 1, children + all, children + i);
  }

  // Moves the upper part to an empty node, but for the middle entry, which it drops and returns.
  Entry split_to(TreeNode &right) {
    std::copy(entries + kEntriesMin + 1, entries + kEntriesMax, right.entries);
    if (!leaf) std::copy(children + kEntriesMin + 1, children + kChildrenMax, right.children);
    right.leaf = leaf;
    right.count = count = kEntriesMin;
    return entries[kEntriesMin];
  }
  // Takes over the entry that stood between them, and everything of its neighbour.
  void merge_with(Entry between, const TreeNode &right) {
    entries[count] = between;
    std::copy(right.entries, right.entries + right.count, entries + count + 1);
    if (!leaf) std::copy(right.children, right.children + right.count + 1, children + count + 1);
    count += right.count + 1;
  }
};

}  // namespace bench
