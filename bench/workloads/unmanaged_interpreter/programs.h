// The programs that the interpreter runs. Each text ends with a parenthesis too many: a program is a block.
#ifndef BENCH_INTERPRETER_PROGRAMS_H
#define BENCH_INTERPRETER_PROGRAMS_H

typedef struct {
  const char *name;
  const char *text;
} Program;

extern const Program programs[];  // the last one has no name

#endif
