// linked_list: a doubly linked list in a mapped file, with its own allocator.
//
// Shows that links need no special pointers: they are offsets within the mapping, and the free list lies in
// the file as well. Nodes are inserted and deleted near both ends; the file grows by unmapping and mapping it
// again.
//
//   linked_list run   people.list 100000 42     insert and delete, msync every 512 operations
//   linked_list check people.list 42            links both ways, values, order, and that no node is lost
//   linked_list dump  people.list
//
// Each operation changes two neighbours, the node, the length and the allocator. Compiled with cc, a program
// that is killed leaves some of these stores and not the others. Compiled with snapcc, it leaves what some
// msync left.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "example.h"

struct node {
  uint64_t next, previous;  // offsets from the start of the mapping; 0: none
  uint64_t value;
  uint64_t birth;  // number of the operation that inserted it
};

struct list_file {
  uint64_t magic;  // 0 until the first msync
  uint64_t seed;
  uint64_t counter;  // operations applied
  uint64_t bytes;    // of the file
  uint64_t head, tail, length;
  uint64_t free_list;  // through next
  uint64_t fresh;      // from here on no node was ever used
  uint64_t reserved[7];
};

enum { GROWTH_BYTES = 64 * 1024, LENGTH_AIMED_AT = 4096, REACH = 64 };

static const uint64_t list_magic = UINT64_C(0x747369);

struct list {
  struct list_file *file;
  int fd;
  const struct options *options;
};

static struct node *node_at(const struct list_file *file, uint64_t offset) {
  return (struct node *)((char *)file + offset);
}

// What operation i does to a list of this length: insert or delete, and how far from which end.
struct operation {
  bool insert, from_tail;
  uint64_t distance, value;
};

static struct operation operation_number(uint64_t i, uint64_t seed, uint64_t length) {
  uint64_t number = random_number(seed, i);
  struct operation operation = {.from_tail = number >> 63 != 0, .value = number};
  operation.insert = length < 16 || number % 100 < (length < LENGTH_AIMED_AT ? 60 : 40);
  operation.distance = (number >> 32) % (length > REACH ? REACH : length + (operation.insert ? 1 : 0));
  return operation;
}

static uint64_t allocate_node(struct list_file *file) {
  uint64_t offset = file->free_list;
  if (offset != 0) {
    file->free_list = node_at(file, offset)->next;
  } else {
    offset = file->fresh;  // commit() has seen to it that there is room
    file->fresh += sizeof(struct node);
  }
  return offset;
}

static void free_node(struct list_file *file, uint64_t offset) {
  memset(node_at(file, offset), 0, sizeof(struct node));
  node_at(file, offset)->next = file->free_list;
  file->free_list = offset;
}

// The node that is `distance` away from an end, or 0 just beyond the list.
static uint64_t walk(const struct list_file *file, bool from_tail, uint64_t distance) {
  uint64_t offset = from_tail ? file->tail : file->head;
  for (; distance > 0; distance--) {
    const struct node *node = node_at(file, offset);
    offset = from_tail ? node->previous : node->next;
  }
  return offset;
}

static void link_neighbours(struct list_file *file, uint64_t previous, uint64_t next, uint64_t to_the_right,
                            uint64_t to_the_left) {
  *(previous != 0 ? &node_at(file, previous)->next : &file->head) = to_the_right;
  *(next != 0 ? &node_at(file, next)->previous : &file->tail) = to_the_left;
}

static void apply(struct list_file *file) {
  struct operation operation = operation_number(file->counter, file->seed, file->length);
  uint64_t found = walk(file, operation.from_tail, operation.distance);
  if (operation.insert) {  // before the node found when counting from the head, behind it when from the tail
    uint64_t previous =
        operation.from_tail ? found : (found != 0 ? node_at(file, found)->previous : file->tail);
    uint64_t next = operation.from_tail ? (found != 0 ? node_at(file, found)->next : file->head) : found;
    uint64_t offset = allocate_node(file);
    *node_at(file, offset) = (struct node){next, previous, operation.value, file->counter};
    link_neighbours(file, previous, next, offset, offset);
    file->length++;
  } else {
    struct node *node = node_at(file, found);
    link_neighbours(file, node->previous, node->next, node->next, node->previous);
    free_node(file, found);
    file->length--;
  }
  file->counter++;
}

static struct list_file *map_list(int fd, uint64_t bytes) {
  void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) quit(EXIT_USAGE, "mmap: %m");
  return address;
}

// Makes what was done so far durable, with room in the file for what will be done before the next time. The
// mapping may move: between two calls of msync there are only offsets.
static void commit(struct list *list) {
  struct list_file *file = list->file;
  uint64_t old_bytes = file->bytes;
  uint64_t needed = file->fresh + list->options->commit_every * sizeof(struct node);
  if (needed > old_bytes) {
    file->bytes = (needed + GROWTH_BYTES - 1) / GROWTH_BYTES * GROWTH_BYTES;
    if (ftruncate(list->fd, (off_t)file->bytes) != 0) quit(EXIT_USAGE, "ftruncate: %m");
  }
  if (msync(file, old_bytes, MS_SYNC) != 0) quit(EXIT_USAGE, "msync: %m");
  report_progress(list->options, file->counter);
  if (file->bytes != old_bytes) {
    uint64_t new_bytes = file->bytes;
    munmap(file, old_bytes);
    list->file = map_list(list->fd, new_bytes);
  }
}

