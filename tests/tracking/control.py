"""Where a construct stands: in loops, branches, functions of every kind, handlers, other threads."""

from construct import Construct, fill

LOCAL = [
    ("", "$c"),
    ("in a loop", "for (int round = 0; round < 3; ++round, s = s * 6364136223846793005u + 1) { $c }"),
    ("in do-while", "do { $c } while ((s = s * 5 + 3) % 3 != 0);"),
    ("in a branch", "if (s & 1) { $c } else { p[0] ^= (byte)(s >> 8); }"),
    ("in one branch", "if (s >> 11 & 3) { $c } p[$last] = (byte)s;"),
    ("in a switch", "switch (s >> 9 & 3) { case 0: p[0] = (byte)s; break; case 1: p[1] = (byte)s; __attribute__((fallthrough)); default: { $c } }"),
    ("after goto", "if (s & 2) goto $label; *p = (byte)s; $label: { $c }"),
    ("between commits", "*p = (byte)s; checkpoint(); { $c } checkpoint(); p[$last] = (byte)(s >> 8);"),
    ("between barriers", '__asm__ volatile("" ::: "memory"); { $c } __asm__ volatile("" ::: "memory");'),
    ("beside a local", "byte local[64]; memcpy(local, source_bytes(s), 64); local[s % 64] = 1; { $c } p[0] ^= local[s % 64];"),
    ("through a global", "static byte *kept; kept = p; { byte *p = kept; $c }"),
    ("through an opaque pointer", "{ byte *const hidden = opaque_pointer(p); byte *p = hidden; $c }"),
    ("after setjmp", "jmp_buf there; volatile uint64_t kept = s; if (setjmp(there) == 0) { *p = (byte)s; if (kept & 1) longjmp(there, 1); } else { p[$last] = (byte)kept; } { $c }"),
]

# $attributes, $name, $c, and a call of it.
FUNCTIONS = [
    ("in a function", "static $a void $f(byte *p, uint64_t s) { $c }", "$f(p, s);"),
    ("by computed goto", "static void $f(byte *p, uint64_t s) { static const void *const where[] = {&&first, &&second}; goto *where[s & 1]; second: *p = (byte)s; first: { $c } }", "$f(p, s);"),
    ("by a restricted pointer", "static NOINLINE void $f(byte *__restrict only, const uint64_t *__restrict from) { uint64_t s = *from; byte *p = only; $c }", "$f(p, &s);"),
    ("by a function pointer", "static void $f(byte *p, uint64_t s) { $c }", "void (*volatile call)(byte *, uint64_t) = $f; call(p, s);"),
    ("by a tail call", "static NOINLINE void $f(byte *p, uint64_t s) { $c }", "*p = (byte)s; $f(p, s);"),
    ("recursive", "static void $f(byte *p, uint64_t s, int depth) { if (depth > 0) { $f(p, s + 1, depth - 1); p[0] = (byte)(s + (uint64_t)depth); } $c }", "$f(p, s, 3);"),
    ("by varargs", "static void $f(int count, ...) { va_list list; va_start(list, count); byte *p = va_arg(list, byte *); uint64_t s = va_arg(list, uint64_t); va_end(list); $c }", "$f(2, p, s);"),
    ("in a structure argument", "struct $f_argument { byte *p; uint64_t s; uint64_t more[4]; }; static NOINLINE void $f(struct $f_argument by_value) { byte *p = by_value.p; uint64_t s = by_value.s; $c }",
     "struct $f_argument argument = {p, s, {0}}; $f(argument);"),
    ("in a signal handler", "static byte *$f_p; static uint64_t $f_s; static void $f(int number) { (void)number; byte *p = $f_p; uint64_t s = $f_s; $c }",
     "$f_p = p; $f_s = s; signal(SIGUSR2, $f); raise(SIGUSR2);"),
    ("in a cleanup", "static uint64_t $f_s; static void $f(byte **kept) { byte *p = *kept; uint64_t s = $f_s; $c }",
     "$f_s = s; { byte *kept __attribute__((cleanup($f))) = p; *kept = (byte)s; }"),
    ("before longjmp", "static jmp_buf $f_there; static NOINLINE void $f(byte *p, uint64_t s) { { $c } longjmp($f_there, 1); }", "if (setjmp($f_there) == 0) $f(p, s);"),
    ("in another thread", "struct $f_a { byte *p; uint64_t s; }; static void *$f(void *argument) { struct $f_a *a = (struct $f_a *)argument; byte *p = a->p; uint64_t s = a->s; $c return 0; }",
     "struct $f_a a = {p, s}; pthread_t thread; if (pthread_create(&thread, 0, $f, &a) == 0) pthread_join(thread, 0);"),
    ("by qsort", "static byte *$f_p; static uint64_t $f_s; static int $f(const void *a, const void *b) { (void)a, (void)b; byte *p = $f_p; uint64_t s = $f_s++; { $c } return 0; }",
     "$f_p = p; $f_s = s; int pair[2] = {2, 1}; qsort(pair, 2, sizeof pair[0], $f);"),
]
ATTRIBUTES = ["", "", "NOINLINE", "inline __attribute__((always_inline))", "__attribute__((cold, noinline))", "__attribute__((minsize))",
              "__attribute__((optnone, noinline))", "__attribute__((flatten))", "__attribute__((preserve_most, noinline))",
              "__attribute__((regcall, noinline))", "__attribute__((noinline, ms_abi))"]


def wrapped(source, inner):
    """The construct somewhere else."""
    if source.chance(2):
        where, text = source.random.choice(LOCAL)
        code = fill(text, c="{ " + inner.code + " }", last=max(inner.size - 1, 0), label=source.fresh("label"))
        size = max(inner.size, 2)
        return Construct(f"{inner.name} {where}".strip(), "{ " + code + " }", size, inner.align, inner.decls, inner.other)
    if source.chance(4):
        return in_other_file(source, inner)
    where, definition, call = source.random.choice(FUNCTIONS)
    names = {"f": source.fresh("function"), "c": "{ " + inner.code + " }", "a": source.random.choice(ATTRIBUTES)}
    names.update({f"f_{x}": f"{names['f']}_{x}" for x in ("p", "s", "a", "there", "argument")})
    return Construct(f"{inner.name} {where}", fill(call, **names), max(inner.size, 2), inner.align,
                     inner.decls + [fill(definition, **names)], inner.other)


def in_other_file(source, inner):
    if inner.other:
        return inner
    name = source.fresh("elsewhere")
    prototype = f"void {name}(byte *p, uint64_t s);"
    return Construct(f"{inner.name} in another file", f"{name}(p, s);", inner.size, inner.align, [prototype],
                     inner.decls + [prototype, f"void {name}(byte *p, uint64_t s) {{ {inner.code} }}"])
