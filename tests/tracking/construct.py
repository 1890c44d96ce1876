"""What a generated program is made of: constructs, pieces of C or C++ that store to [p, p + size)."""

from dataclasses import dataclass, field
from string import Template


@dataclass
class Construct:
    name: str
    code: str  # statements; `p` is a byte *, `s` a uint64_t that differs each time
    size: int
    align: int = 1
    decls: list = field(default_factory=list)  # at file scope, before the code
    other: list = field(default_factory=list)  # in the program's other source file


class Source:
    """The choices for one program: randomness, the language, what the machine and the flags allow."""

    def __init__(self, random, language, features):
        self.random = random
        self.language = language
        self.features = features
        self.numbers = 0

    @property
    def is_cxx(self):
        return self.language == "c++"

    def fresh(self, prefix):
        self.numbers += 1
        return f"{prefix}{self.numbers}"

    def choose(self, *of):
        return self.random.choice(of)

    def number(self, low, high):
        return self.random.randint(low, high)

    def chance(self, one_in):
        return self.random.randrange(one_in) == 0


def fill(text, **names):
    """$name in text, so that the braces of C need no escape."""
    return Template(text).substitute({k: str(v) for k, v in names.items()})


INTEGERS = {
    "int8_t": 1, "uint8_t": 1, "int16_t": 2, "uint16_t": 2, "int32_t": 4, "uint32_t": 4, "int64_t": 8,
    "uint64_t": 8, "char": 1, "short": 2, "long": 8, "unsigned long long": 8, "int128": 16, "uint128": 16,
}
FLOATS = {"float": 4, "double": 8, "long_double": 16, "half": 2}
# In memory: _BitInt(N) takes whole bytes, up to 64 bits a power of two, beyond that a multiple of 8.
OTHERS = {"boolean": 1, "bits5": 1, "bits23": 4, "bits65": 16, "bits200": 32, "colour": 4}
SIZES = {**INTEGERS, **FLOATS, **OTHERS}
SMALL_INTEGERS = {t: n for t, n in INTEGERS.items() if n <= 8}


def align_of(kind):
    # _BitInt(200) is aligned like a long in clang 16 and 19 alike.
    return {"bits65": 8, "bits200": 8}.get(kind, min(SIZES[kind], 16))


def value(source, kind):
    """An expression of the type, made of s."""
    odd = source.number(0, 1 << 30) * 2 + 1
    if kind == "boolean":
        return f"(((s * {odd}u) >> 17) & 1) != 0"
    if kind == "colour":
        return f"(colour)((s * {odd}u) >> 20 & 3)"
    if kind in FLOATS:
        return f"({kind})((double)(s * {odd}u >> 40) * 0.25)" if kind != "half" else f"(half)(float)(s * {odd}u >> 54)"
    return f"({kind})(s * {odd}u)"


def any_kind(source):
    return source.random.choice(list(SIZES))


PRELUDE = """#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <immintrin.h>
#include "window.h"
#define NOINLINE __attribute__((noinline))
#define INLINE inline __attribute__((always_inline))
typedef __int128 int128;
typedef unsigned __int128 uint128;
typedef long double long_double;
typedef _Float16 half;
typedef _Bool_ boolean;
typedef unsigned _BitInt(5) bits5;
typedef unsigned _BitInt(23) bits23;
typedef unsigned _BitInt(65) bits65;
typedef unsigned _BitInt(200) bits200;
typedef enum { red, green, blue, black } colour;
"""


def prelude(language):
    return PRELUDE.replace("_Bool_", "bool" if language == "c++" else "_Bool")
