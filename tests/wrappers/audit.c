// Stores to FILE, tracked and untracked, and commits: what SNAPSHOT_AUDIT says and does is up to audit.sh.
//   audit FILE       four commits
//   audit FILE THREADS   threads that store and commit at once, all tracked
#include <fcntl.h>
#include <pthread.h>
#include <snapshot/snapshot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "untracked.h"

enum { page = 4096, pages = 64 };
static char *base;

static void commit(void) {
  if (msync(base, pages * page, MS_SYNC) != 0) {
    perror("msync");
    exit(3);
  }
}

static void *store_and_commit(void *argument) {
  long *mine = (long *)(base + *(int *)argument * 8);
  for (int i = 0; i < 20000; ++i) {
    mine[(i % 500) * 64] = i;
    if (i % 100 == 0) commit();
  }
  return NULL;
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  const int fd = open(argv[1], O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, pages * page) != 0) return 3;
  base = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return 3;
  if (argc > 2) {
    const int count = atoi(argv[2]);
    pthread_t threads[8];
    int number[8];
    if (count < 1 || count > 8) return 2;
    for (int i = 0; i < count; ++i) {
      number[i] = i;
      if (pthread_create(&threads[i], NULL, store_and_commit, &number[i]) != 0) return 3;
    }
    for (int i = 0; i < count; ++i) pthread_join(threads[i], NULL);
  } else {
    strcpy(base, "tracked");
    store_untracked(base + 3 * page + 100, "missed");
    commit();
    base[page] = 't';
    commit();
    store_untracked(base + 3 * page + 100, "MISSED");
    store_untracked(base + pages * page - 4, "end!");
    commit();
    store_untracked(base + 200, "in a line that is dirty");
    base[210] = 'x';
    commit();
  }
  snapshot_statistics statistics;
  if (snapshot_get_statistics(&statistics, sizeof statistics) != 0) return 3;
  printf("untracked lines: %llu\n", (unsigned long long)statistics.lines_untracked);
  return 0;
}
