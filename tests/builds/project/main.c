// ledger test FILE          the self-test: makes 40 transfers in a file, in lives that end in a kill, and
// checks
//                           the file after each
// ledger check FILE LEAST   the file is whole, and has at least so many transfers
// Exit status 0, or 1 with words.
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger.h"

static long steps_left = -1;
static void step(void) {
  if (steps_left > 0 && --steps_left == 0) kill(getpid(), SIGKILL);
}

static struct ledger *open_ledger(const char *path) {
  const int fd = open(path, O_RDWR | O_CREAT, 0644);
  if (fd < 0 || ftruncate(fd, sizeof(struct ledger)) != 0) return NULL;
  struct ledger *ledger = mmap(NULL, sizeof *ledger, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return ledger == MAP_FAILED ? NULL : ledger;
}

static int commit(struct ledger *ledger) { return msync(ledger, sizeof *ledger, MS_SYNC); }

static uint64_t next_random(uint64_t seed) {
  seed = (seed + 1) * 6364136223846793005u;
  return seed ^ seed >> 29;
}

/* Makes transfers until the file has so many, commits each, and then writes to said how many there are. */
static int run(const char *path, uint64_t transfers, int said) {
  struct ledger *ledger = open_ledger(path);
  if (ledger == NULL) return perror(path), 1;
  if (ledger->sum == 0) ledger_create(ledger);
  if (commit(ledger) != 0) return perror("msync"), 1;
  while (ledger->transfers < transfers) {
    ledger_move(ledger, next_random(ledger->transfers), step);
    if (commit(ledger) != 0) return perror("msync"), 1;
    const uint64_t transfers_made = ledger->transfers;
    if (pwrite(said, &transfers_made, sizeof transfers_made, 0) != sizeof transfers_made) return 1;
    step();
  }
  return munmap(ledger, sizeof *ledger) == 0 ? 0 : 1;
}

static int check(const char *path, uint64_t least) {
  struct ledger *ledger = open_ledger(path);
  if (ledger == NULL) return perror(path), 1;
  /* Killed before the first commit. */
  if (ledger->sum == 0 && least == 0 && ledger->transfers == 0) return 0;
  const char *problem = ledger_problem(ledger);
  if (problem != NULL) return printf("%s: %s\n", path, problem), 1;
  if (ledger->transfers < least)
    return printf("%s: %lu transfers, but %lu were acknowledged\n", path, (unsigned long)ledger->transfers,
                  (unsigned long)least),
           1;
  return 0;
}

static int in_child(int (*body)(const char *, uint64_t, int), const char *path, uint64_t transfers,
                    int said) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    const int result = body(path, transfers, said);
    fflush(stdout);
    _exit(result); /* profiles are its parent's to write */
  }
  int status;
  return waitpid(child, &status, 0) == child ? status : -1;
}

static int check_in_child(const char *path, uint64_t least, int unused) {
  (void)unused;
  return check(path, least);
}

static int test(const char *path) {
  FILE *file = tmpfile();
  if (file == NULL) return perror("tmpfile"), 1;
  const int said = fileno(file);
  uint64_t acknowledged = 0;
  int kills = 0;
  /* Each life goes on where the one before was killed, and is killed some steps further on. */
  for (long life = 1; acknowledged < 40; ++life) {
    steps_left = life % 29 + 1;
    const int status = in_child(run, path, 40, said);
    kills += WIFSIGNALED(status);
    if (WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : WEXITSTATUS(status) != 0)
      return printf("run: status %d\n", status), 1;
    if (pread(said, &acknowledged, sizeof acknowledged, 0) != sizeof acknowledged) acknowledged = 0;
    steps_left = -1;
    if (in_child(check_in_child, path, acknowledged, said) != 0) return 1;
    if (life > 1000) return puts("it never comes to an end"), 1;
  }
  printf("%lu transfers, %d kills\n", (unsigned long)acknowledged, kills);
  return kills < 10;
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "check") == 0) return check(argv[2], strtoul(argv[3], NULL, 10));
  if (argc == 3 && strcmp(argv[1], "test") == 0) return test(argv[2]);
  fputs("usage: ledger test FILE | check FILE LEAST\n", stderr);
  return 2;
}
