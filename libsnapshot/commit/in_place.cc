#include "commit/in_place.h"

#include "base/step.h"
#include "media/batch.h"

namespace snapshot {
namespace {

SNAPSHOT_SLOW_PATH Status prepare_pages(const ManagedFile &file, const GrowBuffer<u64> &runs)
    SNAPSHOT_REQUIRES(file.commit_lock) {
  PrepareBatch batch(file.log.fd);
  for (const u64 packed : runs) {
    const Run run = Run::unpack(packed);
    if (Status s = batch.add(backing_of(address_of(run.first)), run.count * kLineBytes); !s.ok()) return s;
  }
  return batch.finish();
}

SNAPSHOT_SLOW_PATH Status copy_to_pages(const GrowBuffer<u64> &runs, const u8 *from) {
  CopyBatch batch;
  for (const u64 packed : runs) {
    const Run run = Run::unpack(packed);
    if (Status s = batch.add(backing_of(address_of(run.first)).ptr(), from, run.count * kLineBytes); !s.ok())
      return s;
    from += run.count * kLineBytes;
  }
  return batch.finish();
}

}  // namespace

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
  if (SNAPSHOT_UNLIKELY(!file.medium.is_memory())) return prepare_pages(file, runs);
  for (const u64 packed : runs) {
    const Run run = Run::unpack(packed);
    if (SNAPSHOT_LIKELY(is_prepared(run))) continue;
    const BackingAddr begin = backing_of(address_of(run.first));
    if (Status s = prepare_for_writing(file.medium, begin, run.count * kLineBytes, file.log.fd); !s.ok())
      return s;
  }
  return kOk;
}

Status copy_to_backing(const Medium &medium, const GrowBuffer<u64> &runs, const u8 *from) {
  if (SNAPSHOT_UNLIKELY(!medium.is_memory())) return copy_to_pages(runs, from);
#if defined(SNAPSHOT_TESTING)
  for (const u64 packed : runs) {
    medium.copy_runs(&packed, 1, from);
    SNAPSHOT_STEP("commit-run-copied");
    from += Run::unpack(packed).count * kLineBytes;
  }
#else
  medium.copy_runs(runs.begin(), runs.size(), from);
#endif
  return kOk;
}

}  // namespace snapshot
