// Values and objects of the interpreter. Everything lives in malloc'd memory and is collected by mark and
// sweep; values are 16 bytes, a tag and a payload, like Lua's.
#ifndef BENCH_INTERPRETER_OBJECT_H
#define BENCH_INTERPRETER_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { NIL, BOOLEAN, NUMBER, OBJECT } Tag;
typedef enum { TEXT, ARRAY, TABLE, FUNCTION, CLOSURE } Kind;

typedef struct Object {
  Kind kind;
  bool reached;
  struct Object *next;  // all objects
} Object;

typedef struct {
  Tag tag;
  union {
    bool boolean;
    double number;
    Object *object;
  } as;
} Value;

typedef struct {
  Object object;
  uint32_t hash;
  uint32_t length;
  char bytes[];
} Text;

typedef struct {
  Object object;
  uint32_t count;
  Value *items;
} Array;

typedef struct {
  Value key, value;  // an unused entry has the key NIL
} Entry;

typedef struct {
  Object object;
  uint32_t count, capacity;  // capacity: 0 or a power of two
  Entry *entries;
} Table;

typedef struct {
  Object object;
  uint32_t arity, captures;
  uint32_t code_bytes, constant_count;
  uint8_t *code;
  Value *constants;
} Function;

typedef struct {
  Object object;
  const Function *function;
  Value captured[];
} Closure;

static inline Value nil(void) { return (Value){.tag = NIL}; }
static inline Value of_bool(bool b) { return (Value){.tag = BOOLEAN, .as.boolean = b}; }
static inline Value of_number(double n) { return (Value){.tag = NUMBER, .as.number = n}; }
static inline Value of_object(void *o) { return (Value){.tag = OBJECT, .as.object = (Object *)o}; }
static inline bool is_true(Value v) { return v.tag == BOOLEAN ? v.as.boolean : v.tag != NIL; }

static inline bool equal(Value a, Value b) {
  if (a.tag != b.tag) return false;
  switch (a.tag) {
    case NIL:
      return true;
    case BOOLEAN:
      return a.as.boolean == b.as.boolean;
    case NUMBER:
      return a.as.number == b.as.number;
    case OBJECT:
      break;
  }
  return a.as.object == b.as.object;  // texts are interned
}

// The object behind v, which must be of that kind: a wrong one is an error in the interpreted program.
void *expect(Value v, Kind kind);

_Noreturn void program_error(const char *what);

#endif
