// A B-tree of order 8, for every backend, and for the comparing process, which reads it in the file.
// Insertion splits full nodes on the way down; deletion tops up sparse ones on the way down; so neither has
// to come back up.
#pragma once
#include <cstdint>

#include "harness/random.h"
#include "harness/structure_contents.h"
#include "workloads/btree/node.h"

namespace bench {

template <typename Backend>
class Tree {
  template <typename T>
  using Reference = typename Backend::template Reference<T>;
  using Node = TreeNode<Backend::template Reference>;
  using Place = Reference<Node>;
  struct Root {
    Place top;
  };

 public:
  static constexpr std::uint64_t kNodeBytes = sizeof(Node);
  static std::uint64_t nodes_for(std::uint64_t values) { return values / Node::kEntriesMin + 64; }

  explicit Tree(Backend &backend) : backend_(backend) {}
  void make() { root_ = backend_.template root<Root>(); }

  // The key must not be there.
  void insert(std::uint64_t key) {
    if (root_->top == nullptr) {
      set_top(new_node(true));
    } else if (root_->top->count == Node::kEntriesMax) {
      Place top = new_node(false);
      top->children[0] = root_->top;
      set_top(top);
      split_child(top, 0);
    }
    Place node = root_->top;
    while (!node->leaf) {
      std::uint32_t i = node->lower_bound(key);
      if (node->children[i]->count == Node::kEntriesMax) {
        split_child(node, i);
        if (node->entries[i].key < key) ++i;
      }
      node = node->children[i];
    }
    backend_.will_change(node);
    node->insert_entry(node->lower_bound(key), {key, ~key});
  }

  bool erase(std::uint64_t key) {
    if (root_->top == nullptr) return false;
    const bool found = erase_below(root_->top, key);
    if (Place top = root_->top; top->count == 0) {
      set_top(top->leaf ? Place{} : top->children[0]);
      backend_.release(top);
    }
    return found;
  }

  std::uint64_t read() const { return root_->top == nullptr ? 0 : sum_below(root_->top); }

  // Intact: keys ascend, each has its value, no node is too sparse, all leaves are on one level.
  Contents contents(std::uint64_t count_max) const {
    Walk walk{count_max};
    const bool intact = root_->top == nullptr || look_below(root_->top, 0, walk);
    return {walk.count, walk.digest.value(), intact};
  }

 private:
  static constexpr unsigned kLevelsMax = 32;  // 4^32 keys would not fit in any file
  struct Walk {
    std::uint64_t count_max, count = 0, last_key = 0;
    unsigned leaf_level = 0;  // 0: no leaf seen
    Digest digest{};
  };

  void set_top(Place node) {
    backend_.will_change(root_);
    root_->top = node;
  }
  Place new_node(bool leaf) {
    Place node = backend_.template allocate<Node>();
    node->count = 0;
    node->leaf = leaf;
    return node;
  }

  // The i-th child is full, its parent is not.
  void split_child(Place parent, std::uint32_t i) {
    Place left = parent->children[i], right = new_node(left->leaf);
    backend_.will_change(parent);
    backend_.will_change(left);
    parent->insert_child(i + 1, right, parent->count + 1);
    parent->insert_entry(i, left->split_to(*right));
  }

  // The node can lose an entry, unless it is the root.
  bool erase_below(Place node, std::uint64_t key) {
    for (;;) {
      const std::uint32_t i = node->lower_bound(key);
      const bool here = node->has_at(i, key);
      if (node->leaf) {
        if (!here) return false;
        backend_.will_change(node);
        node->remove_entry(i);
        return true;
      }
      if (!here) {
        node = node->children[top_up_child(node, i)];
      } else if (Place left = node->children[i]; left->count > Node::kEntriesMin) {
        replace_by_extreme(node, i, left, true);
        return true;
      } else if (Place right = node->children[i + 1]; right->count > Node::kEntriesMin) {
        replace_by_extreme(node, i, right, false);
        return true;
      } else {
        merge_children(node, i);
        node = left;
      }
    }
  }

