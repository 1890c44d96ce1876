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

Status prepare_backing_slowly(ManagedFile &file, const GrowBuffer<u64> &runs) {
  if (!file.medium.is_memory()) return prepare_pages(file, runs);
  for (const u64 packed : runs) {
    const Run run = Run::unpack(packed);
    if (is_prepared(run)) continue;
    const BackingAddr begin = backing_of(address_of(run.first));
    if (Status s = prepare_for_writing(file.medium, begin, run.count * kLineBytes, file.log.fd); !s.ok())
      return s;
    use_huge_pages(file, address_of(run.first), run.count * kLineBytes);
  }
  return kOk;
}

SNAPSHOT_SLOW_PATH void tell_backup(ManagedFile &file, const u8 *records, const u8 *end) {
  const struct iovec piece = {const_cast<u8 *>(records), static_cast<u64>(end - records)};
  file.journal.append(file.board, file.log_path.c_str(), file.log, &piece, 1);
}

// Non-temporal stores first: the backup may read the journal and then the file.
SNAPSHOT_SLOW_PATH void tell_backup(ManagedFile &file, const u8 *record, const u8 *lines, u64 size) {
  if (file.medium.is_memory()) file.medium.verbs->fence();
  format::RecordHeader header = *reinterpret_cast<const format::RecordHeader *>(record);
  header.size_before = max_u64(header.size_before, header.size_after);  // the runs lie within the larger one
  header.size_after = size;
  u8 *const runs = const_cast<u8 *>(record) + sizeof header;
  const struct iovec pieces[] = {{&header, sizeof header},
                                 {runs, format::run_table_bytes(header.run_count)},
                                 {const_cast<u8 *>(lines), header.line_count * kLineBytes}};
  file.journal.append(file.board, file.log_path.c_str(), file.log, pieces, 3);
}

Status copy_to_backing_by_steps(const Medium &medium, const GrowBuffer<u64> &runs, const u8 *from) {
  if (!medium.is_memory()) return copy_to_pages(runs, from);
  for (const u64 packed : runs) {
    medium.copy_runs(&packed, 1, from);
    SNAPSHOT_STEP("commit-run-copied");
    from += Run::unpack(packed).count * kLineBytes;
  }
  return kOk;
}

}  // namespace snapshot
