#include "commit/in_place.h"

#include "base/step.h"

namespace snapshot {

SNAPSHOT_SLOW_PATH void clear_beyond(const ManagedFile &file, LineIndex first, u64 count, u64 size,
                                     u8 *lines) {
  const u64 offset = (first - file.window().first_line) * kLineBytes;
  const u64 inside = offset >= size ? 0 : min_u64(size - offset, count * kLineBytes);
  fill_bytes(lines + inside, 0, count * kLineBytes - inside);
}

void write_runs(RecordWriter &writer, const ManagedFile &file) {
  static_assert(Run::kCountBits == format::kRunCountBits);
  const u64 origin = file.window().first_line << Run::kCountBits;
  u64 *to = writer.runs();
  // Mostly few: a vector loop spends more on finding that out than it saves.
#pragma clang loop vectorize(disable) unroll(disable)
  for (const u64 packed : file.runs) *to++ = packed - origin;
}

Status prepare_backing(ManagedFile &file, const GrowBuffer<u64> &runs) {
  const bool memory = file.medium.is_memory();
  for (const u64 packed : runs) {
    const Run run = Run::unpack(packed);
    const BackingAddr begin = backing_of(address_of(run.first));
    if (SNAPSHOT_LIKELY(memory && is_prepared(begin, run.count * kLineBytes))) continue;
    if (Status s = prepare_for_writing(file.medium, begin, run.count * kLineBytes, file.log.fd); !s.ok())
      return s;
  }
  return kOk;
}

Status copy_to_backing(const Medium &medium, const GrowBuffer<u64> &runs, const u8 *from) {
  for (const u64 packed : runs) {
    const Run run = Run::unpack(packed);
    const BackingAddr to = backing_of(address_of(run.first));
    const u64 bytes = run.count * kLineBytes;
    if (Status s = medium.copy(to.ptr(), from, bytes); SNAPSHOT_UNLIKELY(!s.ok())) return s;
    SNAPSHOT_STEP("commit-run-copied");
    from += bytes;
  }
  return kOk;
}

}  // namespace snapshot
