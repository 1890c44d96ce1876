#include "writer_check.h"

#include <catch2/catch.hpp>
#include <map>
#include <memory>

#include "managed_file.h"

namespace test {
namespace {

constexpr std::size_t kFileBytes = 64 << 10;

Bytes pattern() {
  Bytes bytes(kFileBytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(0x80 | (i * 7 % 61));
  return bytes;
}

std::vector<std::size_t> offsets(const Writer &writer, std::size_t n) {
  const std::size_t unit = writer.unit, bytes = (n + writer.extra) * unit;
  return {0, unit, 64 - unit, 4096 - unit, 8192 - 3 * unit, (kFileBytes - bytes) / unit * unit};
}

std::size_t first_difference(const Bytes &a, const Bytes &b) {
  std::size_t i = 0;
  while (i < a.size() && a[i] == b[i]) ++i;
  return i;
}

// Returns what is wrong, or "".
std::string try_at(const Writer &writer, ManagedFile &file, std::size_t n, std::size_t offset) {
  Bytes start = pattern();
  if (writer.prepare) writer.prepare(&start[offset]);
  file.set(start);
  if (file.on_file() != start) return "the file could not be prepared";

  const long result = writer.call(file.begin() + offset, n);
  const Bytes after = file.working();
  if (file.on_file() != start) return "the file changed before the commit";
  if (n > 0 && after == start) return "nothing was written";
  file.commit();
  if (const Bytes committed = file.on_file(); committed != after)
    return "lost at byte " + std::to_string(first_difference(committed, after)) + " of the file";
  if (!writer.repeatable) return "";

  const std::unique_ptr<char, void (*)(void *)> memory(
      static_cast<char *>(std::aligned_alloc(4096, kFileBytes)), std::free);
  std::memcpy(memory.get(), start.data(), kFileBytes);
  const long expected = writer.call(memory.get() + offset, n);
  const Bytes ordinary(memory.get(), memory.get() + kFileBytes);
  if (result != expected) return "result " + std::to_string(result) + ", libc " + std::to_string(expected);
  if (ordinary != after) return "differs from libc at " + std::to_string(first_difference(ordinary, after));
  return "";
}

}  // namespace

void check(const Writer &writer) {
  static ManagedFile file(kFileBytes);
  for (const std::size_t n : writer.sizes)
    for (const std::size_t offset : offsets(writer, n)) {
      const std::string wrong = try_at(writer, file, n, offset);
      if (wrong.empty()) continue;
      FAIL_CHECK(writer.name << ", " << n << " units at offset " << offset << ": " << wrong);
      return;
    }
  SUCCEED(writer.name);
}

Writer fills_in(std::string name, std::size_t bytes, std::size_t alignment,
                std::function<long(char *to)> call, bool repeatable) {
  Writer writer{std::move(name), [call](char *to, std::size_t) { return call(to); }};
  writer.unit = alignment;
  writer.sizes = {bytes / alignment};
  writer.repeatable = repeatable;
  return writer;
}

const char *text(std::size_t n) {
  static std::map<std::size_t, std::string> cache;
  std::string &s = cache[n];
  while (s.size() < n) s += static_cast<char>('a' + s.size() % 23);
  return s.c_str();
}

const wchar_t *wide_text(std::size_t n) {
  static std::map<std::size_t, std::wstring> cache;
  std::wstring &s = cache[n];
  while (s.size() < n) s += static_cast<wchar_t>(L'a' + s.size() % 23);
  return s.c_str();
}

}  // namespace test
