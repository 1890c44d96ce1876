"""Near the machine: vectors, intrinsics, inline assembler."""

from construct import Construct, fill

ELEMENTS = {"int8_t": 1, "uint16_t": 2, "int32_t": 4, "int64_t": 8, "float": 4, "double": 8}


def vector(source):
    element = source.random.choice(list(ELEMENTS))
    size = source.choose(8, 16, 32, 64, 128)
    n = size // ELEMENTS[element]
    if n < 2:
        size, n = 16, 16 // ELEMENTS[element]
    name = source.fresh("vector")
    unaligned = source.chance(2)
    decl = f"typedef {element} {name} __attribute__((vector_size({size}){', aligned(1)' if unaligned else ''}, may_alias));"
    code = source.choose(
        "$v x; memcpy(&x, source_bytes(s), sizeof x); *($v *)p = x;",
        "$v x; memcpy(&x, source_bytes(s), sizeof x); *($v *)p += x;",
        "(*($v *)p)[$i] = ($e)(s >> 40);",
        "(*($v *)p)[s % $n] = ($e)(s >> 40);",
        "$v x; memcpy(&x, source_bytes(s), sizeof x); *($v *)p = ($v)(x > *($v *)p); (*($v *)p)[0] = ($e)(s >> 41);",
        "*($v *)p = __builtin_shufflevector(*($v *)p, *($v *)p, $order); (*($v *)p)[$i] += 1;",
        "$v x; memcpy(&x, source_bytes(s), sizeof x); __builtin_nontemporal_store(x, ($v *)p);",
        "$v x = {0}; x[$i] = ($e)(s >> 40); *(volatile $v *)p = x;",
        "for (int i = 0; i < $n; ++i) (*($v *)p)[i] = ($e)((s >> 40) + (uint64_t)i);")
    if not unaligned or "nontemporal" in code:
        decl = decl.replace(", aligned(1)", "")
        unaligned = False
    order = ", ".join(str((i * 3 + 1) % n) for i in range(n))
    return Construct(f"vector of {n} {element}", fill(code, v=name, e=element, i=source.number(0, n - 1), n=n, order=order),
                     size, 1 if unaligned else size, [decl])


LOADED = "__m128i x = _mm_loadu_si128((const __m128i *)(const void *)source_bytes(s)); "
INTRINSICS = [
    (16, LOADED + "_mm_storeu_si128((__m128i *)p, x);"),
    (16, LOADED + "_mm_stream_si128((__m128i *)p, x);"),
    (8, LOADED + "_mm_storel_epi64((__m128i *)p, x);"),
    (8, LOADED + "_mm_storeh_pd((double *)p, _mm_castsi128_pd(x));"),
    (8, LOADED + "_mm_storel_pd((double *)p, _mm_castsi128_pd(x));"),
    (4, LOADED + "_mm_store_ss((float *)p, _mm_castsi128_ps(x));"),
    (16, LOADED + "_mm_store1_pd((double *)p, _mm_castsi128_pd(x));"),
    (16, LOADED + "_mm_maskmoveu_si128(x, _mm_set1_epi8((char)0x80), (char *)p);"),
    (16, LOADED + "_mm_maskmoveu_si128(x, x, (char *)p); p[3] = (byte)s;"),
    (8, "_mm_stream_si64((long long *)p, (long long)s);"),
    (4, "_mm_stream_si32((int *)p, (int)s);"),
    (8, "_mm_storeu_si64(p, _mm_cvtsi64_si128((long long)s));"),
    (2, "_mm_storeu_si16(p, _mm_cvtsi64_si128((long long)(s >> 30)));"),
    (8, "(void)_addcarry_u64(1, s, s >> 7, (unsigned long long *)p);"),
    (8, "(void)_subborrow_u64(1, s >> 9, s, (unsigned long long *)p);"),
    (4, "*(unsigned *)p = _mm_getcsr(); p[1] ^= (byte)s;"),
    (512, "__builtin_ia32_fxsave64(p); p[100] = (byte)s;"),
    (64, "_mm_clflush(p); p[7] = (byte)s;"),
    (8, "unsigned a; *(uint64_t *)p = __builtin_ia32_rdtscp(&a) ^ s;"),
    (8, "*(uint64_t *)p = s; (void)__builtin_ia32_rdtscp((unsigned *)p);"),
]
AVX2 = [
    (32, "_mm256_storeu_si256((__m256i *)p, _mm256_loadu_si256((const __m256i *)(const void *)source_bytes(s)));"),
    (32, "__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)source_bytes(s)); _mm256_maskstore_epi32((int *)p, x, x); p[31] = (byte)s;"),
    (32, "__m256i x = _mm256_loadu_si256((const __m256i *)(const void *)source_bytes(s)); _mm256_maskstore_pd((double *)p, x, _mm256_castsi256_pd(x)); *p = (byte)s;"),
    (32, "_mm256_stream_si256((__m256i *)p, _mm256_set1_epi64x((long long)s));"),
    (64, "_mm256_storeu2_m128i((__m128i *)(p + 48), (__m128i *)p, _mm256_set1_epi64x((long long)s));"),
    (16, "_mm_maskstore_epi64((long long *)p, _mm_set_epi64x(-1, (long long)(s << 33)), _mm_set1_epi64x((long long)s));"),
    (16, "*(__m128i *)p = _mm_cvtps_ph(_mm_set1_ps((float)(s >> 60)), 0); p[9] = (byte)s;"),
    (8, "unsigned long long high; *(uint64_t *)p = _mulx_u64(s, s | 5, &high);"),
]
AVX512 = [
    (64, "_mm512_storeu_si512(p, _mm512_set1_epi64((long long)s));"),
    (64, "_mm512_mask_storeu_epi32(p, (__mmask16)(s | 1), _mm512_set1_epi32((int)s));"),
    (64, "_mm512_mask_storeu_epi8(p, (__mmask64)(s | 1), _mm512_set1_epi8((char)s));"),
    (64, "_mm512_mask_compressstoreu_epi32(p, (__mmask16)(s | 1), _mm512_set1_epi32((int)s));"),
    (1024, "_mm512_i32scatter_epi32(p, _mm512_set_epi32(0, 9, 20, 33, 47, 60, 71, 80, 99, 111, 120, 133, 150, 177, 200, 250), _mm512_set1_epi32((int)s), 4);"),
    (1024, "_mm512_mask_i64scatter_pd(p, (__mmask8)(s | 1), _mm512_set_epi64(0, 9, 20, 33, 47, 60, 71, 120), _mm512_set1_pd((double)s), 8);"),
    (64, "_mm512_stream_si512((__m512i *)p, _mm512_set1_epi64((long long)s));"),
    (32, "_mm512_mask_cvtepi64_storeu_epi32(p, (__mmask8)(s | 1), _mm512_set1_epi64((long long)s));"),
    (16, "_mm_mask_store_ss((float *)p, (__mmask8)1, _mm_set1_ps((float)s));"),
]