static void run(const struct options *options, int fd, uint64_t file_bytes) {
  if (file_bytes == 0) {
    file_bytes = GROWTH_BYTES;
    if (ftruncate(fd, (off_t)file_bytes) != 0) quit(EXIT_USAGE, "ftruncate: %m");
  }
  struct list list = {map_list(fd, file_bytes), fd, options};
  struct list_file *file = list.file;
  if (file->magic == 0) {
    *file = (struct list_file){.seed = options->seed, .bytes = file_bytes, .fresh = sizeof *file};
    file->magic = list_magic;
  }
  if (file->magic != list_magic || file->seed != options->seed || file->bytes != file_bytes) {
    quit(EXIT_DAMAGED, "%s: damaged, or made with another seed", options->file);
  }
  commit(&list);
  while (list.file->counter < options->operations) {
    apply(list.file);
    if (list.file->counter % options->commit_every == 0) commit(&list);
  }
  commit(&list);
  munmap(list.file, list.file->bytes);
}

// The same operations on a plain array, which is what the list is compared with.
static uint64_t *replay(uint64_t seed, uint64_t counter, uint64_t *length) {
  uint64_t *values = calloc(counter + 1, sizeof *values);
  if (values == NULL) quit(EXIT_USAGE, "no memory to replay %" PRIu64 " operations", counter);
  *length = 0;
  for (uint64_t i = 0; i < counter; i++) {
    struct operation operation = operation_number(i, seed, *length);
    uint64_t end = operation.insert ? *length : *length - 1;
    uint64_t place = operation.from_tail ? end - operation.distance : operation.distance;
    uint64_t *at = values + place;
    if (operation.insert) {
      memmove(at + 1, at, (*length - place) * sizeof *values);
      *at = operation.value;
      ++*length;
    } else {
      memmove(at, at + 1, (*length - place - 1) * sizeof *values);
      --*length;
    }
  }
  return values;
}

static void check_offset(const struct list_file *file, uint64_t offset, const char *what) {
  bool aligned = offset >= sizeof *file && (offset - sizeof *file) % sizeof(struct node) == 0;
  check_is(aligned && offset < file->fresh, what, offset);
}

static void check(const struct options *options, const struct list_file *file, uint64_t file_bytes) {
  check_is(file->magic == list_magic, "magic", 0);
  check_is(file->seed == options->seed, "seed", 0);
  check_is(file->bytes == file_bytes, "the file's size is not the recorded one", file_bytes);
  check_is(file->fresh >= sizeof *file && file->fresh <= file_bytes, "end of the used nodes", file->fresh);
  uint64_t nodes_used = (file->fresh - sizeof *file) / sizeof(struct node);
  check_is(file->counter >= nodes_used, "more nodes than operations", nodes_used);

  uint64_t length;
  uint64_t *values = replay(options->seed, file->counter, &length);
  check_is(file->length == length, "length", file->length);
  uint64_t offset = file->head, previous = 0;
  for (uint64_t i = 0; i < length; i++) {
    check_offset(file, offset, "a link leads nowhere");
    const struct node *node = node_at(file, offset);
    check_is(node->previous == previous, "link to the previous node", offset);
    check_is(node->value == values[i], "value", offset);
    check_is(node->birth < file->counter && random_number(file->seed, node->birth) == node->value, "birth",
             offset);
    previous = offset;
    offset = node->next;
  }
  check_is(offset == 0, "the list goes on behind its end", offset);
  check_is(file->tail == previous, "tail", file->tail);
  free(values);

  uint64_t free_nodes = 0;
  for (offset = file->free_list; offset != 0; offset = node_at(file, offset)->next, free_nodes++) {
    check_offset(file, offset, "a link of the free list leads nowhere");
    check_is(free_nodes < nodes_used, "cycle in the free list", offset);
    check_is(node_at(file, offset)->previous == 0 && node_at(file, offset)->value == 0, "free node", offset);
  }
  check_is(length + free_nodes == nodes_used, "nodes lost", nodes_used - length - free_nodes);
  finish_check(options, file->counter);
}

static void dump(const struct list_file *file) {
  printf("seed %" PRIu64 ", operations %" PRIu64 ", length %" PRIu64 ", bytes %" PRIu64 "\n", file->seed,
         file->counter, file->length, file->bytes);
  uint64_t offset = file->head;
  for (uint64_t i = 0; i < file->length && offset != 0; i++, offset = node_at(file, offset)->next) {
    const struct node *node = node_at(file, offset);
    printf("@%" PRIu64 "\t%" PRIu64 "\tinserted by operation %" PRIu64 "\n", offset, node->value,
           node->birth);
  }
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
  } else if (file_bytes < sizeof(struct list_file)) {
    check_is(file_bytes == 0, "too short to be a list", file_bytes);
    finish_check(&options, 0);
  } else {
    struct list_file *file = map_list(fd, file_bytes);
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
