#include "compile.h"

#include <stdlib.h>
#include <string.h>

#include "heap.h"
#include "machine.h"

typedef struct {
  const char *text;
  size_t length;
} Name;

// A function that is being compiled.
typedef struct Scope {
  struct Scope *outer;
  Function *function;
  Name locals[256];  // by slot; length 0: a nameless temporary
  Name captured[256];
  uint32_t depth;  // values on the stack, from slot 0
} Scope;

#define GLOBALS_MAX 1024
static Name global_names[GLOBALS_MAX];
static const char *at;  // in the program text

static void expression(Scope *s);

// --- reading
static void skip_space(void) {
  for (;; ++at) {
    if (*at == ';')
      while (*at != '\n') ++at;
    if (*at == 0 || strchr(" \t\n", *at) == NULL) return;
  }
}

static bool next_is(char c) {
  skip_space();
  return *at == c;
}

static void take(char c) {
  if (!next_is(c)) program_error("a parenthesis is missing");
  ++at;
}

static Name word(void) {
  skip_space();
  const char *begin = at;
  at += strcspn(at, " \t\n();");
  if (at == begin) program_error("a word is missing");
  return (Name){begin, (size_t)(at - begin)};
}

static bool is(Name a, const char *b) { return strlen(b) == a.length && memcmp(a.text, b, a.length) == 0; }
static bool same(Name a, Name b) { return a.length == b.length && memcmp(a.text, b.text, a.length) == 0; }

// --- emitting
static void *grown(void *memory, uint32_t count, size_t size) {
  // Doubled whenever the count is a power of two.
  if ((count & (count - 1)) != 0) return memory;
  memory = realloc(memory, size * (count == 0 ? 1 : 2 * (size_t)count));
  if (memory == NULL) abort();
  return memory;
}

static void byte(Scope *s, uint32_t value) {
  Function *f = s->function;
  f->code = grown(f->code, f->code_bytes, 1);
  f->code[f->code_bytes++] = (uint8_t)value;
}

static void byte2(Scope *s, uint32_t value) {
  byte(s, value & 255);
  byte(s, value >> 8);
}

// An instruction that leaves `effect` more values on the stack.
static void emit(Scope *s, Instruction instruction, int effect) {
  byte(s, (uint32_t)instruction);
  s->depth = (uint32_t)((int)s->depth + effect);
}

static uint32_t constant(Scope *s, Value value) {
  Function *f = s->function;
  for (uint32_t i = 0; i < f->constant_count; ++i)
    if (equal(f->constants[i], value)) return i;
  f->constants = grown(f->constants, f->constant_count, sizeof(Value));
  f->constants[f->constant_count] = value;
  return f->constant_count++;
}

static uint32_t emit_jump(Scope *s, Instruction instruction, int effect) {
  emit(s, instruction, effect);
  byte2(s, 0);
  return s->function->code_bytes;
}

static void land(Scope *s, uint32_t jump) {
  const uint32_t distance = s->function->code_bytes - jump;
  s->function->code[jump - 2] = distance & 255;
  s->function->code[jump - 1] = (uint8_t)(distance >> 8);
}

// --- names
static int local_slot(const Scope *s, Name name) {
  for (int i = (int)s->depth - 1; i >= 0; --i)
    if (same(s->locals[i], name)) return i;
  return -1;
}

// Index among the captured values; adds one if an outer function has the name.
static int capture(Scope *s, Name name) {
  for (uint32_t i = 0; i < s->function->captures; ++i)
    if (same(s->captured[i], name)) return (int)i;
  for (const Scope *o = s->outer; o != NULL; o = o->outer)
    if (local_slot(o, name) >= 0) {
      s->captured[s->function->captures] = name;
      return (int)s->function->captures++;
    }
  return -1;
}

static uint32_t global(Name name) {
  for (uint32_t i = 0; i < roots.global_count; ++i)
    if (same(global_names[i], name)) return i;
  if (roots.global_count == GLOBALS_MAX) program_error("too many globals");
  roots.globals[roots.global_count] = nil();
  global_names[roots.global_count] = name;
  return roots.global_count++;
}

static void load(Scope *s, Name name) {
  const int slot = local_slot(s, name);
  const int captured = slot < 0 ? capture(s, name) : -1;
  if (slot >= 0) {
    emit(s, LOAD_LOCAL, 1);
    byte(s, (uint32_t)slot);
  } else if (captured >= 0) {
    emit(s, LOAD_CAPTURED, 1);
    byte(s, (uint32_t)captured);
  } else {
    emit(s, LOAD_GLOBAL, 1);
    byte2(s, global(name));
  }
}

static void store(Scope *s, Name name) {
  const int slot = local_slot(s, name);
  if (slot >= 0) {
    emit(s, STORE_LOCAL, 0);
    byte(s, (uint32_t)slot);
  } else {
    emit(s, STORE_GLOBAL, 0);
    byte2(s, global(name));
  }
}

// --- forms
// Expressions up to the closing parenthesis; leaves the value of the last. Locals end here.
static void block(Scope *s) {
  const uint32_t before = s->depth;
  bool pending = false;
  while (!next_is(')')) {
    if (pending) emit(s, POP, -1);
    const char *begin = at;
    pending = true;
    if (*at == '(') {
      ++at;
      if (is(word(), "let")) {
        const Name name = word();
        expression(s);
        s->locals[s->depth - 1] = name;
        pending = false;
        take(')');
        continue;
      }
      at = begin;
    }
    expression(s);
  }
  take(')');
  if (!pending) emit(s, PUSH_NIL, 1);
  const uint32_t locals = s->depth - before - 1;
  if (locals == 0) return;
  emit(s, SLIDE, -(int)locals);
  byte(s, locals);
}

