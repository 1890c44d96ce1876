// btree: a B-tree of order 8 in a mapped file, with insertion, deletion and rebalancing.
//
// Shows a data structure whose every change touches several nodes. The program maps far more than the file
// holds and extends the file as the tree grows, so that nothing ever moves.
//
//   btree run   index.btree 100000 42     insert, update and delete, msync every 512 operations
//   btree check index.btree 42            order, depth, fill and links; every key and value; no node lost
//   btree dump  index.btree               all keys in order
//
// Compiled with cc, a kill amidst a split or a merge leaves a tree without some of its keys, or with some of
// them twice. Compiled with snapcc, the file is always as some msync left it. The tree itself is in
// btree_nodes.c.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "btree_nodes.h"
#include "example.h"

enum { GROWTH_BYTES = 64 * 1024, MAPPED_BYTES = 256 * 1024 * 1024, KEY_MAX = 20000, DEPTH_MAX = 40 };

static const uint64_t btree_magic = UINT64_C(0x6565727462);

// Operation i deletes its key if that is there, or inserts it or replaces its value.
struct operation {
  bool erase;
  uint64_t key, value;
};

static struct operation operation_number(uint64_t i, uint64_t seed) {
  uint64_t number = random_number(seed, i);
  // Long stretches that mostly insert alternate with some that mostly delete: nodes split, then merge again.
  uint64_t erasures_in_16 = i / 16384 % 2 == 0 ? 4 : 11;
  return (struct operation){(number >> 32) % 16 < erasures_in_16, number % KEY_MAX, number ^ i};
}

static void apply(struct btree_file *file) {
  struct operation operation = operation_number(file->counter, file->seed);
  if (operation.erase) {
    btree_erase(file, operation.key);
  } else {
    btree_put(file, operation.key, operation.value);
  }
  file->counter++;
}

static struct btree_file *map_btree(int fd) {
  void *address = mmap(NULL, MAPPED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) quit(EXIT_USAGE, "mmap: %m");
  return address;
}

static void commit(const struct options *options, struct btree_file *file) {
  if (msync(file, file->bytes, MS_SYNC) != 0) quit(EXIT_USAGE, "msync: %m");
  report_progress(options, file->counter);
}

static void make_room(struct btree_file *file, int fd) {
  if (file->bytes - file->fresh >= btree_room_needed()) return;
  if (file->bytes + GROWTH_BYTES > MAPPED_BYTES) quit(EXIT_USAGE, "the tree does not fit");
  if (ftruncate(fd, (off_t)(file->bytes + GROWTH_BYTES)) != 0) quit(EXIT_USAGE, "ftruncate: %m");
  file->bytes += GROWTH_BYTES;
}

static void run(const struct options *options, int fd, uint64_t file_bytes) {
  if (file_bytes == 0) {
    file_bytes = GROWTH_BYTES;
    if (ftruncate(fd, (off_t)file_bytes) != 0) quit(EXIT_USAGE, "ftruncate: %m");
  }
  struct btree_file *file = map_btree(fd);
  if (file->magic == 0) {
    *file = (struct btree_file){.seed = options->seed, .bytes = file_bytes};
    btree_initialise(file);
    file->magic = btree_magic;
  }
  if (file->magic != btree_magic || file->seed != options->seed || file->bytes != file_bytes) {
    quit(EXIT_DAMAGED, "%s: damaged, or made with another seed", options->file);
  }
  commit(options, file);
  while (file->counter < options->operations) {
    make_room(file, fd);
    apply(file);
    if (file->counter % options->commit_every == 0) commit(options, file);
  }
  commit(options, file);
  munmap(file, MAPPED_BYTES);
}

struct expected {
  bool present[KEY_MAX];
  uint64_t values[KEY_MAX];
  uint64_t keys;
};

static void replay(uint64_t seed, uint64_t counter, struct expected *expected) {
  for (uint64_t i = 0; i < counter; i++) {
    struct operation operation = operation_number(i, seed);
    bool *present = &expected->present[operation.key];
    expected->keys = expected->keys - *present + !operation.erase;
    *present = !operation.erase;
    expected->values[operation.key] = operation.value;
  }
}

struct walk {
  const struct btree_file *file;
  const struct expected *expected;  // NULL: print instead of comparing
  uint64_t nodes, keys, next_key;   // next_key: the smallest that may come
  int leaf_depth;
};

