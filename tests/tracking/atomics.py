"""Atomic operations, by every way of writing them down."""

from construct import Construct, fill

KINDS = {"uint8_t": 1, "int16_t": 2, "uint32_t": 4, "int64_t": 8, "uint64_t": 8, "uint128": 16}
ORDERS = ["__ATOMIC_RELAXED", "__ATOMIC_RELEASE", "__ATOMIC_ACQ_REL", "__ATOMIC_SEQ_CST", "__ATOMIC_ACQUIRE"]


def kind_of(source):
    kind = source.random.choice(list(KINDS))
    return kind, KINDS[kind]


def builtin(source):
    kind, size = kind_of(source)
    order = source.random.choice(ORDERS)
    store_order = source.choose("__ATOMIC_RELAXED", "__ATOMIC_RELEASE", "__ATOMIC_SEQ_CST")
    operation = source.choose("add", "sub", "and", "or", "xor", "nand")
    code = source.choose(
        "__atomic_store_n(($k *)p, ($k)s, $so);",
        "$k v = ($k)s; __atomic_store(($k *)p, &v, $so);",
        "(void)__atomic_exchange_n(($k *)p, ($k)s, $o);",
        "$k v = ($k)s; __atomic_exchange(($k *)p, &v, ($k *)p + 1, $o);",
        "(void)__atomic_fetch_$op(($k *)p, ($k)s, $o);",
        "(($k *)p)[1] = __atomic_${op}_fetch(($k *)p, ($k)s, $o);",
        "(($k *)p)[1] = __atomic_fetch_$op(($k *)p, ($k)s, $o);",
        "$k e = *($k *)p; (void)__atomic_compare_exchange_n(($k *)p, &e, ($k)s, 0, $o, __ATOMIC_RELAXED);",
        "$k e = *($k *)p; while (!__atomic_compare_exchange_n(($k *)p, &e, ($k)(e + s), 1, $o, __ATOMIC_RELAXED)) {}",
        "(($k *)p)[1] = ($k)(*($k *)p + 1); (void)__atomic_compare_exchange_n(($k *)p, ($k *)p + 1, ($k)s, 0, $o, __ATOMIC_RELAXED);",
        "$k v; __atomic_load(($k *)p, ($k *)p + 1, __ATOMIC_ACQUIRE); (($k *)p)[1] ^= ($k)s; (void)v;")
    code = fill(code, k=kind, o=order, so=store_order, op=operation)
    return Construct(f"__atomic builtin of {kind}", code, 2 * size, size)


def sync(source):
    kind, size = kind_of(source)
    operation = source.choose("add", "sub", "and", "or", "xor", "nand")
    code = source.choose(
        f"(void)__sync_fetch_and_{operation}(($k *)p, ($k)s);",
        f"(void)__sync_{operation}_and_fetch(($k *)p, ($k)s);",
        "(void)__sync_bool_compare_and_swap(($k *)p, *($k *)p, ($k)s);",
        "(($k *)p)[1] = __sync_val_compare_and_swap(($k *)p, *($k *)p, ($k)s);",
        "(void)__sync_lock_test_and_set(($k *)p, ($k)s);",
        "*($k *)p = ($k)s; __sync_lock_release(($k *)p);")
    if kind == "uint128" and "cx16" not in source.features:
        kind, size = "uint64_t", 8
    return Construct(f"__sync builtin of {kind}", fill(code, k=kind), 2 * size, size)


def qualified(source):
    kind, size = source.choose(("int", 4), ("uint8_t", 1), ("long", 8), ("short", 2), ("double", 8), ("float", 4))
    operators = ["=", "+=", "-=", "*="] + ([] if kind in ("double", "float") else ["^=", "|=", "&=", "++", "--"])
    operator = source.random.choice(operators)
    code = f"(*(_Atomic({kind}) *)p){operator};" if operator in ("++", "--") else \
        f"*(_Atomic({kind}) *)p {operator} ({kind})(s >> 7);"
    return Construct(f"_Atomic {kind} {operator}", code, size, size)


def aggregate(source):
    name = source.fresh("odd")
    size = source.choose(3, 5, 8, 12, 16, 24, 40)
    # 16 bytes want an alignment that lets them be lock-free or not; libatomic decides.
    decl = f"struct {name} {{ byte b[{size}]; }} __attribute__((aligned({source.choose(1, 8)})));"
    code = source.choose(
        "struct $n v; memcpy(&v, source_bytes(s), sizeof v); __atomic_store((struct $n *)p, &v, __ATOMIC_RELEASE);",
        "struct $n v; memcpy(&v, source_bytes(s), sizeof v); __atomic_exchange((struct $n *)p, &v, (struct $n *)p + 1, __ATOMIC_SEQ_CST);",
        "struct $n v; memcpy(&v, source_bytes(s), sizeof v); struct $n e = *(struct $n *)p; "
        "(void)__atomic_compare_exchange((struct $n *)p, &e, &v, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);",
        "((struct $n *)p)[1].b[0] ^= (byte)s; __atomic_load((struct $n *)p + 1, (struct $n *)p, __ATOMIC_ACQUIRE);")
    return Construct(f"atomic structure of {size} bytes", fill(code, n=name), 128, 8, [decl])


def flags_and_fences(source):
    code = source.choose(
        "*p = 0; (void)__atomic_test_and_set(p, __ATOMIC_ACQUIRE); p[1] = (byte)s;",
        "p[0] = (byte)s; __atomic_thread_fence(__ATOMIC_SEQ_CST); p[100] = (byte)(s >> 8); __atomic_clear(p + 50, __ATOMIC_RELEASE);",
        "p[0] = (byte)s; __atomic_thread_fence(__ATOMIC_RELEASE); p[70] = (byte)(s >> 3);",
        'p[0] = (byte)s; __asm__ volatile("" ::: "memory"); p[127] = (byte)(s >> 3);',
        "p[0] = (byte)s; _mm_sfence(); p[64] = (byte)(s >> 3); _mm_mfence(); p[1] = p[64];")
    return Construct("flags and fences", code, 128)


ALL = [builtin, builtin, builtin, sync, qualified, aggregate, flags_and_fences]
