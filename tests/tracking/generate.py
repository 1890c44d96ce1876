#!/usr/bin/env python3
"""generate.py SEED c|c++ DIRECTORY [FEATURE...]: a program, in two source files, that writes to a window.

The same program for the same arguments. FEATURE: avx2, avx512, cx16, matrix: what the flags that it is compiled with allow.
"""

import os
import random
import sys

sys.dont_write_bytecode = True

import atomics
import control
import cxx
import library
import loops
import machine
import scalars
from construct import Construct, Source, prelude

FAMILIES = [scalars, scalars, loops, loops, atomics, library, machine]


def one_construct(source):
    families = FAMILIES + ([cxx, cxx, cxx] if source.is_cxx else [])
    construct = source.random.choice(source.random.choice(families).ALL)(source)
    for _ in range(source.choose(0, 0, 1, 1, 2)):
        wrap = cxx.wrapped if source.is_cxx and source.chance(2) else control.wrapped
        construct = wrap(source, construct)
    return construct


def joined(source, parts):
    """One step of several constructs, side by side, with gaps of any size."""
    at, align, code, decls, other = 0, 1, [], [], []
    for part in parts:
        at = (at + part.align - 1) // part.align * part.align
        seed = source.choose("seed", f"seed * {source.number(3, 1 << 30) | 1}u", f"(seed ^ {source.number(1, 1 << 30)}u)")
        pointer = source.choose(f"to + {at}", f"to + {at}", f"opaque_pointer(to) + {at}", f"to + opaque({at})")
        code.append(f"  {{ byte *p = {pointer}; uint64_t s = {seed}; (void)p, (void)s;\n    {part.code} }}")
        at += part.size + source.choose(0, 0, 1, 8, 64, 200)
        align = max(align, part.align)
        decls += part.decls
        other += part.other
    return Construct("; ".join(part.name for part in parts), "\n".join(code), at, align, decls, other)


def quoted(text):
    return '"' + text[:160].replace("\\", "\\\\").replace('"', '\\"') + '"'


def program(seed, language, features):
    source = Source(random.Random(f"{seed} {language}"), language, features)
    steps = [joined(source, [one_construct(source) for _ in range(source.choose(1, 1, 2, 3, 5))])
             for _ in range(source.number(15, 40))]
    head = prelude(language) + library.HEADERS + "#include <pthread.h>\n"
    if language == "c++":
        head += cxx.HEADERS
    main, table = [head], []
    other = [head]
    for i, step in enumerate(steps):
        other += step.other
        main += step.decls
        noinline = source.choose("", "", "NOINLINE ")
        main.append(f"static {noinline}void step{i}(byte *to, uint64_t seed) {{\n  (void)to, (void)seed;")
        line = sum(part.count("\n") + 1 for part in main)
        main.append(step.code + "\n}")
        table.append(f"  {{{quoted(step.name)}, {line}, {max(step.size, 1)}, {step.align}, step{i}}},")
    main.append("const struct step steps[] = {\n" + "\n".join(table) + "\n};")
    main.append(f"const int step_count = {len(steps)};")
    return "\n".join(main) + "\n", "\n".join(other) + "\n"


def main(arguments):
    seed, language, directory, *features = arguments
    suffix = "cc" if language == "c++" else "c"
    for name, text in zip(("program", "elsewhere"), program(int(seed), language, set(features))):
        with open(os.path.join(directory, f"{name}.{suffix}"), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    if len(sys.argv) < 4 or sys.argv[2] not in ("c", "c++"):
        sys.exit(__doc__)
    main(sys.argv[1:])
