// array_append: a growing array in a mapped file.
//
// Shows the smallest program that a kill can break: an element, the number of elements and their sum belong
// together, and the file grows (ftruncate, mremap) as the array does.
//
//   array_append run   numbers.array 1000000 42     append until there are a million, msync every 4096
//   array_append check numbers.array 42             compare every element, the count and the sum
//   array_append dump  numbers.array
//
// Compiled with cc, the kernel writes pages back whenever it likes, so a program that is killed between two
// calls of msync leaves whatever it had stored by then: a part of a batch, perhaps a count without its sum.
// Compiled with snapcc, the file is always as some msync left it, its size included.
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "example.h"

enum { GROWTH_BYTES = 64 * 1024 };

struct array_file {
  uint64_t magic;  // 0 until the first msync
  uint64_t seed;
  uint64_t count;
  uint64_t sum;
  uint64_t bytes;  // of the file
  uint64_t elements[];
};

static const uint64_t array_magic = UINT64_C(0x7961727261);

static struct array_file *map_array(int fd, uint64_t bytes) {
  void *address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) quit(EXIT_USAGE, "mmap: %m");
  return address;
}

static void commit(const struct options *options, struct array_file *array) {
  if (msync(array, array->bytes, MS_SYNC) != 0) quit(EXIT_USAGE, "msync %s: %m", options->file);
  report_progress(options, array->count);
}

static struct array_file *grow(int fd, struct array_file *array) {
  uint64_t old_bytes = array->bytes, new_bytes = old_bytes + GROWTH_BYTES;
  if (ftruncate(fd, (off_t)new_bytes) != 0) quit(EXIT_USAGE, "ftruncate: %m");
  array = mremap(array, old_bytes, new_bytes, MREMAP_MAYMOVE);
  if (array == MAP_FAILED) quit(EXIT_USAGE, "mremap: %m");
  array->bytes = new_bytes;
  return array;
}

static void run(const struct options *options, int fd, uint64_t file_bytes) {
  if (file_bytes == 0) {
    file_bytes = GROWTH_BYTES;
    if (ftruncate(fd, (off_t)file_bytes) != 0) quit(EXIT_USAGE, "ftruncate: %m");
  }
  struct array_file *array = map_array(fd, file_bytes);
  if (array->magic == 0) {
    array->seed = options->seed;
    array->bytes = file_bytes;
    array->magic = array_magic;
  }
  if (array->magic != array_magic || array->seed != options->seed || array->bytes != file_bytes) {
    quit(EXIT_DAMAGED, "%s: damaged, or made with another seed", options->file);
  }
  commit(options, array);
  while (array->count < options->operations) {
    if (sizeof *array + (array->count + 1) * sizeof(uint64_t) > array->bytes) array = grow(fd, array);
    uint64_t element = random_number(options->seed, array->count);
    array->elements[array->count] = element;
    array->sum += element;
    array->count++;
    if (array->count % options->commit_every == 0) commit(options, array);
  }
  commit(options, array);
  munmap(array, array->bytes);
}

static void check(const struct options *options, const struct array_file *array, uint64_t file_bytes) {
  check_is(array->magic == array_magic, "magic", 0);
  check_is(array->seed == options->seed, "seed", 0);
  check_is(array->bytes == file_bytes, "the file's size is not the recorded one", file_bytes);
  check_is(array->count <= (file_bytes - sizeof *array) / sizeof(uint64_t), "more elements than fit",
           array->count);
  uint64_t sum = 0;
  for (uint64_t i = 0; i < array->count; i++) {
    check_is(array->elements[i] == random_number(options->seed, i), "element", i);
    sum += array->elements[i];
  }
  check_is(array->sum == sum, "sum", array->count);
  // Growth comes with the append that needs it, so the size says how many elements there are, give or take a
  // step.
  uint64_t needed = sizeof *array + array->count * sizeof(uint64_t);
  check_is(file_bytes - needed < GROWTH_BYTES, "the file has grown for an element that is not there",
           file_bytes);
  finish_check(options, array->count);
}

static void dump(const struct array_file *array) {
  printf("seed %" PRIu64 ", count %" PRIu64 ", sum %" PRIu64 ", bytes %" PRIu64 "\n", array->seed,
         array->count, array->sum, array->bytes);
  for (uint64_t i = 0; i < array->count; i++) printf("%" PRIu64 "\n", array->elements[i]);
}

int main(int argc, char **argv) {
  struct options options = parse_options(argc, argv, 4096);
  bool running = is_command(&options, "run");
  int fd = open(options.file, running ? O_RDWR | O_CREAT : O_RDWR, 0666);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) != 0) quit(EXIT_USAGE, "%s: %m", options.file);
  uint64_t file_bytes = (uint64_t)status.st_size;
  if (running) {
    run(&options, fd, file_bytes);
  } else if (file_bytes < sizeof(struct array_file)) {
    check_is(file_bytes == 0, "too short to be an array", file_bytes);
    finish_check(&options, 0);
  } else {
    struct array_file *array = map_array(fd, file_bytes);
    if (is_command(&options, "dump")) {
      dump(array);
    } else if (array->magic == 0) {
      finish_check(&options, 0);  // killed before the first msync: nothing is there yet
    } else {
      check(&options, array, file_bytes);
    }
  }
  return 0;
}