def intrinsic(source):
    all_of_them = INTRINSICS + (AVX2 if "avx2" in source.features else []) + (AVX512 if "avx512" in source.features else [])
    size, code = source.random.choice(all_of_them)
    return Construct(f"intrinsic: {code.split(';')[-2].strip()[:50]}", code, size, min(size, 64))


ASSEMBLER = [
    (8, '__asm__ volatile("movq %1, %0" : "=m"(*(uint64_t *)p) : "r"(s));'),
    (8, '__asm__("addq %1, %0" : "+m"(*(uint64_t *)p) : "r"(s) : "cc");'),
    (4, '__asm__ volatile("lock xaddl %0, %1" : "+r"(*(unsigned *)&s), "+m"(*(unsigned *)p) : : "cc");'),
    (8, '__asm__ volatile("xchgq %0, %1" : "+r"(s), "+m"(*(uint64_t *)p));'),
    (1, '__asm__("movb %b1, %0" : "=m"(*p) : "q"(s));'),
    (8, '__asm__("movq %1, %0" : "=rm"(*(uint64_t *)p) : "ri"(s));'),
    (8, '__asm__("leaq 3(%1), %0" : "=r"(*(uint64_t *)p) : "r"(s));'),
    (16, '__asm__ volatile("movups %%xmm0, %0" : "=m"(*(__m128i *)p)); p[5] ^= (byte)s;'),
    (8, '__asm__ volatile("movq %1, (%0)" : : "r"(p), "r"(s) : "memory");'),
    (64, 'void *to = p; uint64_t bytes = s % 40 + 1; __asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"((int)(s >> 8)) : "memory");'),
    (200, '__asm__("movq %2, %0\\n\\tmovq %2, %1" : "=m"(*(uint64_t *)p), "=m"(*(uint64_t *)(p + 160)) : "r"(s));'),
    (16, '__asm__ volatile("cmpxchg16b %0" : "+m"(*(int128 *)p) : "a"(*(uint64_t *)p), "d"(((uint64_t *)p)[1]), "b"(s), "c"(s) : "cc");'),
    (8, '__asm__("bts %1, %0" : "+m"(*(uint64_t *)p) : "Ir"((unsigned)(s % 64)) : "cc"); p[0] ^= (byte)s;'),
    (10, '__asm__ volatile("fldpi\\n\\tfstpt %0" : "=m"(*(long double *)p)); p[2] ^= (byte)s;'),
    (1, 'int taken = 0; __asm__("cmpq $$3, %1\\n\\tseta %0" : "=qm"(*p) : "r"(s % 7) : "cc"); (void)taken; *p ^= (byte)s;'),
]


def assembler(source):
    size, code = source.random.choice(ASSEMBLER)
    return Construct(f"asm: {code[8:45]}", code.replace("$$3", "$3"), max(size, 16), 16)


def matrix(source):
    rows, columns = source.number(1, 5), source.number(2, 5)
    name = source.fresh("matrix")
    decl = f"typedef float {name} __attribute__((matrix_type({rows}, {columns})));"
    load = fill("$m x = __builtin_matrix_column_major_load((float *)(void *)source_bytes(s & ~3ul), $r, $c, $r); ", m=name, r=rows, c=columns)
    code = load + source.choose(f"*({name} *)p = x;", f"__builtin_matrix_column_major_store(x, (float *)p, {rows + 3});",
                                f"*({name} *)p = x + x; (*({name} *)p)[0][1] = (float)(s >> 40);")
    if "matrix" not in source.features:
        return vector(source)
    return Construct(f"matrix type {rows} by {columns}", code, 4 * (rows + 3) * columns, 4, [decl])


ALL = [matrix, vector, vector, intrinsic, intrinsic, assembler]
