"""Functions of libc that write through a pointer: as builtins with constant sizes, as calls, and fortified."""

from construct import Construct, fill

# What is written is bounded by $n in all of them.
BLOCKS = [
    "memcpy(p, source_bytes(s), $n);",
    "memmove(p, source_bytes(s), $n);",
    "memmove(p + 3, p, $n); p[0] = (byte)s;",
    "memmove(p, p + 3, $n); p[$n] = (byte)s;",
    "memset(p, (int)(s & 255), $n);",
    "memset(p, 0, $n); p[s % $n] = 1;",
    "*(byte *)mempcpy(p, source_bytes(s), $n) = (byte)s;",
    "(void)memccpy(p, source_bytes(s), 77, $n);",
    "__builtin_memcpy_inline(p, source_bytes(s), $constant);",
    "__builtin_memset_inline(p, (int)(s & 255), $constant);",
    "__builtin___memcpy_chk(p, source_bytes(s), $n, __builtin_object_size(p, 0));",
    "__builtin___memmove_chk(p + 5, p, $n, __builtin_object_size(p, 0)); *p = (byte)s;",
    "__builtin___memset_chk(p, (int)(s & 255), $n, __builtin_object_size(p, 0));",
    "__builtin_bzero(p, $n); p[0] = (byte)s;",
    "explicit_bzero(p, $n); *p = (byte)(s | 1);",
    "swab(source_bytes(s), p, (ssize_t)(($n) & ~1ul)); p[0] = (byte)s;",
    "for (size_t i = 0; i < $n; ++i) memcpy(p + i, source_bytes(s), 3);",
    "byte t[700]; memcpy(t, source_bytes(s), $n); memcpy(p, t, $n);",
]
SIZES = [1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 127, 128, 129, 200, 256, 300, 512, 600]

TEXTS = [
    'strcpy(c, "some text of this length");',
    'strcpy(c, "ab"); c[0] = (char)(s % 26 + 65);',
    "snprintf(t, 90, \"%llu and more of it\", (unsigned long long)s); strcpy(c, t);",
    "snprintf(t, 90, \"%llu\", (unsigned long long)s); *stpcpy(c, t) = 'x';",
    'strncpy(c, "padded with zeros", 60); c[2] = (char)(s | 1);',
    'stpncpy(c, "padded", 30)[0] = (char)(s % 26 + 65);',
    'strcpy(c, "one"); strcat(c, ", two"); c[1] = (char)(s % 26 + 65);',
    'strcpy(c, "one"); strncat(c, "abcdefghij", s % 9 + 1);',
    'sprintf(c, "%d", (int)s);', 'sprintf(c, "constant");', 'sprintf(c, "%s-%s", "a", "bcdef"); c[0] = (char)s;',
    'snprintf(c, 20, "%.15g", (double)(s >> 9) / 7);', 'snprintf(c, s % 30 + 1, "%060d", (int)s);',
    '__builtin___sprintf_chk(c, 1, __builtin_object_size(c, 1), "%x", (unsigned)s);',
    '__builtin___snprintf_chk(c, 80, 1, __builtin_object_size(c, 1), "%lx", (unsigned long)s);',
    '__builtin___strcpy_chk(c, "nineteen characters", __builtin_object_size(c, 1)); c[3] = (char)s;',
    '__builtin___stpcpy_chk(c, "nineteen characters", __builtin_object_size(c, 1))[0] = (char)(s | 1);',
    '__builtin___strncpy_chk(c, "nineteen characters", 40, __builtin_object_size(c, 1)); *c = (char)s;',
    'swprintf((wchar_t *)c, 20, L"%d", (int)(s % 100000));', 'wcscpy((wchar_t *)c, L"wide"); *(wchar_t *)c = (wchar_t)(s >> 40);',
    "wmemset((wchar_t *)c, (wchar_t)(s >> 34), 20);", "wmemcpy((wchar_t *)c, (const wchar_t *)(const void *)source_bytes(s), 20);",
    'strcpy(c, "a,b,c"); c[0] = (char)(s % 20 + 66); char *save = c; (void)strsep(&save, ",");',
    'strcpy(c, "a,b,c"); c[0] = (char)(s % 20 + 66); char *save; (void)strtok_r(c, ",", &save);',
]

