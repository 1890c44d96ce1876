// Bit-fields: stores of the unit around them, whose width the compiler chooses.
#include "kind.h"

struct fields {
  unsigned a : 1;
  unsigned b : 7;
  unsigned c : 13;
  unsigned d : 32;
  unsigned long e : 37;
  unsigned long f : 64;
  signed g : 5;
};
struct __attribute__((packed)) packed_fields {
  unsigned a : 3;
  unsigned b : 13;
  unsigned long c : 41;
  unsigned d : 31;
  unsigned char e;
};
struct volatile_fields {
  volatile unsigned a : 9;
  volatile unsigned b : 23;
};
struct zero_width {
  unsigned a : 4;
  unsigned : 0;
  unsigned b : 4;
};

#define FIELD(NAME, STRUCT, MEMBER) \
  KIND(NAME, sizeof(struct STRUCT), _Alignof(struct STRUCT)) { ((struct STRUCT *)to)->MEMBER ^= 1; }

FIELD(field_1_bit, fields, a)
FIELD(field_7_bits, fields, b)
FIELD(field_13_bits, fields, c)
FIELD(field_32_bits, fields, d)
FIELD(field_37_bits, fields, e)
FIELD(field_64_bits, fields, f)
FIELD(field_signed, fields, g)
FIELD(packed_field_3_bits, packed_fields, a)
FIELD(packed_field_13_bits, packed_fields, b)
FIELD(packed_field_41_bits, packed_fields, c)
FIELD(packed_field_31_bits, packed_fields, d)
FIELD(packed_field_neighbour, packed_fields, e)
FIELD(volatile_field_9_bits, volatile_fields, a)
FIELD(volatile_field_23_bits, volatile_fields, b)
FIELD(field_after_zero_width, zero_width, b)

KIND(all_fields, sizeof(struct fields), _Alignof(struct fields)) {
  struct fields *f = (struct fields *)to;
  f->a = seed & 1;
  f->b = seed & 0x7f;
  f->c = seed >> 8 & 0x1fff;
  f->d = (unsigned)(seed >> 16);
  f->e = seed >> 3 & 0x1fffffffff;
  f->f = seed;
  f->g = -3;
}
KIND(fields_as_a_whole, sizeof(struct packed_fields), 1) {
  *(struct packed_fields *)to =
      (struct packed_fields){.a = 1, .b = seed & 0x1fff, .c = seed & 0xffffffff, .e = 2};
}
