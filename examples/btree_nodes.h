// The B-tree's nodes in the mapped file, and what can be done with them; see btree.c for the program.
#ifndef EXAMPLES_BTREE_NODES_H
#define EXAMPLES_BTREE_NODES_H

#include <stdbool.h>
#include <stdint.h>

enum {
  CHILDREN_MAX = 8,
  KEYS_MAX = CHILDREN_MAX - 1,
  CHILDREN_MIN = CHILDREN_MAX / 2,
  KEYS_MIN = CHILDREN_MIN - 1
};

struct btree_node {
  uint32_t count;  // of keys; one child more, unless it is a leaf
  uint32_t leaf;
  uint64_t keys[KEYS_MAX];
  uint64_t values[KEYS_MAX];
  uint64_t children[CHILDREN_MAX];  // offsets from the start of the mapping
};

struct btree_file {
  uint64_t magic;  // 0 until the first msync
  uint64_t seed;
  uint64_t counter;    // operations applied
  uint64_t bytes;      // of the file; the mapping reaches beyond
  uint64_t root;       // offset of a node, always there
  uint64_t keys;       // in the whole tree
  uint64_t free_list;  // through children[0]
  uint64_t fresh;      // from here on no node was ever used
};

static inline struct btree_node *btree_node_at(const struct btree_file *file, uint64_t offset) {
  return (struct btree_node *)((char *)file + offset);
}

// Makes an empty tree in a file whose header but for bytes is zero.
void btree_initialise(struct btree_file *file);

// Inserts the key or replaces its value. The file must have room for a new node on each level and two more:
// btree_room_needed() bytes behind `fresh`.
void btree_put(struct btree_file *file, uint64_t key, uint64_t value);
uint64_t btree_room_needed(void);

// Removes the key; false if it is not there.
bool btree_erase(struct btree_file *file, uint64_t key);

// The place of the key's value, or NULL.
uint64_t *btree_find(struct btree_file *file, uint64_t key);

#endif
