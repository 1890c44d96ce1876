// Stores to FILE, tracked and untracked, and commits: what SNAPSHOT_AUDIT says and does is up to audit.sh.
//   audit FILE       four commits
//   audit FILE THREADS   threads that store and commit at once, all tracked
//   audit FILE held|missed|missed-to-the-end   a thread is held in the middle of a loop that is marked when
//   it has
//       ended, by a page of its source that is not there (userfaultfd); meanwhile others commit. missed: and
//       store untracked, and let it go on; missed-to-the-end: and exit. 77 if there is no userfaultfd.
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <snapshot/snapshot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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

// To the second half of the file, from two pages of which the second is missing.
static long *source;
enum { words = 2 * page / sizeof(long) };

static void *fill(void *argument) {
  long *restrict to = (long *)(base + pages / 2 * page);
  const long *restrict from = source;
  for (int i = 0; i < words; ++i) to[i] = 3 * from[i] + 1;
  return argument;
}

static int missing_page(void *at) {
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register range = {{(unsigned long)at, page}, UFFDIO_REGISTER_MODE_MISSING, 0};
  const int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | 1 /* UFFD_USER_MODE_ONLY */);
  if (fd < 0 || ioctl(fd, UFFDIO_API, &api) != 0 || ioctl(fd, UFFDIO_REGISTER, &range) != 0) exit(77);
  return fd;
}

static void hold_a_loop(const char *what) {
  pthread_t filler;
  struct uffd_msg held;
  source = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  source[0] = 1;
  const int fd = missing_page((char *)source + page);
  if (pthread_create(&filler, NULL, fill, NULL) != 0) exit(3);
  if (read(fd, &held, sizeof held) != sizeof held) exit(3);
  // It has stored what the first page gave, and marked none of it.
  if (((volatile long *)(base + pages / 2 * page))[page / sizeof(long) / 2] != 1) exit(3);
  for (int i = 0; i < 3; ++i) commit();
  if (strcmp(what, "held") != 0) {
    store_untracked(base + 3 * page + 100, "missed");
    commit();
    commit();
  }
  if (strcmp(what, "missed-to-the-end") == 0) return;
  struct uffdio_zeropage there = {{(unsigned long)source + page, page}, 0, 0};
  if (ioctl(fd, UFFDIO_ZEROPAGE, &there) != 0) exit(3);
  pthread_join(filler, NULL);
  commit();
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  const int fd = open(argv[1], O_RDWR | O_CREAT, 0600);
  if (fd < 0 || ftruncate(fd, pages * page) != 0) return 3;
  base = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (base == MAP_FAILED) return 3;
  if (argc > 2 && atoi(argv[2]) == 0) {
    hold_a_loop(argv[2]);
  } else if (argc > 2) {
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