// Parameters and body; leaves the closure.
static void function(Scope *outer) {
  Scope *s = calloc(1, sizeof *s);
  if (s == NULL) abort();
  s->outer = outer;
  s->function = new_function();
  s->depth = 1;  // the callee
  take('(');
  while (!next_is(')')) {
    s->locals[s->depth++] = word();
    ++s->function->arity;
  }
  take(')');
  block(s);
  emit(s, RETURN, 0);
  for (uint32_t i = 0; i < s->function->captures; ++i) load(outer, s->captured[i]);
  emit(outer, MAKE_CLOSURE, 1 - (int)s->function->captures);
  byte2(outer, constant(outer, of_object(s->function)));
  free(s);
}

static void if_form(Scope *s) {
  expression(s);
  const uint32_t otherwise = emit_jump(s, JUMP_IF_FALSE, -1);
  expression(s);
  const uint32_t end = emit_jump(s, JUMP, -1);
  land(s, otherwise);
  expression(s);
  land(s, end);
  take(')');
}

static void and_or_form(Scope *s, bool is_and) {
  expression(s);
  const uint32_t when_false = emit_jump(s, JUMP_IF_FALSE, -1);
  is_and ? expression(s) : emit(s, PUSH_TRUE, 1);
  const uint32_t end = emit_jump(s, JUMP, -1);
  land(s, when_false);
  is_and ? emit(s, PUSH_FALSE, 1) : expression(s);
  land(s, end);
  take(')');
}

static void while_form(Scope *s) {
  const uint32_t begin = s->function->code_bytes;
  expression(s);
  const uint32_t exit = emit_jump(s, JUMP_IF_FALSE, -1);
  block(s);
  emit(s, POP, -1);
  emit(s, LOOP, 0);
  byte2(s, s->function->code_bytes + 2 - begin);
  land(s, exit);
  emit(s, PUSH_NIL, 1);
}

static const struct {
  const char *name;
  Instruction instruction;
  int operands;
} operators[] = {
    {"+", ADD, 2},           {"-", SUBTRACT, 2},  {"*", MULTIPLY, 2},    {"/", DIVIDE, 2},
    {"%", MODULO, 2},        {"<", LESS, 2},      {"<=", LESS_EQUAL, 2}, {"=", EQUAL, 2},
    {"not", NOT, 1},         {"floor", FLOOR, 1}, {"sqrt", SQRT, 1},     {"array", NEW_ARRAY, 1},
    {"table", NEW_TABLE, 0}, {"get", GET, 2},     {"put", PUT, 3},       {"length", LENGTH, 1},
    {"to-text", TO_TEXT, 1}, {"join", JOIN, 2},
};

static bool operator_form(Scope *s, Name head) {
  for (size_t i = 0; i < sizeof operators / sizeof *operators; ++i) {
    if (!is(head, operators[i].name)) continue;
    for (int k = 0; k < operators[i].operands; ++k) expression(s);
    emit(s, operators[i].instruction, 1 - operators[i].operands);
    take(')');
    return true;
  }
  return false;
}

static void set_form(Scope *s) {
  const Name name = word();
  expression(s);
  store(s, name);
  take(')');
}

static void call_form(Scope *s, const char *begin) {
  at = begin;
  expression(s);
  uint32_t arguments = 0;
  for (; !next_is(')'); ++arguments) expression(s);
  take(')');
  emit(s, CALL, -(int)arguments);
  byte(s, arguments);
}

static void form(Scope *s) {
  take('(');
  const char *begin = at;
  const Name head = *at == '(' ? (Name){"", 0} : word();
  if (is(head, "do")) {
    block(s);
  } else if (is(head, "if")) {
    if_form(s);
  } else if (is(head, "and") || is(head, "or")) {
    and_or_form(s, is(head, "and"));
  } else if (is(head, "while")) {
    while_form(s);
  } else if (is(head, "set")) {
    set_form(s);
  } else if (is(head, "lambda")) {
    function(s);
  } else if (is(head, "fn")) {
    const Name name = word();
    function(s);
    store(s, name);
  } else if (!operator_form(s, head)) {
    call_form(s, begin);
  }
}

static void literal(Scope *s, Value value) {
  emit(s, PUSH_CONSTANT, 1);
  byte2(s, constant(s, value));
}

static void expression(Scope *s) {
  s->locals[s->depth] = (Name){"", 0};
  if (next_is('(')) {
    form(s);
    return;
  }
  if (*at == '"') {
    const char *begin = ++at;
    at += strcspn(at, "\"");
    literal(s, of_object(text_of(begin, (size_t)(at - begin))));
    ++at;
    return;
  }
  const Name name = word();
  char *end = NULL;
  const double number = strtod(name.text, &end);
  if (end == name.text + name.length) {
    literal(s, of_number(number));
  } else if (is(name, "nil")) {
    emit(s, PUSH_NIL, 1);
  } else if (is(name, "true") || is(name, "false")) {
    emit(s, is(name, "true") ? PUSH_TRUE : PUSH_FALSE, 1);
  } else {
    load(s, name);
  }
}

Function *compile(const char *program) {
  roots.globals = calloc(GLOBALS_MAX, sizeof(Value));
  Scope *s = calloc(1, sizeof *s);
  if (s == NULL || roots.globals == NULL) abort();
  s->function = new_function();
  s->depth = 1;
  at = program;
  block(s);
  emit(s, RETURN, 0);
  Function *function_made = s->function;
  free(s);
  return function_made;
}
