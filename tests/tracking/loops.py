"""Loops over arrays, in the shapes that the optimiser vectorises, turns round, or makes into calls."""

from construct import Construct, FLOATS, SIZES, SMALL_INTEGERS, fill, value

BODIES = [
    ("forward", "for (size_t i = 0; i < $n; ++i) a[i] = ($k)($v + ($k)i);"),
    ("reversed", "for (size_t i = $n; i-- > 0;) a[i] = ($k)($v + ($k)i);"),
    ("strided", "for (size_t i = 0; i < $n; i += $stride) a[i] = $v;"),
    ("strided down", "for (ptrdiff_t i = (ptrdiff_t)($n) - 1; i >= 0; i -= $stride) a[i] = ($k)($v + ($k)i);"),
    ("conditional", "for (size_t i = 0; i < $n; ++i) if (source[i] & 4) a[i] = ($k)(source[i] + $v);"),
    ("selected", "for (size_t i = 0; i < $n; ++i) a[i] = source[i] & 1 ? ($k)(a[i] + 1) : $v;"),
    ("scattered", "for (size_t i = 0; i < $n; ++i) a[source[i] % ($n)] = ($k)($v + ($k)i);"),
    ("copied", "for (size_t i = 0; i < $n; ++i) a[i] = (($k)source[i]);"),
    ("as bytes", "for (size_t i = 0; i < ($n) * sizeof *a; ++i) p[i] = source[i];"),
    ("added in place", "for (size_t i = 0; i < $n; ++i) a[i] += ($k)source[i];"),
    ("shifted up", "for (size_t i = $n; i-- > 1;) a[i] = ($k)(a[i - 1] + 1);"),
    ("shifted down", "for (size_t i = 0; i + 1 < $n; ++i) a[i] = a[i + 1]; a[($n) - 1] = $v;"),
    ("running sum", "for (size_t i = 1; i < $n; ++i) a[i] = ($k)(a[i - 1] + ($k)source[i]);"),
    ("sum in memory", "for (size_t i = 1; i < $n; ++i) a[0] += ($k)source[i];"),
    ("pairs", "for (size_t i = 0; i + 1 < $n; i += 2) { $k t = a[i]; a[i] = ($k)(a[i + 1] + 1); a[i + 1] = t; }"),
    ("triples", "for (size_t i = 0; i + 2 < $n; i += 3) a[i] = $v, a[i + 1] = ($k)i, a[i + 2] = ($k)source[i];"),
    ("zeroed", "for (size_t i = 0; i < $n; ++i) a[i] = 0; a[s % ($n)] = $v;"),
    ("one value", "for (size_t i = 0; i < $n; ++i) a[i] = $v;"),
    ("early end", "for (size_t i = 0; i < $n; ++i) { a[i] = ($k)($v + ($k)i); if (source[i] == 77) break; }"),
    ("skipping", "for (size_t i = 0; i < $n; ++i) { if (source[i] < 60) continue; a[i] = $v; }"),
    ("pointer", "$k *q = a, *end = a + ($n); while (q != end) *q++ = ($k)($v + ($k)(end - q));"),
    ("down by pointer", "$k *q = a + ($n); do *--q = $v; while (q != a);"),
    ("nested", "for (size_t i = 0; i < ($n) / 4; ++i) for (size_t j = 0; j < 4; ++j) a[j * (($n) / 4) + i] = ($k)(i ^ j ^ s);"),
    ("triangle", "for (size_t i = 0; i * i < $n; ++i) for (size_t j = 0; j < i; ++j) a[i * (i - 1) / 2 + j] = ($k)(s + i * j);"),
    ("two arrays", "$k *b = a + ($n) / 2; for (size_t i = 0; i < ($n) / 2; ++i) a[i] = $v, b[i] = ($k)source[i];"),
    ("to itself", "for (size_t i = 0; i < ($n) / 2; ++i) a[i] = ($k)(a[i + ($n) / 2] + 1);"),
    ("invariant", "for (size_t i = 0; i < $n; ++i) a[s % ($n)] = ($k)(a[s % ($n)] * 3 + 1);"),
    ("volatile", "for (size_t i = 0; i < $n; ++i) ((volatile $k *)a)[i] = ($k)($v + ($k)i);"),
    ("with commits", "for (size_t i = 0; i < $n; ++i) { a[i] = $v; if (i % 16 == 5) checkpoint(); a[i] = ($k)(a[i] + 1); }"),
    ("with calls", "for (size_t i = 0; i < $n; ++i) a[i] = ($k)opaque(s + i);"),
    ("with a fence", "for (size_t i = 0; i < $n; ++i) { a[i] = $v; __atomic_signal_fence(__ATOMIC_SEQ_CST); }"),
]
PRAGMAS = ["", "", "", "#pragma clang loop vectorize(enable) interleave_count(2)\n", "#pragma clang loop unroll_count(3)\n",
           "#pragma clang loop vectorize_width(4)\n", "#pragma clang loop vectorize_width(16) vectorize_predicate(enable)\n",
           "#pragma clang loop distribute(enable)\n", "#pragma clang loop vectorize(disable)\n"]


