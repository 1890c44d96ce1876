#include "heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Roots roots;
uint64_t bytes_allocated, collections;

static Object *all;
static size_t bytes_in_use, next_collection = 1 << 20;

// Texts by their hash: open addressing, weak.
static Text **texts;
static uint32_t text_count, text_capacity;

static void *allocate(size_t bytes) {
  void *memory = malloc(bytes);
  if (memory == NULL) abort();
  bytes_in_use += bytes;
  bytes_allocated += bytes;
  return memory;
}

static void release(void *memory, size_t bytes) {
  free(memory);
  bytes_in_use -= bytes;
}

static size_t size_of(const Object *o) {
  switch (o->kind) {
    case TEXT:
      return sizeof(Text) + ((const Text *)o)->length + 1;
    case ARRAY:
      return sizeof(Array);
    case TABLE:
      return sizeof(Table);
    case FUNCTION:
      return sizeof(Function);
    case CLOSURE:
      break;
  }
  return sizeof(Closure) + ((const Closure *)o)->function->captures * sizeof(Value);
}

static void reach(Object *o);

static void reach_values(const Value *values, size_t count) {
  for (size_t i = 0; i < count; ++i)
    if (values[i].tag == OBJECT) reach(values[i].as.object);
}

static void reach(Object *o) {
  if (o->reached) return;
  o->reached = true;
  if (o->kind == ARRAY) reach_values(((Array *)o)->items, ((Array *)o)->count);
  if (o->kind == TABLE)
    for (uint32_t i = 0; i < ((Table *)o)->capacity; ++i) reach_values(&((Table *)o)->entries[i].key, 2);
  if (o->kind == CLOSURE) reach_values(((Closure *)o)->captured, ((Closure *)o)->function->captures);
  if (o->kind == FUNCTION) reach_values(((Function *)o)->constants, ((Function *)o)->constant_count);
}

static void forget_unreached_texts(void) {
  Text **old = texts;
  texts = calloc(text_capacity, sizeof *texts);
  if (texts == NULL && text_capacity != 0) abort();
  text_count = 0;
  for (uint32_t i = 0; i < text_capacity; ++i) {
    if (old[i] == NULL || !old[i]->object.reached) continue;
    uint32_t at = old[i]->hash & (text_capacity - 1);
    while (texts[at] != NULL) at = (at + 1) & (text_capacity - 1);
    texts[at] = old[i];
    ++text_count;
  }
  free(old);
}

static void destroy(Object *o) {
  if (o->kind == ARRAY) release(((Array *)o)->items, ((Array *)o)->count * sizeof(Value));
  if (o->kind == TABLE) release(((Table *)o)->entries, ((Table *)o)->capacity * sizeof(Entry));
  release(o, size_of(o));
}

static void collect(void) {
  ++collections;
  reach_values(roots.stack, (size_t)(roots.stack_top - roots.stack));
  reach_values(roots.globals, roots.global_count);
  for (Object *o = all; o != NULL; o = o->next)
    if (o->kind == FUNCTION) reach(o);
  forget_unreached_texts();
  for (Object **link = &all; *link != NULL;) {
    Object *o = *link;
    if (o->reached) {
      o->reached = false;
      link = &o->next;
    } else {
      *link = o->next;
      destroy(o);
    }
  }
  next_collection = 2 * bytes_in_use + (1 << 20);
}

static void *new_object(Kind kind, size_t bytes) {
  if (bytes_in_use > next_collection) collect();
  Object *o = allocate(bytes);
  *o = (Object){kind, false, all};
  all = o;
  return o;
}

Array *new_array(uint32_t count) {
  Array *array = new_object(ARRAY, sizeof *array);
  array->count = count;
  array->items = allocate(count * sizeof(Value));
  for (uint32_t i = 0; i < count; ++i) array->items[i] = nil();
  return array;
}

Table *new_table(void) {
  Table *table = new_object(TABLE, sizeof *table);
  table->count = table->capacity = 0;
  table->entries = NULL;
  return table;
}

Function *new_function(void) {
  Function *function = new_object(FUNCTION, sizeof *function);
  memset((char *)function + sizeof(Object), 0, sizeof *function - sizeof(Object));
  return function;
}

Closure *new_closure(const Function *function) {
  Closure *closure = new_object(CLOSURE, sizeof *closure + function->captures * sizeof(Value));
  closure->function = function;
  for (uint32_t i = 0; i < function->captures; ++i) closure->captured[i] = nil();
  return closure;
}

// --- texts
static uint32_t hash_text(const char *bytes, size_t length) {
  uint32_t hash = 2166136261u;
  for (size_t i = 0; i < length; ++i) hash = (hash ^ (uint8_t)bytes[i]) * 16777619u;
  return hash;
}