static void visit_entry(struct walk *walk, const struct btree_node *node, uint32_t i) {
  uint64_t key = node->keys[i];
  if (walk->expected == NULL) {
    printf("%" PRIu64 "\t%" PRIu64 "\n", key, node->values[i]);
  } else {
    check_is(key >= walk->next_key && key < KEY_MAX, "order of the keys", key);
    check_is(walk->expected->present[key], "a key that should not be there", key);
    check_is(walk->expected->values[key] == node->values[i], "value", key);
  }
  walk->next_key = key + 1;
  walk->keys++;
}

// In order. Offsets, fill and depth are always checked, so that a damaged file cannot lead the walk astray.
static void visit_node(struct walk *walk, uint64_t offset, int depth) {
  const struct btree_file *file = walk->file;
  bool inside = offset >= sizeof *file && (offset - sizeof *file) % sizeof(struct btree_node) == 0;
  check_is(inside && offset + sizeof(struct btree_node) <= file->fresh, "a link leads nowhere", offset);
  const struct btree_node *node = btree_node_at(file, offset);
  uint64_t nodes_used = (file->fresh - sizeof *file) / sizeof *node;
  check_is(++walk->nodes <= nodes_used && depth < DEPTH_MAX, "cycle", offset);
  bool is_root = depth == 0;
  check_is(node->count <= KEYS_MAX && node->count >= (is_root ? (node->leaf ? 0 : 1) : KEYS_MIN), "fill",
           offset);
  if (node->leaf) {
    if (walk->leaf_depth < 0) walk->leaf_depth = depth;
    check_is(walk->leaf_depth == depth, "leaves on different levels", offset);
  }
  for (uint32_t i = 0; i <= node->count; i++) {
    if (!node->leaf) visit_node(walk, node->children[i], depth + 1);
    if (i < node->count) visit_entry(walk, node, i);
  }
}

static void check(const struct options *options, const struct btree_file *file, uint64_t file_bytes) {
  check_is(file->magic == btree_magic, "magic", 0);
  check_is(file->seed == options->seed, "seed", 0);
  check_is(file->bytes == file_bytes, "the file's size is not the recorded one", file_bytes);
  check_is(file->fresh >= sizeof *file && file->fresh <= file_bytes, "end of the used nodes", file->fresh);
  static struct expected expected;
  replay(options->seed, file->counter, &expected);
  struct walk walk = {.file = file, .expected = &expected, .leaf_depth = -1};
  visit_node(&walk, file->root, 0);
  check_is(walk.keys == expected.keys, "keys missing", expected.keys - walk.keys);
  check_is(file->keys == expected.keys, "number of keys", file->keys);

  uint64_t nodes_used = (file->fresh - sizeof *file) / sizeof(struct btree_node);
  uint64_t nodes = walk.nodes;
  for (uint64_t offset = file->free_list; offset != 0;
       offset = btree_node_at(file, offset)->children[0], nodes++) {
    bool inside = offset >= sizeof *file && offset + sizeof(struct btree_node) <= file->fresh;
    check_is(inside && nodes < nodes_used, "free list", offset);
    check_is(btree_node_at(file, offset)->count == 0, "a free node has keys", offset);
  }
  check_is(nodes == nodes_used, "nodes lost", nodes_used - nodes);
  finish_check(options, file->counter);
}

static void dump(const struct btree_file *file) {
  printf("seed %" PRIu64 ", operations %" PRIu64 ", keys %" PRIu64 ", bytes %" PRIu64 "\n", file->seed,
         file->counter, file->keys, file->bytes);
  struct walk walk = {.file = file, .leaf_depth = -1};
  visit_node(&walk, file->root, 0);
}

int main(int argc, char **argv) {
  struct options options = parse_options(argc, argv, 512);
  bool running = is_command(&options, "run");
  int fd = open(options.file, running ? O_RDWR | O_CREAT : O_RDWR, 0666);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) quit(EXIT_USAGE, "%s: %m", options.file);
  uint64_t file_bytes = (uint64_t)status.st_size;
  if (running) {
    run(&options, fd, file_bytes);
  } else if (file_bytes < sizeof(struct btree_file)) {
    check_is(file_bytes == 0, "too short to be a B-tree", file_bytes);
    finish_check(&options, 0);
  } else {
    struct btree_file *file = map_btree(fd);
    if (is_command(&options, "dump")) {
      dump(file);
    } else if (file->magic == 0) {
      finish_check(&options, 0);  // killed before the first msync: nothing is there yet
    } else {
      check(&options, file, file_bytes);
    }
  }
  return 0;
}
