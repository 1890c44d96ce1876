// The functions of libstdc++.so that link nodes of std::map, std::set and their multi kinds, and of
// std::list. They are not templates, so the pass never sees them, and they write to nodes that their
// arguments do not name. So this library stands in front of them with its own, which mark each link and each
// colour that they set. Nothing behind them is called: a plugin may bring its libstdc++ along, where no
// look-up from here would find it.
//
// The layout of the nodes is libstdc++'s ABI. libc++ has no such functions: there all of it is templates.
//
// The tree is a red-black tree with a header: its parent is the root, its children are the first and the last
// node. The two sides are mirror images of each other, so children are numbered: 0 left, 1 right.
#include "interpose/written.h"

namespace snapshot {
namespace {

enum Color : int { kRed = 0, kBlack = 1 };

struct TreeNode {
  Color color;
  TreeNode *parent;
  TreeNode *child[2];
};
static_assert(sizeof(TreeNode) == 32);

struct ListNode {
  ListNode *next, *previous;
};

template <typename T>
void set(T &field, T value) {
  field = value;
  written_object(&field);
}

bool is_black(const TreeNode *node) { return node == nullptr || node->color == kBlack; }

// Puts `now`, which may be null, in the place that its parent or the header has for `old`.
void replace_child(TreeNode *old, TreeNode *now, TreeNode &header) {
  TreeNode *parent = old->parent;
  if (header.parent == old)
    set(header.parent, now);
  else
    set(parent->child[parent->child[1] == old], now);
  if (now != nullptr) set(now->parent, parent);
}

// The node goes down to this side, its other child comes up.
void rotate(TreeNode *node, int side, TreeNode &header) {
  TreeNode *up = node->child[!side], *moved = up->child[side];
  set(node->child[!side], moved);
  if (moved != nullptr) set(moved->parent, node);
  replace_child(node, up, header);
  set(up->child[side], node);
  set(node->parent, up);
}

TreeNode *outermost(TreeNode *node, int side) {
  while (node->child[side] != nullptr) node = node->child[side];
  return node;
}

void rebalance_after_insertion(TreeNode *node, TreeNode &header) {
  while (node != header.parent && node->parent->color == kRed) {
    TreeNode *grandparent = node->parent->parent;
    const int side = node->parent == grandparent->child[1];
    TreeNode *uncle = grandparent->child[!side];
    if (!is_black(uncle)) {
      set(node->parent->color, kBlack);
      set(uncle->color, kBlack);
      set(grandparent->color, kRed);
      node = grandparent;
      continue;
    }
    if (node == node->parent->child[!side]) {
      node = node->parent;
      rotate(node, side, header);
    }
    set(node->parent->color, kBlack);
    set(grandparent->color, kRed);
    rotate(grandparent, !side, header);
  }
  set(header.parent->color, kBlack);
}

// `node`, which may be null, stands where a black node was taken out below `parent`.
void rebalance_after_removal(TreeNode *node, TreeNode *parent, TreeNode &header) {
  while (node != header.parent && is_black(node)) {
    const int side = node == parent->child[0] ? 0 : 1;
    TreeNode *sibling = parent->child[!side];
    if (sibling->color == kRed) {
      set(sibling->color, kBlack);
      set(parent->color, kRed);
      rotate(parent, side, header);
      sibling = parent->child[!side];
    }
    if (is_black(sibling->child[0]) && is_black(sibling->child[1])) {
      set(sibling->color, kRed);
      node = parent;
      parent = parent->parent;
      continue;
    }
    if (is_black(sibling->child[!side])) {
      set(sibling->child[side]->color, kBlack);
      set(sibling->color, kRed);
      rotate(sibling, !side, header);
      sibling = parent->child[!side];
    }
    set(sibling->color, parent->color);
    set(parent->color, kBlack);
    if (sibling->child[!side] != nullptr) set(sibling->child[!side]->color, kBlack);
    rotate(parent, side, header);
    break;
  }
  if (node != nullptr) set(node->color, kBlack);
}

// Takes out a node with at most one child, `child`.
void splice_out(TreeNode *node, TreeNode *child, TreeNode &header) {
  replace_child(node, child, header);
  for (int side = 0; side < 2; ++side)
    if (header.child[side] == node)
      set(header.child[side], child == nullptr ? node->parent : outermost(child, side));
}

// The successor takes the place and the colour of `node`, which has two children; the successor's child takes
// the successor's place. Returns the parent of that place.
TreeNode *put_successor(TreeNode *node, TreeNode *successor) {
  set(node->child[0]->parent, successor);
  set(successor->child[0], node->child[0]);
  TreeNode *parent = successor;
  if (successor != node->child[1]) {
    parent = successor->parent;
    TreeNode *child = successor->child[1];
    if (child != nullptr) set(child->parent, parent);
    set(parent->child[0], child);
    set(successor->child[1], node->child[1]);
    set(node->child[1]->parent, successor);
  }
  return parent;
}

}  // namespace

#define SNAPSHOT_CXX_FUNCTION(Result, name, parameters, symbol)                             \
  extern "C" __attribute__((visibility("default"))) Result name parameters __asm__(symbol); \
  Result name parameters

SNAPSHOT_CXX_FUNCTION(void, tree_insert, (bool left, TreeNode *node, TreeNode *parent, TreeNode &header),
                      "_ZSt29_Rb_tree_insert_and_rebalancebPSt18_Rb_tree_node_baseS0_RS_") {
  const int side = left ? 0 : 1;
  *node = {kRed, parent, {nullptr, nullptr}};
  written_object(node);
  set(parent->child[side], node);
  if (parent == &header) {
    set(header.parent, node);
    set(header.child[!side], node);
  } else if (parent == header.child[side]) {
    set(header.child[side], node);
  }
  rebalance_after_insertion(node, header);
}

// Returns the node, which is in the tree no more.
SNAPSHOT_CXX_FUNCTION(TreeNode *, tree_erase, (TreeNode * node, TreeNode &header),
                      "_ZSt28_Rb_tree_rebalance_for_erasePSt18_Rb_tree_node_baseRS_") {
  TreeNode *child, *parent;
  Color lost = node->color;
  if (node->child[0] != nullptr && node->child[1] != nullptr) {
    TreeNode *successor = outermost(node->child[1], 0);
    child = successor->child[1];
    lost = successor->color;
    parent = put_successor(node, successor);
    replace_child(node, successor, header);
    set(successor->color, node->color);
  } else {
    child = node->child[node->child[0] == nullptr];
    parent = node->parent;
    splice_out(node, child, header);
  }
  if (lost == kBlack) rebalance_after_removal(child, parent, header);
  return node;
}

SNAPSHOT_CXX_FUNCTION(void, list_hook, (ListNode * node, ListNode *before),
                      "_ZNSt8__detail15_List_node_base7_M_hookEPS0_") {
  *node = {before, before->previous};
  written_object(node);
  set(before->previous->next, node);
  set(before->previous, node);
}

SNAPSHOT_CXX_FUNCTION(void, list_unhook, (ListNode * node), "_ZNSt8__detail15_List_node_base9_M_unhookEv") {
  set(node->previous->next, node->next);
  set(node->next->previous, node->previous);
}

// Moves [first, end) before the node.
SNAPSHOT_CXX_FUNCTION(void, list_transfer, (ListNode * node, ListNode *first, ListNode *end),
                      "_ZNSt8__detail15_List_node_base11_M_transferEPS0_S1_") {
  if (node == end) return;
  ListNode *last = end->previous;
  set(first->previous->next, end);
  set(end->previous, first->previous);
  set(node->previous->next, first);
  set(first->previous, node->previous);
  set(last->next, node);
  set(node->previous, last);
}

// Of a header: its first becomes its last.
SNAPSHOT_CXX_FUNCTION(void, list_reverse, (ListNode * header),
                      "_ZNSt8__detail15_List_node_base10_M_reverseEv") {
  ListNode *node = header;
  do {
    ListNode *next = node->next;
    set(node->next, node->previous);
    set(node->previous, next);
    node = next;
  } while (node != header);
}

// Exchanges what two headers lead to. One that leads to itself is empty.
SNAPSHOT_CXX_FUNCTION(void, list_swap, (ListNode & a, ListNode &b),
                      "_ZNSt8__detail15_List_node_base4swapERS0_S1_") {
  const ListNode was_a = a, was_b = b;
  const auto take = [](ListNode &header, const ListNode &links, const ListNode *empty) {
    if (links.next == empty) {
      set(header.next, &header);
      set(header.previous, &header);
      return;
    }
    set(header.next, links.next);
    set(header.previous, links.previous);
    set(links.next->previous, &header);
    set(links.previous->next, &header);
  };
  take(a, was_b, &b);
  take(b, was_a, &a);
}

}  // namespace snapshot
