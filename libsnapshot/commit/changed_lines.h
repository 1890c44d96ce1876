// Comparing the working copy with the file, for those who do not go by the marks alone: the audit (audit.h)
// and page tracking (pages.h).
#pragma once
#include "commit/gather.h"

namespace snapshot {

inline bool is_marked(LineIndex line) { return __atomic_load_n(&line_map()[line], __ATOMIC_RELAXED) != 0; }

inline bool equal_lines(const u8 *a, const u8 *b) {
  typedef u64 Vector __attribute__((vector_size(16), may_alias));
  auto *x = reinterpret_cast<const Vector *>(a), *y = reinterpret_cast<const Vector *>(b);
  const Vector differ = (x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3]);
  return (differ[0] | differ[1]) == 0;
}

// A page of the working copy, copied at some moment, and the same page of the file as the last commit left
// it. Copied by the kernel, because a page may be inaccessible by now (mprotect, PROT_NONE), and a disk may
// have failed.
class PagePair {
 public:
  static constexpr u64 kBytes = 2 * kPageBytes;

  // memory: kBytes of it, page-aligned.
  explicit PagePair(u8 *memory) : now_(memory), old_copy_(memory + kPageBytes) {}

  // false: one of them cannot be read (a hole on a full disk, a failing one, beyond the end of the file).
  [[nodiscard]] bool read(const Medium &medium, WorkingAddr page);

  // Of line, counted from the start of the working range.
  const u8 *now(LineIndex line) const { return now_ + line % kLinesPerPage * kLineBytes; }
  const u8 *old(LineIndex line) const { return old_ + line % kLinesPerPage * kLineBytes; }

 private:
  u8 *const now_, *const old_copy_;
  const u8 *old_ = nullptr;
};

// Calls f(line, bytes) for each of the lines, all in that page, that is not marked and differs in its first
// bytes bytes; size is where the file ends.
template <typename F>
void for_each_unmarked_change(const ManagedFile &file, LineRange lines, u64 size, const PagePair &page, F f) {
  for (LineIndex line = lines.first; line < lines.end; ++line) {
    if (SNAPSHOT_LIKELY(equal_lines(page.now(line), page.old(line))) || is_marked(line)) continue;
    const u64 offset = (line - file.window().first_line) * kLineBytes;
    const u64 bytes = offset >= size ? 0 : min_u64(kLineBytes, size - offset);
    if (!equal_bytes(page.now(line), page.old(line), bytes)) f(line, bytes);
  }
}

}  // namespace snapshot
