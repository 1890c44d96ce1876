// A B-tree of order 8: at most 8 children, at least 4 except in the root, all leaves on one level. Insertion
// splits full nodes on the way down; deletion tops up sparse ones on the way down; so neither has to come
// back up.
#include "btree_nodes.h"

#include <string.h>

enum { LEVELS_MAX = 24 };  // 4^24 keys would not fit in any file

uint64_t btree_room_needed(void) { return (LEVELS_MAX + 2) * sizeof(struct btree_node); }

static uint64_t allocate_node(struct btree_file *file, bool leaf) {
  uint64_t offset = file->free_list;
  if (offset != 0) {
    file->free_list = btree_node_at(file, offset)->children[0];
  } else {
    offset = file->fresh;
    file->fresh += sizeof(struct btree_node);
  }
  *btree_node_at(file, offset) = (struct btree_node){.leaf = leaf};
  return offset;
}

static void free_node(struct btree_file *file, uint64_t offset) {
  *btree_node_at(file, offset) = (struct btree_node){.children = {file->free_list}};
  file->free_list = offset;
}

void btree_initialise(struct btree_file *file) {
  file->fresh = sizeof *file;
  file->root = allocate_node(file, true);
}

// The first key that is not smaller.
static uint32_t lower_bound(const struct btree_node *node, uint64_t key) {
  uint32_t i = 0;
  while (i < node->count && node->keys[i] < key) i++;
  return i;
}

static bool has_key_at(const struct btree_node *node, uint32_t i, uint64_t key) {
  return i < node->count && node->keys[i] == key;
}

uint64_t *btree_find(struct btree_file *file, uint64_t key) {
  struct btree_node *node = btree_node_at(file, file->root);
  for (;;) {
    uint32_t i = lower_bound(node, key);
    if (has_key_at(node, i, key)) return &node->values[i];
    if (node->leaf) return NULL;
    node = btree_node_at(file, node->children[i]);
  }
}

// Moves the entries from `from` on to where `to` is, in the same node or another one. Children are moved by
// the caller.
static void move_entries(struct btree_node *target, uint32_t to, const struct btree_node *source,
                         uint32_t from, uint32_t count) {
  memmove(&target->keys[to], &source->keys[from], count * sizeof target->keys[0]);
  memmove(&target->values[to], &source->values[from], count * sizeof target->values[0]);
}

static void move_children(struct btree_node *target, uint32_t to, const struct btree_node *source,
                          uint32_t from, uint32_t count) {
  memmove(&target->children[to], &source->children[from], count * sizeof target->children[0]);
}

static void open_gap(struct btree_node *node, uint32_t i) {
  move_entries(node, i + 1, node, i, node->count - i);
  node->count++;
}

static void close_gap(struct btree_node *node, uint32_t i) {
  move_entries(node, i, node, i + 1, node->count - i - 1);
  node->count--;
}

static void set_entry(struct btree_node *target, uint32_t to, const struct btree_node *source,
                      uint32_t from) {
  target->keys[to] = source->keys[from];
  target->values[to] = source->values[from];
}

// Splits the full i-th child: its middle entry goes up into the parent, which is not full.
static void split_child(struct btree_file *file, struct btree_node *parent, uint32_t i) {
  struct btree_node *left = btree_node_at(file, parent->children[i]);
  uint64_t right_offset = allocate_node(file, left->leaf != 0);
  struct btree_node *right = btree_node_at(file, right_offset);
  move_entries(right, 0, left, KEYS_MIN + 1, KEYS_MIN);
  if (!left->leaf) move_children(right, 0, left, CHILDREN_MIN, CHILDREN_MIN);
  right->count = KEYS_MIN;
  left->count = KEYS_MIN;
  move_children(parent, i + 2, parent, i + 1, parent->count - i);
  parent->children[i + 1] = right_offset;
  open_gap(parent, i);
  set_entry(parent, i, left, KEYS_MIN);
}

void btree_put(struct btree_file *file, uint64_t key, uint64_t value) {
  uint64_t *found = btree_find(file, key);
  if (found != NULL) {
    *found = value;
    return;
  }
  if (btree_node_at(file, file->root)->count == KEYS_MAX) {
    uint64_t old_root = file->root;
    file->root = allocate_node(file, false);
    btree_node_at(file, file->root)->children[0] = old_root;
    split_child(file, btree_node_at(file, file->root), 0);
  }
  struct btree_node *node = btree_node_at(file, file->root);
  while (!node->leaf) {
    uint32_t i = lower_bound(node, key);
    if (btree_node_at(file, node->children[i])->count == KEYS_MAX) {
      split_child(file, node, i);
      if (node->keys[i] < key) i++;
    }
    node = btree_node_at(file, node->children[i]);
  }
  uint32_t i = lower_bound(node, key);
  open_gap(node, i);
  node->keys[i] = key;
  node->values[i] = value;
  file->keys++;
}

