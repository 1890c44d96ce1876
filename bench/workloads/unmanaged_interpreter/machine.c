#include "machine.h"

#include <math.h>
#include <stdlib.h>

#include "heap.h"

#define STACK_VALUES 65536
#define FRAMES 4096

typedef struct {
  const Closure *closure;
  const uint8_t *next;  // instruction
  Value *base;          // slot 0: the callee, then arguments and locals
} Frame;

static Value stack[STACK_VALUES];
static Frame frames[FRAMES];

static double number(Value v) {
  if (v.tag != NUMBER) program_error("not a number");
  return v.as.number;
}

static uint32_t index_in(Value v, uint32_t count) {
  const double n = number(v);
  if (!(n >= 0 && n < count)) program_error("index out of range");
  return (uint32_t)n;
}

static Value get(Value from, Value key) {
  if (from.tag != OBJECT) program_error("nothing to get from");
  if (from.as.object->kind == ARRAY) {
    const Array *array = (const Array *)from.as.object;
    return array->items[index_in(key, array->count)];
  }
  if (from.as.object->kind == TEXT) {
    const Text *text = (const Text *)from.as.object;
    return of_number((uint8_t)text->bytes[index_in(key, text->length)]);
  }
  return table_get(expect(from, TABLE), key);
}

static void put(Value to, Value key, Value value) {
  if (to.tag == OBJECT && to.as.object->kind == ARRAY) {
    Array *array = (Array *)to.as.object;
    array->items[index_in(key, array->count)] = value;
  } else {
    table_put(expect(to, TABLE), key, value);
  }
}

static double length(Value v) {
  if (v.tag == OBJECT && v.as.object->kind == ARRAY) return ((const Array *)v.as.object)->count;
  if (v.tag == OBJECT && v.as.object->kind == TABLE) return ((const Table *)v.as.object)->count;
  return ((const Text *)expect(v, TEXT))->length;
}

static Value to_text(Value v) {
  if (v.tag == NUMBER) return of_object(text_of_number(v.as.number));
  return of_object(expect(v, TEXT));
}

#define BYTE() (*next++)
#define WORD() (next += 2, (uint32_t)(next[-2] | next[-1] << 8))
// Before whatever may collect, and before leaving the loop.
#define SYNC() (roots.stack_top = top)
// Bytes that do nothing, before each jump to the next instruction: for another layout of the same program.
#ifdef BENCH_PADDING
#define PAD() __asm__ volatile(".nops %c0" : : "i"(BENCH_PADDING))
#else
#define PAD() ((void)0)
#endif
#define ARITHMETIC(make, expression)                       \
  do {                                                     \
    const double a = number(top[-2]), b = number(top[-1]); \
    --top;                                                 \
    top[-1] = make(expression);                            \
  } while (0)

Value run(const Function *function) {
  Value *top = roots.stack = roots.stack_top = stack;
  Frame *frame = frames;
  const Closure *closure = new_closure(function);
  const uint8_t *next = function->code;
  Value *base = top;
  *top++ = of_object((void *)closure);

  for (;;) {
    PAD();
    switch ((Instruction)BYTE()) {
      case PUSH_CONSTANT:
        *top++ = closure->function->constants[WORD()];
        break;
      case PUSH_NIL:
        *top++ = nil();
        break;
      case PUSH_TRUE:
        *top++ = of_bool(true);
        break;
      case PUSH_FALSE:
        *top++ = of_bool(false);
        break;
      case LOAD_LOCAL:
        *top++ = base[BYTE()];
        break;
      case STORE_LOCAL:
        base[BYTE()] = top[-1];
        break;
      case LOAD_CAPTURED:
        *top++ = closure->captured[BYTE()];
        break;
      case LOAD_GLOBAL:
        *top++ = roots.globals[WORD()];
        break;
      case STORE_GLOBAL:
        roots.globals[WORD()] = top[-1];
        break;
      case POP:
        --top;
        break;
      case SLIDE: {
        const uint32_t count = BYTE();
        top[-1 - (ptrdiff_t)count] = top[-1];
        top -= count;
        break;
      }
      case JUMP: {
        const uint32_t distance = WORD();
        next += distance;
        break;
      }
      case JUMP_IF_FALSE: {
        const uint32_t distance = WORD();
        if (!is_true(*--top)) next += distance;
        break;
      }
      case LOOP: {
        const uint32_t distance = WORD();
        next -= distance;
        break;
      }
      case CALL: {
        const uint32_t count = BYTE();
        Value *callee = top - count - 1;
        if (frame + 1 == frames + FRAMES || top + 256 > stack + STACK_VALUES)
          program_error("the stack is full");
        *frame++ = (Frame){closure, next, base};
        closure = expect(*callee, CLOSURE);
        if (closure->function->arity != count) program_error("wrong number of arguments");
        base = callee;
        next = closure->function->code;
        break;
      }
      case RETURN: {
        const Value result = top[-1];
        if (frame == frames) return result;
        top = base;
        *top++ = result;
        --frame;
        closure = frame->closure;
        next = frame->next;
        base = frame->base;
        break;
      }
      case MAKE_CLOSURE: {
        const Function *made = expect(closure->function->constants[WORD()], FUNCTION);
        SYNC();
        Closure *new = new_closure(made);
        top -= made->captures;
        for (uint32_t i = 0; i < made->captures; ++i) new->captured[i] = top[i];
        *top++ = of_object(new);
        break;
      }
      case ADD:
        ARITHMETIC(of_number, a + b);
        break;
      case SUBTRACT:
        ARITHMETIC(of_number, a - b);
        break;
      case MULTIPLY:
        ARITHMETIC(of_number, a * b);
        break;
      case DIVIDE:
        ARITHMETIC(of_number, a / b);
        break;
      case MODULO:
        ARITHMETIC(of_number, a - floor(a / b) * b);
        break;
      case LESS:
        ARITHMETIC(of_bool, a < b);
        break;
      case LESS_EQUAL:
        ARITHMETIC(of_bool, a <= b);
        break;
      case EQUAL:
        --top;
        top[-1] = of_bool(equal(top[-1], top[0]));
        break;
      case NOT:
        top[-1] = of_bool(!is_true(top[-1]));
        break;
      case FLOOR:
        top[-1] = of_number(floor(number(top[-1])));
        break;
      case SQRT:
        top[-1] = of_number(sqrt(number(top[-1])));
        break;
      case NEW_ARRAY:
        SYNC();
        top[-1] = of_object(new_array((uint32_t)number(top[-1])));
        break;
      case NEW_TABLE:
        SYNC();
        *top++ = of_object(new_table());
        break;
      case GET:
        --top;
        top[-1] = get(top[-1], top[0]);
        break;
      case PUT:
        put(top[-3], top[-2], top[-1]);
        top[-3] = top[-1];
        top -= 2;
        break;
      case LENGTH:
        top[-1] = of_number(length(top[-1]));
        break;
      case TO_TEXT:
        SYNC();
        top[-1] = to_text(top[-1]);
        break;
      case JOIN:
        SYNC();
        top[-2] = of_object(join(expect(top[-2], TEXT), expect(top[-1], TEXT)));
        --top;
        break;
    }
  }
}
