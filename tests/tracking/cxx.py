"""What C++ adds: constructs, and places where one may stand."""

import control
from construct import Construct, SMALL_INTEGERS, SIZES, fill, value

HEADERS = """#include <algorithm>
#include <array>
#include <atomic>
#include <bitset>
#include <charconv>
#include <complex>
#include <coroutine>
#include <deque>
#include <functional>
#include <memory>
#include <new>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <valarray>
#include <variant>
#include <vector>
// Hands out the window's bytes, once.
struct Arena { byte *next; };
template <typename T> struct InWindow {
  using value_type = T;
  Arena *arena;
  explicit InWindow(Arena *a) : arena(a) {}
  template <typename U> InWindow(const InWindow<U> &other) : arena(other.arena) {}
  T *allocate(size_t n) {
    byte *result = arena->next;
    arena->next += (n * sizeof(T) + 15) / 16 * 16;
    return reinterpret_cast<T *>(result);
  }
  void deallocate(T *, size_t) {}
  template <typename U> bool operator==(const InWindow<U> &other) const { return arena == other.arena; }
};
template <typename T> using Vector = std::vector<T, InWindow<T>>;
using String = std::basic_string<char, std::char_traits<char>, InWindow<char>>;
template <typename T> T &at(byte *p, size_t i = 0) { return reinterpret_cast<T *>(p)[i]; }
struct Base {
  uint64_t a; Base(uint64_t s) : a(s) {}
  virtual ~Base() { a = ~a; }
  virtual void change(uint64_t s) { a ^= s; }
};
struct Left : virtual Base { uint64_t l; Left(uint64_t s) : Base(s), l(s + 1) {} void change(uint64_t s) override { l = s; } };
struct Right : virtual Base { uint64_t r; Right(uint64_t s) : Base(s), r(s + 2) {} };
struct Both final : Left, Right { uint64_t b; Both(uint64_t s) : Base(s), Left(s), Right(s), b(s + 3) {} void change(uint64_t s) override { b = s; a = s; } };
struct Derived : Base { uint64_t d[4]; Derived(uint64_t s) : Base(s), d{s, s + 1} {} void change(uint64_t s) override { d[s % 4] = s; } };
struct Point {
  double x, y; Point() = default; Point(double a, double b) : x(a), y(b) {}
  Point &operator+=(const Point &o) { x += o.x, y += o.y; return *this; }
  Point operator*(double f) const { return {x * f, y * f}; }
};
struct Placed { uint64_t v[3]; byte more[13]; static void *operator new(size_t, byte *where) { return where; } Placed(uint64_t s) : v{s, s + 1, s ^ 77} { more[s % 13] = 1; } };
struct Loud { uint64_t *where; uint64_t s; ~Loud() { *where = s; } };
"""

