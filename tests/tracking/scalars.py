"""Single objects: every type and operator, bit-fields, structures, unions."""

from construct import (Construct, SIZES, SMALL_INTEGERS, FLOATS, align_of, any_kind, fill, value)


def scalar(source):
    kind = any_kind(source)
    qualifier = source.choose("", "", "", "volatile ")
    unaligned = source.chance(3)
    name, decls = kind, []
    if unaligned:
        name = source.fresh("unaligned")
        decls = [f"typedef {kind} {name} __attribute__((aligned(1), may_alias));"]
    operators = ["=", "=", "="]
    if kind not in ("boolean", "colour"):
        operators += ["+=", "-=", "*="]
        if kind not in FLOATS:
            operators += ["^=", "|=", "&=", "<<=", ">>=", "++", "--"]
    operator = source.random.choice(operators)
    at = f"*({qualifier}{name} *)p"
    if operator in ("++", "--"):
        code = source.choose(f"({at}){operator};", f"{operator}({at});")
    elif operator in ("<<=", ">>="):
        code = f"{at} = {value(source, kind)}; {at} {operator} 1;"
    else:
        code = f"{at} {operator} {value(source, kind)};"
    return Construct(f"{qualifier}{kind} {operator}", code, SIZES[kind], 1 if unaligned else align_of(kind), decls)


def non_temporal(source):
    kind = source.choose("int32_t", "uint64_t", "float", "double")
    return Construct(f"non-temporal {kind}", f"__builtin_nontemporal_store({value(source, kind)}, ({kind} *)p);",
                     SIZES[kind], align_of(kind))