static void grow_texts(void) {
  Text **old = texts;
  const uint32_t old_capacity = text_capacity;
  text_capacity = old_capacity == 0 ? 256 : 2 * old_capacity;
  texts = calloc(text_capacity, sizeof *texts);
  if (texts == NULL) abort();
  for (uint32_t i = 0; i < old_capacity; ++i) {
    if (old[i] == NULL) continue;
    uint32_t at = old[i]->hash & (text_capacity - 1);
    while (texts[at] != NULL) at = (at + 1) & (text_capacity - 1);
    texts[at] = old[i];
  }
  free(old);
}

static Text *find_text(uint32_t hash, const char *bytes, size_t length) {
  if (text_capacity == 0) return NULL;
  for (uint32_t at = hash & (text_capacity - 1); texts[at] != NULL; at = (at + 1) & (text_capacity - 1))
    if (texts[at]->hash == hash && texts[at]->length == length &&
        memcmp(texts[at]->bytes, bytes, length) == 0)
      return texts[at];
  return NULL;
}

Text *text_of(const char *bytes, size_t length) {
  const uint32_t hash = hash_text(bytes, length);
  Text *text = find_text(hash, bytes, length);
  if (text != NULL) return text;
  text = new_object(TEXT, sizeof *text + length + 1);
  text->hash = hash;
  text->length = (uint32_t)length;
  memcpy(text->bytes, bytes, length);
  text->bytes[length] = 0;
  if (4 * (text_count + 1) > 3 * text_capacity) grow_texts();
  uint32_t at = hash & (text_capacity - 1);
  while (texts[at] != NULL) at = (at + 1) & (text_capacity - 1);
  texts[at] = text;
  ++text_count;
  return text;
}

Text *join(const Text *a, const Text *b) {
  static char *buffer;
  static size_t capacity;
  const size_t length = (size_t)a->length + b->length;
  if (length > capacity) {
    capacity = 2 * length;
    buffer = realloc(buffer, capacity);
    if (buffer == NULL) abort();
  }
  memcpy(buffer, a->bytes, a->length);
  memcpy(buffer + a->length, b->bytes, b->length);
  return text_of(buffer, length);
}

Text *text_of_number(double number) {
  char text[32];
  const int length = snprintf(text, sizeof text, "%.14g", number);
  return text_of(text, (size_t)length);
}

// --- tables
static uint32_t hash_value(Value key) {
  if (key.tag == OBJECT && key.as.object->kind == TEXT) return ((const Text *)key.as.object)->hash;
  uint64_t bits = 0;
  memcpy(&bits, &key.as, key.tag == BOOLEAN ? sizeof(bool) : sizeof bits);
  return (uint32_t)((bits * 0x9e3779b97f4a7c15u) >> 32);
}

static Entry *find_entry(Entry *entries, uint32_t capacity, Value key) {
  for (uint32_t at = hash_value(key) & (capacity - 1);; at = (at + 1) & (capacity - 1))
    if (entries[at].key.tag == NIL || equal(entries[at].key, key)) return &entries[at];
}

Value table_get(const Table *table, Value key) {
  return table->capacity == 0 ? nil() : find_entry(table->entries, table->capacity, key)->value;
}

static void grow_table(Table *table) {
  const uint32_t capacity = table->capacity == 0 ? 8 : 2 * table->capacity;
  Entry *entries = allocate(capacity * sizeof(Entry));
  for (uint32_t i = 0; i < capacity; ++i) entries[i] = (Entry){nil(), nil()};
  for (uint32_t i = 0; i < table->capacity; ++i)
    if (table->entries[i].key.tag != NIL)
      *find_entry(entries, capacity, table->entries[i].key) = table->entries[i];
  release(table->entries, table->capacity * sizeof(Entry));
  table->entries = entries;
  table->capacity = capacity;
}

void table_put(Table *table, Value key, Value value) {
  if (key.tag == NIL) program_error("nil is no key");
  if (4 * (table->count + 1) > 3 * table->capacity) grow_table(table);
  Entry *entry = find_entry(table->entries, table->capacity, key);
  if (entry->key.tag == NIL) {
    entry->key = key;
    ++table->count;
  }
  entry->value = value;
}

void *expect(Value v, Kind kind) {
  if (v.tag != OBJECT || v.as.object->kind != kind) program_error("a value is of the wrong kind");
  return v.as.object;
}

void program_error(const char *what) {
  fprintf(stderr, "interpreter: error in the program: %s\n", what);
  exit(1);
}