# (bytes, code); aligned to 16.
PIECES = [
    (160, "new (p) Both(s);"), (160, "Both *o = new (p) Both(s); Base *b = o; b->change(s + 1);"),
    (64, "new (p) Derived(s);"), (64, "Base *b = new (p) Derived(s); b->change(s >> 3); b->~Base();"),
    (64, "new (p) Placed(s);"), (200, "for (int i = 0; i < 4; ++i) new (p + 48 * i) Placed(s + (uint64_t)i);"),
    (160, "new (p) Point[10]{{(double)(s >> 40), 1}, {2, (double)(s >> 42)}};"), (160, "std::uninitialized_fill_n(&at<Point>(p), 10, Point((double)(s >> 40), 3));"),
    (32, "at<Point>(p) += Point((double)(s >> 40), 1);"), (32, "at<Point>(p, 1) = at<Point>(p) * 2 ; at<Point>(p).x = (double)(s >> 33);"),
    (800, "std::copy_n(reinterpret_cast<const uint64_t *>(source_bytes(s)), 100, &at<uint64_t>(p));"),
    (800, "std::fill_n(&at<uint64_t>(p), 100, s);"), (400, "std::fill(p, p + 400, (byte)s);"),
    (800, "std::iota(&at<uint64_t>(p), &at<uint64_t>(p, 100), s);"),
    (800, "std::copy_n(source_bytes(s), 800, p); std::sort(&at<uint64_t>(p), &at<uint64_t>(p, 100));"),
    (800, "std::copy_n(source_bytes(s), 800, p); std::stable_sort(&at<uint32_t>(p), &at<uint32_t>(p, 200), std::greater<>());"),
    (400, "std::copy_n(source_bytes(s), 400, p); std::nth_element(p, p + 100, p + 400); std::partial_sort(p, p + 30, p + 90);"),
    (800, "std::generate_n(&at<uint64_t>(p), 100, [&] { return s = s * 3 + 1; });"),
    (800, "std::transform(p, p + 400, p + 400, [&](byte b) { return (byte)(b ^ s); });"),
    (800, "std::reverse(&at<uint32_t>(p), &at<uint32_t>(p, 200)); p[0] = (byte)s;"),
    (800, "std::rotate(&at<uint32_t>(p), &at<uint32_t>(p, 1 + s % 150), &at<uint32_t>(p, 200)); p[3] = (byte)s;"),
    (800, "std::swap_ranges(p, p + 400, p + 400); p[0] = (byte)s;"), (800, "std::copy_backward(p, p + 700, p + 790); p[0] = (byte)s;"),
    (800, "std::move(p + 9, p + 500, p); p[0] = (byte)s;"), (800, "std::partial_sum(&at<uint32_t>(p), &at<uint32_t>(p, 100), &at<uint32_t>(p, 100)); p[1] = (byte)s;"),
    (800, "(void)std::remove_if(p, p + 300, [](byte b) { return b & 1; }); p[0] = (byte)s;"),
    (400, "std::replace(p, p + 400, p[7], (byte)s); p[9] = (byte)(s >> 8);"), (400, "(void)std::partition(p, p + 400, [&](byte b) { return b > (byte)s; }); p[1] = (byte)s;"),
    (400, "std::make_heap(p, p + 200); std::pop_heap(p, p + 200); p[0] = (byte)s; std::push_heap(p, p + 200);"),
    (32, "std::swap(at<uint64_t>(p), at<uint64_t>(p, 3)); at<uint64_t>(p) ^= s;"), (8, "(void)std::exchange(at<uint64_t>(p), s);"),
    (64, "std::tie(at<uint64_t>(p), at<uint32_t>(p, 9)) = std::tuple<uint64_t, uint32_t>(s, (uint32_t)(s >> 7));"),
    (64, "at<std::pair<uint64_t, double>>(p) = {s, 1.5};"), (64, "at<std::tuple<char, double, short>>(p) = {(char)s, (double)(s >> 40), (short)s};"),
    (160, "at<std::array<uint32_t, 40>>(p).fill((uint32_t)s);"), (160, "auto &a = at<std::array<uint32_t, 40>>(p); for (auto &x : a) x = (uint32_t)s++;"),
    (64, "new (p) std::bitset<300>(s); at<std::bitset<300>>(p).set(299).flip(s % 300);"),
    (32, "at<std::complex<double>>(p) = {(double)(s >> 40), 1}; at<std::complex<double>>(p) *= std::complex<double>(2, 3);"),
    (32, "new (p) std::optional<uint64_t>(s);"), (32, "auto *o = new (p) std::optional<uint64_t>; o->emplace(s); if (s & 1) o->reset();"),
    (48, "auto *v = new (p) std::variant<int, double, uint64_t>(1.5); *v = s; v->emplace<int>((int)s); std::visit([](auto &x) { x += 1; }, *v);"),
    (32, "new (p) std::function<void()>([] {}); at<uint64_t>(p, 0) = s;"),
    (64, "uint64_t *q = &at<uint64_t>(p); auto store = [q, s](int i) { q[i] = s; return i; }; store(0), store(5);"),
    (64, "std::function<void(int)> f = [&](int i) { at<uint64_t>(p, (size_t)i) = s++; }; f(1), f(7);"),
    (64, "auto &[a, b] = at<std::pair<uint64_t, uint64_t>>(p); a = s, b = s + 1;"),
    (64, "uint64_t Placed::*m = nullptr; (void)m; double Point::*x = s & 1 ? &Point::x : &Point::y; at<Point>(p).*x = (double)(s >> 40);"),
    (64, "std::span<uint16_t> v(&at<uint16_t>(p), 32); for (auto &x : v.subspan(3)) x ^= (uint16_t)s++; v.front() = (uint16_t)s;"),
    (32, "std::atomic<uint64_t> &a = at<std::atomic<uint64_t>>(p); a.store(s, std::memory_order_release); a.fetch_add(s); a ^= 5; ++a;"),
    (32, "std::atomic<uint32_t> &a = at<std::atomic<uint32_t>>(p); uint32_t e = a.load(); (void)a.compare_exchange_weak(e, (uint32_t)s, std::memory_order_acq_rel, std::memory_order_relaxed); a.exchange((uint32_t)(s >> 3));"),
    (32, "std::atomic_ref<uint64_t> a(at<uint64_t>(p)); a.fetch_xor(s | 1, std::memory_order_relaxed);"),
    (32, "auto &a = at<std::atomic<double>>(p); a.store((double)(s >> 40)); a.fetch_add(0.5); auto &f = at<std::atomic_flag>(p, 9); f.clear(); f.test_and_set();"),
    (48, "struct Wide { uint64_t a, b; }; at<std::atomic<Wide>>(p).store({s, s + 1}); (void)at<std::atomic<Wide>>(p).exchange({s + 2, s});"),
    (2000, "Arena arena{p}; Vector<uint64_t> v{InWindow<uint64_t>(&arena)}; for (int i = 0; i < 50; ++i) v.push_back(s++); v.insert(v.begin() + 3, s); v.erase(v.begin());"),
    (2000, "Arena arena{p + 64}; auto *v = new (p) Vector<uint32_t>(InWindow<uint32_t>(&arena)); v->assign(60, (uint32_t)s); v->resize(90); v->emplace_back(3u); v->clear();"),
    (1000, "Arena arena{p}; String t{InWindow<char>(&arena)}; for (int i = 0; i < 40; ++i) t += (char)('a' + (s + (uint64_t)i) % 26); t.insert(3, \"xyz\"); t.replace(0, 2, \"longer than that\"); t.append(\"end\");"),
    (1000, "Arena arena{p + 64}; auto *t = new (p) String(\"a\", InWindow<char>(&arena)); *t += std::to_string(s).c_str(); t->append(30, (char)s); t->erase(1, 4);"),
    (1000, "Arena arena{p + 64}; auto *t = new (p) String(InWindow<char>(&arena)); t->assign(s % 15, 'q'); String u(\"swapped in \", InWindow<char>(&arena)); t->swap(u);"),
    (3000, "Arena arena{p}; std::deque<uint64_t, InWindow<uint64_t>> d{InWindow<uint64_t>(&arena)}; for (int i = 0; i < 20; ++i) d.push_front(s++), d.push_back(s);"),
    (1000, "Arena arena{p + 64}; auto shared = std::allocate_shared<Point>(InWindow<Point>(&arena), (double)(s >> 40), 2.0); shared->x += 1; auto copy = shared;"),
    (64, "(void)std::to_chars((char *)p, (char *)p + 30, s);"), (64, "(void)std::to_chars((char *)p, (char *)p + 60, (unsigned)s, 2);"),
    (64, "try { at<uint64_t>(p) = s; if (s & 1) throw std::runtime_error(\"thrown\"); at<uint64_t>(p, 1) = s; } catch (const std::exception &) { at<uint64_t>(p, 2) = s; }"),
    (64, "try { Loud first{&at<uint64_t>(p), s}, second{&at<uint64_t>(p, 5), s + 1}; throw s; } catch (uint64_t caught) { at<uint64_t>(p, 1) = caught; }"),
    (64, "Loud last{&at<uint64_t>(p, 3), s}; at<uint64_t>(p) = s;"),
    (64, "uint64_t *const &r = reinterpret_cast<uint64_t *const &>(p); *r = s; r[4] = s + 1;"),
    (64, "[]<typename... T>(byte *to, T... v) { (void)((*to++ = (byte)v), ...); }(p, s, s >> 8, 3, s >> 16, 'x');"),
    (64, "std::ranges::fill(std::span<byte>(p, 50), (byte)s); std::ranges::copy(std::span<const byte>(source_bytes(s), 20), p + 8);"),
    (64, "std::construct_at(&at<Placed>(p), s); std::destroy_at(&at<Placed>(p));"),
    (800, "std::valarray<double> v((double)(s >> 40), 50); std::copy(std::begin(v), std::end(v), &at<double>(p));"),
]


