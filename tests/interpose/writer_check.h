// The claim about every interposed function that writes through a pointer, and how it is checked.
//
// Claim: what the function has written to a managed file when it returns is in the next commit, to the last
// byte; none of it is in the file before; and result and bytes are those that libc gives for other memory.
// Method: a file of known bytes, all committed, so that no line is marked. Call the function; compare the
// file (read past the library) with what was there; commit; compare it with the working copy. Nothing else in
// these programs tracks stores (they are compiled without the pass), so a line that the function fails to
// mark stays behind. The same call on ordinary memory with the same bytes gives the expected bytes and
// result.
#pragma once
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace test {

struct Writer {
  std::string name;
  // Writes about n units at `to`; returns the function's result, pointers as distances from `to`.
  std::function<long(char *to, std::size_t n)> call;
  std::size_t unit = 1;   // bytes; destinations are aligned to it
  std::size_t extra = 0;  // units written beyond n: a terminator, what was there before
  std::vector<std::size_t> sizes = {0, 1, 7, 8, 63, 64, 65, 4095, 4096, 4097};
  std::function<void(char *to)> prepare = nullptr;  // what has to be there before the call
  bool repeatable = true;                           // gives the same bytes when called again
};

// Checks the writer with each size, at offsets that cross lines and pages and at the end of the mapping.
void check(const Writer &writer);

// For functions that fill in one object of so many bytes.
Writer fills_in(std::string name, std::size_t bytes, std::size_t alignment,
                std::function<long(char *to)> call, bool repeatable = false);

// Of exactly n characters, without zeros, different at each place.
const char *text(std::size_t n);
const wchar_t *wide_text(std::size_t n);

inline long distance(const void *result, const void *to) {
  return result == nullptr ? -1 : static_cast<const char *>(result) - static_cast<const char *>(to);
}
inline wchar_t *wide(char *to) { return reinterpret_cast<wchar_t *>(to); }

}  // namespace test