def loop(source):
    kinds = {**SMALL_INTEGERS, **{k: FLOATS[k] for k in ("float", "double")}}
    kind = source.choose(*kinds)
    size = SIZES[kind]
    shape, body = source.random.choice(BODIES)
    count = source.choose(5, 16, 33, 100, 257, 600)
    n = source.choose(str(count), f"(size_t)opaque({count})", f"({count} - s % 3)")
    if body.startswith("for"):
        body = source.random.choice(PRAGMAS) + body
    code = fill("$k *a = ($k *)p; const byte *source = source_bytes(s); (void)source;\n" + body, k=kind, n=n,
                v=value(source, kind), stride=source.choose(2, 3, 4, 7))
    return Construct(f"loop of {kind}, {shape}", code, count * size, size)


def variable_length(source):
    kind = source.choose("int32_t", "uint64_t", "float", "uint8_t", "int16_t")
    code = source.choose(
        "for (size_t i = 0; i < rows; ++i) for (size_t j = 0; j < columns; ++j) a[i][j] = ($k)(s + i * 100 + j);",
        "for (size_t j = 0; j < columns; ++j) for (size_t i = 0; i < rows; ++i) a[i][j] += ($k)(s ^ (i + j));",
        "for (size_t i = 0; i < rows; ++i) a[i][i % columns] = ($k)s;",
        "memcpy(a[rows - 1], source_bytes(s), columns * sizeof($k));",
        "a[s % rows][s % columns] = ($k)(s + 1);")
    code = "size_t rows = 2 + s % 5, columns = 3 + (s >> 8) % 20; typedef $k row[columns]; row *a = (row *)p; " + code
    return Construct(f"variable-length array of {kind}", fill(code, k=kind), 6 * 22 * SIZES[kind], SIZES[kind])


def matrix(source):
    kind = source.choose("int32_t", "double", "uint8_t")
    rows, columns = source.number(2, 12), source.number(2, 20)
    code = source.choose(
        "for (int i = 0; i < $r; ++i) for (int j = 0; j < $c; ++j) m[i][j] = ($k)(s + (uint64_t)(i * j));",
        "for (int j = 0; j < $c; ++j) for (int i = $r - 1; i >= 0; --i) m[i][j] = ($k)(s ^ (uint64_t)(i + j));",
        "for (int i = 0; i < $r; ++i) for (int j = 0; j < $c; ++j) m[i][j] = m[$r - 1 - i][$c - 1 - j]; m[1][1] = ($k)s;",
        "for (int i = 0; i + 1 < $r; ++i) memcpy(m[i], m[i + 1], sizeof m[i]); m[0][0] = ($k)s;")
    return Construct(f"matrix of {kind}", fill("$k (*m)[$c] = ($k (*)[$c])p; " + code, k=kind, r=rows, c=columns),
                     rows * columns * SIZES[kind], SIZES[kind])


ALL = [loop, loop, loop, variable_length, matrix]