def complex_number(source):
    kind, size = source.choose(("float", 8), ("double", 16), ("long double", 32))
    code = source.choose(
        "_Complex $k v; __real__ v = ($k)(s >> 40); __imag__ v = ($k)(s >> 45); *(_Complex $k *)p = v;",
        "__imag__ *(_Complex $k *)p = ($k)(s >> 40);",
        "_Complex $k v; __real__ v = ($k)(s >> 40); __imag__ v = 2; *(_Complex $k *)p *= v;")
    return Construct(f"complex {kind}", fill(code, k=kind), size, size // 2)


def bit_fields(source):
    name = source.fresh("fields")
    fields = []
    for i in range(source.number(2, 9)):
        kind = source.choose("unsigned", "uint64_t", "uint8_t", "uint16_t", "int", "int64_t")
        width = source.number(1, {"uint8_t": 8, "uint16_t": 16, "unsigned": 32, "int": 32}.get(kind, 64))
        fields.append((f"f{i}", kind, width))
    packed = source.choose("", "", "__attribute__((packed))")
    body = " ".join(f"{kind} {f} : {width};" for f, kind, width in fields)
    decl = f"struct {name} {{ {body} }} {packed};"
    volatile = source.choose("", "", "volatile ")
    code = f"{volatile}struct {name} *b = ({volatile}struct {name} *)p;"
    for f, kind, _ in source.random.sample(fields, source.number(1, len(fields))):
        operator = source.choose("=", "=", "+=", "^=", "|=")
        code += f" b->{f} {operator} ({kind})(s >> {source.number(0, 50)});"
    # A bound, not the size: the compiler knows that.
    return Construct(f"{volatile}bit-fields {packed}", code, 8 * len(fields) + 8, 1 if packed else 8, [decl])


def structure(source, depth=2):
    """A random struct: its declarations, its name, an upper bound of its size."""
    name = source.fresh("record")
    decls, members, size = [], [], 0
    for i in range(source.number(1, 6)):
        if depth > 0 and source.chance(4):
            inner_decls, inner, inner_size, _ = structure(source, depth - 1)
            decls += inner_decls
            members.append((f"struct {inner} m{i};", None, f"m{i}"))
            size += inner_size + 16
            continue
        kind, count = any_kind(source), source.choose(1, 1, 1, 3, 17)
        members.append((f"{kind} m{i}{'' if count == 1 else f'[{count}]'};", kind,
                        f"m{i}{'' if count == 1 else f'[{source.number(0, count - 1)}]'}"))
        size += SIZES[kind] * count + 16
    packed = source.choose("", "", "", "__attribute__((packed))")
    decls.append(f"struct {name} {{ {' '.join(m for m, _, _ in members)} }} {packed};")
    assignable = [(kind, member) for _, kind, member in members if kind is not None]
    return decls, name, size + 16, (assignable, 1 if packed else 16)


def small_structure(source, size_max=3000):
    while True:
        made = structure(source)
        if made[2] <= size_max:
            return made


def struct_whole(source):
    decls, name, size, (_, align) = small_structure(source)
    get = fill("memcpy(&v, source_bytes(s), sizeof v);")
    how = source.choose("copied", "returned", "through a pointer", "within the file", "in a loop")
    if how == "returned":
        function = source.fresh("make")
        inline = source.choose("NOINLINE static", "static INLINE", "static")
        decls = decls + [f"{inline} struct {name} {function}(uint64_t s) {{ struct {name} v; {get} return v; }}"]
        code = f"*(struct {name} *)p = {function}(s);"
    elif how == "through a pointer":
        code = f"struct {name} v; {get} struct {name} *q = (struct {name} *)opaque_pointer(p); *q = v;"
    elif how == "within the file":
        code = (f"struct {name} v; {get} struct {name} *q = (struct {name} *)p; q[1] = v; q[0] = q[1];")
        size *= 2
    elif how == "in a loop":
        code = (f"struct {name} v; {get} for (uint64_t i = 0; i < 2 + s % 3; ++i) ((struct {name} *)p)[i] = v;")
        size *= 4
    else:
        code = f"struct {name} v; {get} *(struct {name} *)p = v;"
    return Construct(f"struct {how}", code, size, align, decls)


def struct_members(source):
    decls, name, size, (members, align) = small_structure(source)
    if not members:
        return scalar(source)
    code = f"struct {name} *r = (struct {name} *)p;"
    for kind, member in source.random.sample(members, source.number(1, len(members))):
        code += f" r->{member} = {value(source, kind)};"
    return Construct("struct members", code, size, align, decls)


def literal(source):
    name = source.fresh("literal")
    kinds = [any_kind(source) for _ in range(source.number(1, 5))]
    decl = f"struct {name} {{ {' '.join(f'{k} m{i};' for i, k in enumerate(kinds))} }};"
    given = [i for i in range(len(kinds)) if i == 0 or source.chance(2)]
    members = ", ".join(f".m{i} = {value(source, kinds[i])}" for i in given)
    size = sum(SIZES[k] + 16 for k in kinds)
    return Construct("compound literal", f"*(struct {name} *)p = (struct {name}){{{members}}};", size, 16, [decl])


def union(source):
    name = source.fresh("either")
    kinds = [any_kind(source) for _ in range(source.number(2, 4))]
    decl = f"union {name} {{ {' '.join(f'{k} m{i};' for i, k in enumerate(kinds))} byte all[40]; }};"
    i = source.number(0, len(kinds) - 1)
    code = source.choose(
        f"((union {name} *)p)->m{i} = {value(source, kinds[i])};",
        f"union {name} v; memcpy(v.all, source_bytes(s), 40); v.m{i} = {value(source, kinds[i])}; *(union {name} *)p = v;")
    return Construct("union", code, 64, 16, [decl])


def lvalues(source):
    kind = source.choose(*SMALL_INTEGERS)
    v = value(source, kind)
    code = source.choose(
        "$k local; *(s >> 33 & 1 ? ($k *)p : &local) = $v; ($k)(($k *)p)[1]++; (void)local;",
        "$k a; a = (($k *)p)[0] = (($k *)p)[3] = $v; (void)a;",
        "*(($k *)p + (s % 4)) = $v;",
        "*($k *)(p + 3 * sizeof($k) - (s % 3) * sizeof($k)) = $v;",
        "$k *q = ($k *)p; *q++ = $v; *q++ = $v; *++q = $v;",
        "$k *t[2] = {($k *)p, ($k *)p + 2}; *t[s & 1] = $v; **(t + 1) = $v;",
        "$k **volatile hidden; $k *t = ($k *)p; hidden = &t; **hidden = $v;",
        "uintptr_t u = (uintptr_t)opaque((uint64_t)(uintptr_t)p); *($k *)(u | 0) = $v;",
        "($k *)(void *)p ? (void)(*($k *)p = $v) : (void)0;",
        "$k *a = ($k *)p, *b = ($k *)p + 3, t = *a; *a = *b + 1; *b = t;",
        "static $k **keep; $k *t = ($k *)p; keep = &t; *keep[0] = $v;",
        "static _Thread_local_ $k *mine; mine = ($k *)p; *mine = $v;",
        "static $k *mine; mine = ($k *)p + 1; mine[-1] = $v; *mine = $v;",
        "*($k *)p = ({ $k v = $v; v + 1; });")
    code = code.replace("_Thread_local_", "thread_local" if source.is_cxx else "_Thread_local")
    return Construct(f"lvalue of {kind}", fill(code, k=kind, v=v), 4 * SIZES[kind], SIZES[kind])


def out_parameters(source):
    kind = source.choose("int", "long", "unsigned", "unsigned long long", "short")
    size = {"int": 4, "unsigned": 4, "short": 2}.get(kind, 8)
    code = source.choose(
        "(void)__builtin_add_overflow(($k)s, ($k)(s >> 9), ($k *)p);",
        "(void)__builtin_mul_overflow(($k)s, ($k)(s >> 9), ($k *)p);",
        "if (__builtin_sub_overflow((int128)s, ($k)(s >> 9), ($k *)p)) *($k *)p += 1;")
    return Construct(f"overflow builtin of {kind}", fill(code, k=kind), size, size)


ALL = [scalar, scalar, scalar, non_temporal, complex_number, bit_fields, bit_fields, struct_whole, struct_whole,
       struct_members, literal, union, lvalues, lvalues, out_parameters]
