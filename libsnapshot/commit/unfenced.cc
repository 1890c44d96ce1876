#include "commit/unfenced.h"

#include "commit/gather.h"

namespace snapshot {
namespace {

bool is_marked(LineIndex line) { return __atomic_load_n(&line_map()[line], __ATOMIC_RELAXED) != 0; }

// Others may be storing to a: then it differs, or will be marked.
bool same_line(const u8 *a, const u8 *b) {
  typedef u64 Word __attribute__((may_alias));
  u64 different = 0;
  for (unsigned i = 0; i < kLineBytes; i += sizeof(Word))
    different |= __atomic_load_n(reinterpret_cast<const Word *>(a + i), __ATOMIC_RELAXED) ^
                 *reinterpret_cast<const Word *>(b + i);
  return different == 0;
}

}  // namespace

void keep_unfenced(ManagedFile &file, const u8 *bytes) {
  Unfenced &unfenced = file.unfenced;
  for (const u64 packed : file.runs) {
    const Run run = Run::unpack(packed);
    for (LineIndex l = run.first; l < run.end(); ++l, bytes += kLineBytes) {
      unfenced.lines[unfenced.count] = l;
      copy_line(unfenced.bytes[unfenced.count++], bytes);
    }
  }
}

void look_at_unfenced(ManagedFile &file) {
  Unfenced &unfenced = file.unfenced;
  // Beyond its end the file may have no bytes that can be read, and what is there is no part of it.
  const u64 size = file.size.load(std::memory_order_relaxed);
  const LineIndex begin = file.window().first_line, whole_end = begin + size / kLineBytes,
                  end = begin + round_up(size, kLineBytes) / kLineBytes;
  const bool readable = !file.unreadable.load(std::memory_order_relaxed);
  u64 kept = 0;
  for (u64 i = 0; i < unfenced.count; ++i) {
    const LineIndex line = unfenced.lines[i];
    if (is_marked(line) || line >= end) continue;
    const bool can_look = SNAPSHOT_LIKELY(readable && line < whole_end);
    if (can_look && SNAPSHOT_LIKELY(same_line(address_of(line).ptr(), unfenced.bytes[i]))) {
      if (kept != i) copy_line(unfenced.bytes[kept], unfenced.bytes[i]);
      unfenced.lines[kept++] = line;
      continue;
    }
    put_back_run(file, Run{line, 1});
  }
  unfenced.count = kept;
}

}  // namespace snapshot