static void borrow_from_left(struct btree_file *file, struct btree_node *parent, uint32_t i) {
  struct btree_node *child = btree_node_at(file, parent->children[i]);
  struct btree_node *left = btree_node_at(file, parent->children[i - 1]);
  if (!child->leaf) {
    move_children(child, 1, child, 0, child->count + 1);
    child->children[0] = left->children[left->count];
  }
  open_gap(child, 0);
  set_entry(child, 0, parent, i - 1);
  set_entry(parent, i - 1, left, left->count - 1);
  left->count--;
}

static void borrow_from_right(struct btree_file *file, struct btree_node *parent, uint32_t i) {
  struct btree_node *child = btree_node_at(file, parent->children[i]);
  struct btree_node *right = btree_node_at(file, parent->children[i + 1]);
  set_entry(child, child->count, parent, i);
  set_entry(parent, i, right, 0);
  child->count++;
  if (!child->leaf) {
    child->children[child->count] = right->children[0];
    move_children(right, 0, right, 1, right->count);
  }
  close_gap(right, 0);
}

// Merges the i-th child, the i-th entry and the child to its right, both children being as sparse as can be.
static void merge_children(struct btree_file *file, struct btree_node *parent, uint32_t i) {
  struct btree_node *left = btree_node_at(file, parent->children[i]);
  uint64_t right_offset = parent->children[i + 1];
  struct btree_node *right = btree_node_at(file, right_offset);
  set_entry(left, left->count, parent, i);
  move_entries(left, left->count + 1, right, 0, right->count);
  if (!left->leaf) move_children(left, left->count + 1, right, 0, right->count + 1);
  left->count += right->count + 1;
  move_children(parent, i + 1, parent, i + 2, parent->count - i - 1);
  close_gap(parent, i);
  free_node(file, right_offset);
}

// Sees to it that the i-th child can lose an entry. Returns the index of the child that covers its keys now.
static uint32_t top_up_child(struct btree_file *file, struct btree_node *parent, uint32_t i) {
  if (btree_node_at(file, parent->children[i])->count > KEYS_MIN) return i;
  if (i > 0 && btree_node_at(file, parent->children[i - 1])->count > KEYS_MIN) {
    borrow_from_left(file, parent, i);
  } else if (i < parent->count && btree_node_at(file, parent->children[i + 1])->count > KEYS_MIN) {
    borrow_from_right(file, parent, i);
  } else {
    if (i == parent->count) i--;
    merge_children(file, parent, i);
  }
  return i;
}

// Removes the smallest or the greatest entry below this node, which can lose one, and puts it into target's
// i-th.
static void move_extreme_up(struct btree_file *file, struct btree_node *node, bool greatest,
                            struct btree_node *target, uint32_t i) {
  while (!node->leaf) {
    uint32_t child = top_up_child(file, node, greatest ? node->count : 0);
    node = btree_node_at(file, node->children[child]);
  }
  uint32_t found = greatest ? node->count - 1 : 0;
  set_entry(target, i, node, found);
  close_gap(node, found);
}

static void erase_below(struct btree_file *file, struct btree_node *node, uint64_t key) {
  for (;;) {
    uint32_t i = lower_bound(node, key);
    if (!has_key_at(node, i, key)) {
      i = top_up_child(file, node, i);
      node = btree_node_at(file, node->children[i]);
      continue;
    }
    if (node->leaf) {
      close_gap(node, i);
      return;
    }
    struct btree_node *left = btree_node_at(file, node->children[i]);
    struct btree_node *right = btree_node_at(file, node->children[i + 1]);
    if (left->count > KEYS_MIN) {
      move_extreme_up(file, left, true, node, i);
      return;
    }
    if (right->count > KEYS_MIN) {
      move_extreme_up(file, right, false, node, i);
      return;
    }
    merge_children(file, node, i);
    node = left;
  }
}

bool btree_erase(struct btree_file *file, uint64_t key) {
  if (btree_find(file, key) == NULL) return false;
  uint64_t root_offset = file->root;
  struct btree_node *root = btree_node_at(file, root_offset);
  erase_below(file, root, key);
  if (root->count == 0 && !root->leaf) {
    file->root = root->children[0];
    free_node(file, root_offset);
  }
  file->keys--;
  return true;
}
