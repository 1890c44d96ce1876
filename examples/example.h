// What the C examples share: command line, a deterministic stream of numbers, progress reports, and how they
// fail. None of it touches the mapped file; the mmap and msync calls are in each example itself.
//
//   NAME run   FILE OPERATIONS SEED [--commit-every N] [--progress FD]
//   NAME check FILE SEED [--commit-every N]
//   NAME dump  FILE
//
// `run` continues a file until it holds OPERATIONS operations and calls msync whenever their number is a
// multiple of N, and at the end. Operation i is a function of (SEED, i) and of the state that operations
// 0..i-1 left, so `check` can compute what the file must hold; with N it also asks whether it stopped where
// an msync was called. Exit status: 0 all is well; 1 the file is damaged; 2 usage or environment; 3 the file
// is sound, but not as any msync left it.
#ifndef EXAMPLES_EXAMPLE_H
#define EXAMPLES_EXAMPLE_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_DAMAGED = 1, EXIT_USAGE = 2, EXIT_NOT_COMMITTED = 3 };

struct options {
  const char *command, *file;
  uint64_t operations, seed, commit_every;
  int progress_fd;  // -1: no reports
};

__attribute__((format(printf, 2, 3), noreturn)) static inline void quit(int status, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fputc('\n', stderr);
  exit(status);
}

// The i-th number of the stream that the seed names (splitmix64).
static inline uint64_t random_number(uint64_t seed, uint64_t i) {
  uint64_t z = seed * UINT64_C(0xD1342543DE82EF95) + (i + 1) * UINT64_C(0x9E3779B97F4A7C15);
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

// Tells whoever holds the other end of the descriptor that the msync after this many operations has returned.
static inline void report_progress(const struct options *options, uint64_t counter) {
  if (options->progress_fd >= 0 && dprintf(options->progress_fd, "%" PRIu64 "\n", counter) < 0) {
    quit(EXIT_USAGE, "progress: %m");
  }
}

static inline uint64_t parse_number(const char *text) {
  char *end;
  uint64_t number = strtoull(text, &end, 0);
  if (*text == '\0' || *text == '-' || *end != '\0') quit(EXIT_USAGE, "not a number: %s", text);
  return number;
}

static inline struct options parse_options(int argc, char **argv, uint64_t default_commit_every) {
  struct options options = {NULL, NULL, 0, 0, 0, -1};
  const char *positional[5] = {0};
  int count = 0;
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--commit-every") == 0 && i + 1 < argc) {
      options.commit_every = parse_number(argv[++i]);
    } else if (strcmp(argv[i], "--progress") == 0 && i + 1 < argc) {
      options.progress_fd = (int)parse_number(argv[++i]);
    } else if (count < 4 && argv[i][0] != '-') {
      positional[count++] = argv[i];
    } else {
      count = 5;
    }
  }
  const char *command = count > 0 ? positional[0] : "";
  bool run = strcmp(command, "run") == 0, check = strcmp(command, "check") == 0,
       dump = strcmp(command, "dump") == 0;
  if (!((run && count == 4) || (check && count == 3) || (dump && count == 2))) {
    quit(EXIT_USAGE,
         "usage: %s run FILE OPERATIONS SEED [--commit-every N] [--progress FD]\n"
         "       %s check FILE SEED [--commit-every N]\n       %s dump FILE",
         argv[0], argv[0], argv[0]);
  }
  if (run && options.commit_every == 0) options.commit_every = default_commit_every;
  options.command = command;
  options.file = positional[1];
  if (run) options.operations = parse_number(positional[2]);
  if (run || check) options.seed = parse_number(positional[run ? 3 : 2]);
  return options;
}

static inline bool is_command(const struct options *options, const char *name) {
  return strcmp(options->command, name) == 0;
}

static inline void check_is(bool holds, const char *what, uint64_t where) {
  if (!holds) quit(EXIT_DAMAGED, "damaged: %s (at %" PRIu64 ")", what, where);
}

// The last step of every check: everything in the file fits the counter; is the counter one that an msync
// left?
static inline void finish_check(const struct options *options, uint64_t counter) {
  printf("%" PRIu64 "\n", counter);
  if (options->commit_every != 0 && counter % options->commit_every != 0) {
    quit(EXIT_NOT_COMMITTED, "not as any msync left it: %" PRIu64 " operations, not a multiple of %" PRIu64,
         counter, options->commit_every);
  }
}

#endif
