// The instructions, and the machine that executes them.
#ifndef BENCH_INTERPRETER_MACHINE_H
#define BENCH_INTERPRETER_MACHINE_H

#include "object.h"

// Operands follow the instruction: a byte (index) or two (16-bit, low byte first).
typedef enum {
  PUSH_CONSTANT,  // index16
  PUSH_NIL,
  PUSH_TRUE,
  PUSH_FALSE,
  LOAD_LOCAL,     // index8: slot in the frame
  STORE_LOCAL,    // index8; the value stays
  LOAD_CAPTURED,  // index8
  LOAD_GLOBAL,    // index16
  STORE_GLOBAL,   // index16; the value stays
  POP,
  SLIDE,          // count8: drops so many values below the top one
  JUMP,           // distance16, forwards from the next instruction
  JUMP_IF_FALSE,  // distance16; takes the condition
  LOOP,           // distance16, backwards
  CALL,           // count8: arguments, above the callee
  RETURN,
  MAKE_CLOSURE,  // index16 of the function; its captured values are on the stack
  ADD,
  SUBTRACT,
  MULTIPLY,
  DIVIDE,
  MODULO,
  LESS,
  LESS_EQUAL,
  EQUAL,
  NOT,
  FLOOR,
  SQRT,
  NEW_ARRAY,  // of a number of items
  NEW_TABLE,
  GET,  // array and number, table and key, text and number
  PUT,  // the same and a value, which stays
  LENGTH,
  TO_TEXT,
  JOIN,
} Instruction;

// Runs a function without arguments and returns its value.
Value run(const Function *function);

#endif