  // The i-th entry becomes the greatest or the smallest one below a child, which can lose one.
  void replace_by_extreme(Place node, std::uint32_t i, Place child, bool greatest) {
    while (!child->leaf) child = child->children[top_up_child(child, greatest ? child->count : 0)];
    const std::uint32_t extreme = greatest ? child->count - 1 : 0;
    backend_.will_change(node);
    backend_.will_change(child);
    node->entries[i] = child->entries[extreme];
    child->remove_entry(extreme);
  }

  // Sees to it that the i-th child can lose an entry. Returns where its keys are now.
  std::uint32_t top_up_child(Place parent, std::uint32_t i) {
    if (parent->children[i]->count > Node::kEntriesMin) return i;
    if (i > 0 && parent->children[i - 1]->count > Node::kEntriesMin) {
      borrow_from_left(parent, i);
    } else if (i < parent->count && parent->children[i + 1]->count > Node::kEntriesMin) {
      borrow_from_right(parent, i);
    } else {
      if (i == parent->count) --i;
      merge_children(parent, i);
    }
    return i;
  }
  void borrow_from_left(Place parent, std::uint32_t i) {
    Place child = parent->children[i], left = parent->children[i - 1];
    backend_.will_change(parent);
    backend_.will_change(child);
    backend_.will_change(left);
    if (!child->leaf) child->insert_child(0, left->children[left->count], child->count + 1);
    child->insert_entry(0, parent->entries[i - 1]);
    parent->entries[i - 1] = left->entries[left->count - 1];
    left->remove_entry(left->count - 1);
  }
  void borrow_from_right(Place parent, std::uint32_t i) {
    Place child = parent->children[i], right = parent->children[i + 1];
    backend_.will_change(parent);
    backend_.will_change(child);
    backend_.will_change(right);
    child->insert_entry(child->count, parent->entries[i]);
    parent->entries[i] = right->entries[0];
    if (!child->leaf) {
      child->children[child->count] = right->children[0];
      right->remove_child(0, right->count + 1);
    }
    right->remove_entry(0);
  }
  // The i-th child, the i-th entry and the child to its right, both children as sparse as can be.
  void merge_children(Place parent, std::uint32_t i) {
    Place left = parent->children[i], right = parent->children[i + 1];
    backend_.will_change(parent);
    backend_.will_change(left);
    left->merge_with(parent->entries[i], *right);
    parent->remove_child(i + 1, parent->count + 1);
    parent->remove_entry(i);
    backend_.release(right);
  }

  std::uint64_t sum_below(Place node) const {
    std::uint64_t sum = 0;
    for (std::uint32_t i = 0; i <= node->count; ++i) {
      if (!node->leaf) sum += sum_below(node->children[i]);
      if (i < node->count) sum += node->entries[i].value;
    }
    return sum;
  }

  bool look_below(Place node, unsigned level, Walk &walk) const {
    if (level > kLevelsMax || node->count > Node::kEntriesMax) return false;
    if (level > 0 && node->count < Node::kEntriesMin) return false;
    for (std::uint32_t i = 0; i <= node->count; ++i) {
      if (!node->leaf && !look_below(node->children[i], level + 1, walk)) return false;
      if (i == node->count) break;
      const auto [key, value] = node->entries[i];
      if (walk.count == walk.count_max || (walk.count > 0 && key <= walk.last_key) || value != ~key)
        return false;
      walk.last_key = key;
      walk.digest.add(key);
      ++walk.count;
    }
    if (!node->leaf) return true;
    if (walk.leaf_level == 0) walk.leaf_level = level + 1;
    return walk.leaf_level == level + 1;
  }

  Backend &backend_;
  Reference<Root> root_{};
};

}  // namespace bench