# Single results; what is there is 8-byte aligned. Different each time, or made so. Left out is what is not tracked:
# results of strtol, inet_pton, poll, uname and other functions that an application rarely points into a file.
RESULTS = [
    "*(time_t *)p = 0; (void)time((time_t *)p);",
    "*(time_t *)p = 0; (void)clock_gettime(CLOCK_MONOTONIC, (struct timespec *)p);",
    "(void)gettimeofday((struct timeval *)p, 0);",
    "time_t t = (time_t)(s >> 33); (void)gmtime_r(&t, (struct tm *)p);",
    "time_t t = (time_t)(s >> 33); (void)ctime_r(&t, (char *)p);",
    "time_t t = (time_t)(s >> 33); struct tm d; (void)gmtime_r(&t, &d); (void)strftime((char *)p, 60, \"%F %T\", &d);",
    "*(unsigned *)p = (unsigned)s; (void)rand_r((unsigned *)p);",
    "((unsigned short *)p)[0] = (unsigned short)s; (void)erand48((unsigned short *)p);",
    "(void)getrandom(p, s % 100 + 1, 0);",
    "int fd = open(\"/dev/urandom\", O_RDONLY); (void)!read(fd, p, 40 + s % 40); close(fd);",
    "int fd = open(\"/dev/urandom\", O_RDONLY); struct iovec v[2] = {{p, 9}, {p + 60, 20}}; (void)!readv(fd, v, 2); close(fd);",
    "int e[2]; (void)!pipe(e); (void)!write(e[1], source_bytes(s), 50); (void)!read(e[0], p + 1, 50); close(e[0]), close(e[1]);",
    "(void)!pipe((int *)p); close(((int *)p)[0]), close(((int *)p)[1]); p[8] = (byte)s;",
    "int e[2]; (void)socketpair(AF_UNIX, SOCK_STREAM, 0, e); (void)send(e[1], source_bytes(s), 70, 0); (void)recv(e[0], p, 70, 0); close(e[0]), close(e[1]);",
    "struct stat *st = (struct stat *)p; st->st_size = (off_t)s; (void)stat(\"/dev/null\", st);",
    "char text[] = \"3 4 5\"; text[0] = (char)('0' + s % 10); FILE *f = fmemopen(text, 5, \"r\"); (void)!fgets((char *)p, 20, f); fclose(f);",
    "FILE *f = fopen(\"/dev/urandom\", \"r\"); (void)!fread(p, 1, 100, f); fclose(f);",
    "memcpy(p, source_bytes(s), 120); qsort(p, 15, 8, compare_words);",
    "(void)mbstowcs((wchar_t *)p, \"abcdef\", 20); *(wchar_t *)p = (wchar_t)(s >> 40);",
    "(void)wcstombs((char *)p, L\"abcdef\", 20); p[0] = (byte)s;",
    "(void)gethostname((char *)p, 60); p[61] = (byte)s;",
]

HEADERS = """#include <fcntl.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
static int compare_words(const void *a, const void *b) { return memcmp(a, b, 8); }
"""


def block(source):
    count = source.random.choice(SIZES)
    n = source.choose(str(count), f"opaque({count})", f"({count} - s % {min(count, 3)})")
    text = source.random.choice(BLOCKS)
    code = fill(text, n=n, constant=count)
    return Construct(f"{text.split('(')[0]} of {n}", code, count + 10)


def text(source):
    chosen = source.random.choice(TEXTS)
    return Construct(f"text: {chosen[:30]}", "char *c = (char *)p, t[100]; (void)t; " + chosen, 100, 8)


def result(source):
    chosen = source.random.choice(RESULTS)
    return Construct(f"result: {chosen[-40:]}", chosen, 400, 8)


def formatted_elsewhere(source):
    name = source.fresh("format")
    inline = source.choose("NOINLINE static", "static")
    decl = (f"{inline} void {name}(byte *p, const char *how, ...) {{ va_list list; va_start(list, how); "
            f"vsnprintf((char *)p, 90, how, list); va_end(list); }}")
    return Construct("vsnprintf", f'{name}(p, "%lu %s %g", (unsigned long)s, "text", 1.5);', 100, 1, [decl])


ALL = [block, block, block, text, text, result, formatted_elsewhere]
