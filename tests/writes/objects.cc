// Objects of C++ in a managed file: construction in place, references, members, virtual calls, results built
// in place.
#include <array>
#include <bitset>
#include <complex>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <variant>

#include "kind.h"

namespace {

template <typename T>
T &at(byte *to) {
  return *std::launder(reinterpret_cast<T *>(to));
}
uint64_t &word(byte *to, size_t i = 0) { return reinterpret_cast<uint64_t *>(to)[i]; }

struct Point {
  uint64_t x, y;
  uint32_t colour;
  Point() = default;
  Point(uint64_t a, uint64_t b, uint32_t c) : x(a), y(b), colour(c) {}
  Point(const Point &other) : x(other.x), y(other.y), colour(other.colour) {}
  Point(Point &&other) noexcept : x(std::exchange(other.x, 1)), y(other.y), colour(other.colour) {}
  Point &operator=(const Point &) = default;
  Point &operator+=(uint64_t n) {
    x += n, y += n;
    return *this;
  }
  void move_to(uint64_t a) & { x = a; }
};

struct Shape {
  explicit Shape(uint64_t n) : sides(n) {}
  virtual ~Shape() { sides = 7; }
  virtual void grow(uint64_t n) { sides = n; }
  uint64_t sides;
};
struct Named {
  virtual ~Named() = default;
  virtual void rename(uint64_t n) { name = n; }
  uint64_t name = 0;
};
struct Square : Shape, virtual Named {
  explicit Square(uint64_t n) : Shape(4), edge(n) {}
  ~Square() override { edge = 9; }
  void grow(uint64_t n) override { edge = n; }
  void rename(uint64_t n) override { name = edge = n; }
  uint64_t edge;
};

struct Big {
  std::array<uint64_t, 20> words;
};
// Its result is built where the caller wants it: by whom, nobody can tell from the call.
[[gnu::noinline]] Big make_big(uint64_t seed) {
  Big big{};
  for (uint64_t i = 0; i < 20; ++i) big.words[i] = seed + i;
  return big;
}
struct NotMovable {
  explicit NotMovable(uint64_t n) : a(n), b(n + 1), c(n + 2) {}
  NotMovable(const NotMovable &) = delete;
  uint64_t a, b, c;
};
[[gnu::noinline]] NotMovable make_not_movable(uint64_t seed) { return NotMovable(seed); }
NotMovable make_through(uint64_t seed) { return make_not_movable(seed + 1); }

KIND(placement_new, sizeof(Point), 8) { new (to) Point(seed, seed, 3); }
KIND(placement_new_of_array, 10 * sizeof(Point), 8) {
  auto *points = new (to) Point[10];
  for (int i = 0; i < 10; ++i) points[i] = Point(seed, 2, 3);
}
KIND(placement_new_of_zeroed_array, 80, 8) { new (to) uint64_t[10](); }
KIND(construct_at, sizeof(Point), 8) { std::construct_at(reinterpret_cast<Point *>(to), seed, seed, 5u); }
KIND_WITH(virtual_object, sizeof(Square), 8, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS) {
  new (to) Square(seed);
}
KIND_WITH(destructor, sizeof(Square), 8, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS) {
  auto *square = new (to) Square(seed);
  checkpoint();
  square->~Square();
  opaque_pointer(to);
}
KIND_WITH(virtual_call, sizeof(Square), 8, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS) {
  new (to) Square(1);
  checkpoint();
  at<Shape>(opaque_pointer(to)).grow(seed);
}
KIND_WITH(virtual_call_through_virtual_base, sizeof(Square), 8, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS) {
  Named *named = new (to) Square(1);
  checkpoint();
  named->rename(seed);
}
KIND(reference, sizeof(Point), 8) {
  Point &point = at<Point>(to);
  uint64_t &x = point.x;
  x = seed;
}
KIND(assignment, sizeof(Point), 8) { at<Point>(to) = Point(seed, 1, 2); }
KIND(moved_from_and_to, 200, 8) {
  at<Point>(to).y = seed;
  new (to + 152) Point(std::move(at<Point>(to)));
}
KIND(compound_assignment, sizeof(Point), 8) { at<Point>(to) += 1 + seed; }
KIND(member_function_pointer, sizeof(Point), 8) {
  void (Point::*volatile move)(uint64_t) & = &Point::move_to;
  (at<Point>(to).*move)(seed);
}
KIND(member_pointer, sizeof(Point), 8) {
  uint64_t Point::*volatile member = &Point::y;
  at<Point>(to).*member = seed;
}
KIND_WITH(result_built_in_place, sizeof(Big), 8, nullptr, nullptr, TRACKED_BY_INTERPOSER) {
  new (to) Big(make_big(seed));
}
KIND(result_not_movable, sizeof(NotMovable), 8) { new (to) NotMovable(make_not_movable(seed)); }
KIND(result_passed_on, sizeof(NotMovable), 8) { new (to) NotMovable(make_through(seed)); }
KIND_WITH(result_assigned, sizeof(Big), 8, nullptr, nullptr, TRACKED_BY_INTERPOSER) {
  at<Big>(to) = make_big(seed);
}
KIND_WITH(result_through_function, sizeof(Big), 8, nullptr, nullptr, TRACKED_BY_INTERPOSER) {
  const std::function<Big(uint64_t)> make = make_big;
  new (to) Big(make(seed));
}

KIND(lambda_by_reference, 8, 8) {
  uint64_t &x = word(to);
  const auto store = [&x](uint64_t n) { x = n; };
  store(seed);
}
KIND(lambda_by_pointer, 80, 8) {
  const auto store = [to](uint64_t i, uint64_t n) { word(to, i) = n; };
  for (uint64_t i = 0; i < 10; ++i) store(i, seed);
}
KIND(lambda_erased, 8, 8) {
  const std::function<void(uint64_t)> store = [to](uint64_t n) { word(to) = n; };
  store(seed);
}
KIND_WITH(lambda_in_the_file, 16, 8, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS) {
  auto count = [n = seed, &seed]() mutable { return n += seed | 1; };
  static_assert(sizeof count == 16);
  auto *stored = new (to) decltype(count)(count);
  checkpoint();
  (*stored)();
}

KIND(std_swap, 400, 8) {
  word(to) = seed;
  checkpoint();
  std::swap(word(to), word(to, 49));
}
KIND(std_exchange, 8, 8) { (void)std::exchange(word(to), seed); }
KIND(std_pair, 16, 8) { at<std::pair<uint64_t, uint64_t>>(to) = {seed, 1}; }
KIND(std_tuple, sizeof(std::tuple<uint64_t, double, char>), 8) {
  new (to) std::tuple<uint64_t, double, char>(seed, 1.0, 'a');
}
KIND(std_tie, 200, 8) { std::tie(word(to), word(to, 24)) = std::make_pair(seed, seed); }
KIND(std_array, 160, 8) { at<std::array<uint64_t, 20>>(to).fill(seed); }
KIND(std_bitset, 64, 8) {
  auto *bits = new (to) std::bitset<512>;
  checkpoint();
  bits->set(seed % 512);
  bits->flip(511);
}
KIND(std_complex, 16, 8) { at<std::complex<double>>(to) = std::complex<double>(double(seed), 2) * 3.0; }
KIND(std_optional, 24, 8) {
  auto *maybe = new (to) std::optional<std::array<uint64_t, 2>>;
  checkpoint();
  maybe->emplace(std::array<uint64_t, 2>{seed, 1});
  checkpoint();
  maybe->reset();
}
KIND(std_variant, 24, 8) {
  auto *either = new (to) std::variant<uint64_t, std::array<char, 16>>(seed);
  checkpoint();
  *either = std::array<char, 16>{'a', 'b'};
}
KIND(std_string_view, 16, 8) { new (to) std::string_view(reinterpret_cast<const char *>(1), seed); }
KIND_WITH(std_unique_ptr, 8, 8, nullptr, nullptr, BYTES_DEPEND_ON_ADDRESS) {
  auto *owner = new (to) std::unique_ptr<uint64_t>(new uint64_t(seed));
  checkpoint();
  owner->reset();
}
KIND(structured_binding, 16, 8) {
  auto &[a, b] = at<std::pair<uint64_t, uint64_t>>(to);
  a = seed;
  b = seed + 1;
}
KIND(initialiser_list, 40, 8) {
  size_t i = 0;
  for (const uint64_t n : {seed, uint64_t{1}, seed, uint64_t{2}, seed}) word(to, i++) = n;
}

// Classes with their own operator new, which hands out the file.
struct FromFile {
  static inline byte *arena;
  void *operator new(size_t) { return arena; }
  void *operator new[](size_t) { return arena; }
  void operator delete(void *) {}
  void operator delete[](void *) {}
  uint64_t a = 1, b = 2;
};
struct Arena {
  byte *begin;
};
}  // namespace
void *operator new(size_t, const Arena &arena) { return arena.begin; }
void operator delete(void *, const Arena &) {}
namespace {
KIND(class_operator_new, sizeof(FromFile), 8) {
  FromFile::arena = to;
  auto *object = new FromFile;
  object->b = seed;
  opaque_pointer(reinterpret_cast<byte *>(object));
}
KIND(class_operator_new_array, 5 * sizeof(FromFile), 8) {
  FromFile::arena = to;
  auto *objects = new FromFile[5];
  objects[seed % 5].b = seed;
  opaque_pointer(reinterpret_cast<byte *>(objects));
}
KIND(operator_new_with_arena, sizeof(Point), 8) {
  const Arena arena{to};
  new (arena) Point(seed, 1, 2);
}

}  // namespace
