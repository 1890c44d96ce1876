// Records behind their count in a mapped file; for crash_test.sh and crash_states.sh, with bugs to order.
//
//   counted_records run FILE RECORDS   appends until there are so many, each with an msync; prints each count
//   counted_records check FILE         exit status 1 unless there is a record for each that is counted
//
// -DEARLY_MSYNC  commits the count before the record that it counts
// -DNO_MSYNC     says that a record is there, but leaves the commit to the next one
// -DBESIDE       writes the number of each record to a file beside it, which is not mapped, before the commit
// -DNO_FSYNC     likewise, without a sync of that file
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BYTES = 1 << 20, ROOM = BYTES / 64 - 1 };

struct record {
  uint64_t number, words[7];
};
struct records {
  uint64_t count, unused[7];
  struct record record[ROOM];
};

static void commit(struct records *file) {
  if (msync(file, BYTES, MS_SYNC) != 0) perror("msync"), exit(2);
}

// Into FILE.beside, by a name that is there only when it has contents.
#if defined(BESIDE) || defined(NO_FSYNC)
static int beside = -1;
static void open_beside(const char *file) {
  char made[4096], name[4096];
  snprintf(made, sizeof made, "%s.made", file);
  snprintf(name, sizeof name, "%s.beside", file);
  uint64_t none = 0;
  beside = open(made, O_RDWR | O_CREAT | O_TRUNC, 0644);
  if (beside < 0 || write(beside, &none, sizeof none) != sizeof none || fsync(beside) != 0 ||
      rename(made, name) != 0)
    perror(name), exit(2);
}
static void write_beside(uint64_t number) {
  if (pwrite(beside, &number, sizeof number, 0) != sizeof number) perror("pwrite"), exit(2);
#if !defined(NO_FSYNC)
  if (fsync(beside) != 0) perror("fsync"), exit(2);
#endif
}
#else
static void open_beside(const char *file) { (void)file; }
static void write_beside(uint64_t number) { (void)number; }
#endif

static void append(struct records *file) {
  uint64_t number = file->count + 1;
  struct record record = {number, {number, number, number, number, number, number, number}};
#if defined(EARLY_MSYNC)
  file->count = number;
  commit(file);
  file->record[number - 1] = record;
  commit(file);
#elif defined(NO_MSYNC)
  if (number % 2 == 1) commit(file);
  file->record[number - 1] = record;
  file->count = number;
#else
  write_beside(number);
  file->record[number - 1] = record;
  file->count = number;
  commit(file);
#endif
  printf("%lu\n", (unsigned long)number);
  fflush(stdout);
}

static int check(const struct records *file) {
  for (uint64_t i = 0; i < file->count; i++) {
    const struct record *record = &file->record[i];
    if (record->number != i + 1 || record->words[6] != i + 1) {
      printf("record %lu of %lu is missing\n", (unsigned long)i + 1, (unsigned long)file->count);
      return 1;
    }
  }
  printf("%lu\n", (unsigned long)file->count);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int running = strcmp(argv[1], "run") == 0;
  int fd = open(argv[2], running ? O_RDWR | O_CREAT : O_RDONLY, 0644);
  if (fd < 0 || (running && ftruncate(fd, BYTES) != 0)) perror(argv[2]), exit(2);
  if (running) open_beside(argv[2]);
  struct stat status;
  if (fstat(fd, &status) != 0 || status.st_size < BYTES)
    return puts("0") < 0;  // killed before it had its size
  struct records *file = mmap(NULL, BYTES, running ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
  if (file == MAP_FAILED) perror("mmap"), exit(2);
  if (!running) return check(file);
  while (argc > 3 && file->count < strtoull(argv[3], NULL, 10)) append(file);
  return munmap(file, BYTES);
}