def piece(source):
    size, code = source.random.choice(PIECES)
    return Construct(f"c++: {code[:45]}", code, size, 16)


def template(source):
    kind = source.choose(*SMALL_INTEGERS)
    name = source.fresh("Template")
    decl = fill("template <typename T, size_t n> struct $f { T v[n]; template <typename U> void set(U u) { for (T &x : v) x = (T)(x + u); v[n / 2] = (T)u; } "
                "$f &operator=(const $f &) = default; };", f=name)
    code = fill("auto &o = at<$f<$k, $n>>(p); o.set($v); auto copy = o; copy.v[0] ^= 1; o = copy;", f=name, k=kind, n=source.number(1, 40),
                v=value(source, kind))
    return Construct(f"template of {kind}", code, 40 * SIZES[kind], 8, [decl])


ALL = [piece, piece, piece, template]

PLACES = [
    ("in a lambda", "", "[&] { $c }();"),
    ("in a copied lambda", "", "auto $f = [p, s]() mutable { $c }; $f();"),
    ("in a generic lambda", "", "auto $f = [](auto *p, auto s) { $c }; $f(p, s);"),
    ("in std::function", "", "std::function<void()> $f = [&] { $c }; $f();"),
    ("in a thread", "", "std::thread([p, s]() mutable { $c }).join();"),
    ("in a try block", "", "try { $c throw (int)s; } catch (int) { p[0] = (byte)s; }"),
    ("in a handler", "", "try { p[0] = (byte)s; throw s; } catch (uint64_t) { $c }"),
    ("in a destructor", "struct $f { byte *kept; uint64_t seed; ~$f() { byte *p = kept; uint64_t s = seed; $c } };", "{ $f guard{p, s}; p[0] = (byte)s; }"),
    ("while unwinding", "struct $f { byte *kept; uint64_t seed; ~$f() { byte *p = kept; uint64_t s = seed; $c } };", "try { $f guard{p, s}; throw 1; } catch (...) { p[0] ^= (byte)s; }"),
    ("in a virtual function", "struct $f_b { virtual void run(byte *p, uint64_t s) { *p = (byte)s; } virtual ~$f_b() = default; }; struct $f final : $f_b { void run(byte *p, uint64_t s) override { $c } };",
     "$f o; $f_b *volatile hidden = &o; hidden->run(p, s);"),
    ("in a constructor", "struct $f { $f(byte *p, uint64_t s) { $c } };", "$f o(p, s); (void)o;"),
    ("in a function template", "template <int n> static void $f(byte *p, uint64_t s) { if constexpr (n > 0) { *p = (byte)s; $f<n - 1>(p, s + n); } else { $c } }", "$f<3>(p, s);"),
    ("in a static member", "struct $f { static void run(byte *&p, const uint64_t &seed) { uint64_t s = seed; $c } };", "$f::run(p, s);"),
    ("by a member pointer", "struct $f { void run(byte *p, uint64_t s) noexcept { $c } };", "$f o; void ($f::*m)(byte *, uint64_t) noexcept = &$f::run; (o.*m)(p, s);"),
    ("in a coroutine", "struct $f_t { struct promise_type { $f_t get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; } std::suspend_always initial_suspend() { return {}; } "
     "std::suspend_always final_suspend() noexcept { return {}; } void return_void() {} void unhandled_exception() {} }; std::coroutine_handle<promise_type> handle; }; "
     "static $f_t $f(byte *p, uint64_t s) { *p = (byte)s; co_await std::suspend_always{}; $c co_await std::suspend_always{}; *p = (byte)(s >> 8); }",
     "auto task = $f(p, s); while (!task.handle.done()) task.handle.resume(); task.handle.destroy();"),
]


def fits(inner, definition):
    """A coroutine, or a generic lambda, cannot hold everything."""
    code = inner.code
    if "co_await" in definition:
        return not any(word in code for word in ("return", "setjmp", "alloca", "va_", "columns"))
    return "setjmp" not in code


def wrapped(source, inner):
    where, definition, call = source.random.choice(PLACES)
    if not fits(inner, definition):
        return control.wrapped(source, inner)
    name = source.fresh("Place")
    names = {"f": name, "f_b": name + "_b", "f_t": name + "_t", "c": "{ " + inner.code + " }"}
    decls = inner.decls + ([fill(definition, **names)] if definition else [])
    return Construct(f"{inner.name} {where}", fill(call, **names), max(inner.size, 2), inner.align, decls, inner.other)
