// Memory of the interpreter: allocation, the collector, and the operations on texts and tables.
#ifndef BENCH_INTERPRETER_HEAP_H
#define BENCH_INTERPRETER_HEAP_H

#include "object.h"

// What the collector starts from; the machine and the compiler keep it up to date.
typedef struct {
  Value *stack, *stack_top;
  Value *globals;
  uint32_t global_count;
} Roots;  // and all functions with their constants
extern Roots roots;

// May collect: whatever the caller still needs must be reachable from the roots.
Array *new_array(uint32_t count);
Table *new_table(void);
Function *new_function(void);
Closure *new_closure(const Function *function);

Text *text_of(const char *bytes, size_t length);  // the one text with these bytes
Text *join(const Text *a, const Text *b);
Text *text_of_number(double number);

Value table_get(const Table *table, Value key);
void table_put(Table *table, Value key, Value value);

// Bytes allocated in all and collections made: printed, so that they can be compared between builds.
extern uint64_t bytes_allocated, collections;

#endif
