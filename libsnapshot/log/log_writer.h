// Writes one record where the next sequence number belongs (format.h).
//
// The caller puts the record together in memory of its own: first the runs, then the lines in their order.
// Meanwhile pieces of it are hashed and handed to the medium while they are in the caches, and may then be
// overwritten by later pieces; the header, which holds the checksum of everything, goes last. Nothing orders
// these writes among themselves: the checksum makes a record that is only partly there count as not there,
// and the fence that follows seal() makes it durable as a whole. A crash before that fence leaves the record
// before this one the newest.
#pragma once
#include "log/areas.h"

namespace snapshot {

// What the header says of a record (format.h).
struct RecordFacts {
  u32 magic;
  u64 run_count;
  u64 line_count;
  u64 size_before;
  u64 size_after;
  u64 proof;  // new_digest, durable or 0
};

inline format::RecordHeader header_of(const Log &log, const RecordFacts &facts) {
  return {.magic = facts.magic,
          .run_count = static_cast<u32>(facts.run_count),
          .log_id = log.header.log_id,
          .sequence = log.sequence + 1,
          .size_before = facts.size_before,
          .size_after = facts.size_after,
          .line_count = facts.line_count,
          .new_digest = facts.proof,
          .checksum = 0};
}

// Writes header and, behind the runs, zeros up to a whole line. Where the lines go.
inline u8 *begin_record(const Log &log, const RecordFacts &facts, u8 *record) {
  u8 *const lines = record + format::record_bytes(facts.run_count, 0);
  *reinterpret_cast<format::RecordHeader *>(record) = header_of(log, facts);
  if (SNAPSHOT_LIKELY(facts.run_count != 0)) __builtin_memset_inline(lines - kLineBytes, 0, kLineBytes);
  return lines;
}

class RecordWriter {
 public:
  // lines() may be asked for this many at once.
  static constexpr u64 kPieceLines = 256;

  // What the memory has when the record is sealed.
  enum class Keep {
    all,
    // Header and runs: all lines went through the same room.
    runs,
  };
  // Memory for a record. More lines than these had better not be kept: they would have to be written to
  // memory and read from there once more, both beyond the caches, and the memory be found.
#if defined(SNAPSHOT_TESTING)
  static constexpr u64 kKeptLines = 2;
#else
  static constexpr u64 kKeptLines = (4 << 20) / kLineBytes;
#endif
  static constexpr u64 memory_bytes(u64 run_count, u64 line_count, Keep keep) {
    return format::record_bytes(run_count, keep == Keep::all ? line_count : 2 * kPieceLines);
  }

  // record: 64-byte aligned room for memory_bytes(run_count, line_count, keep). In the log reserve_record()
  // must have made room for all of it; for an appended record there must be room behind the log's tail.
  RecordWriter(Log *log, const RecordFacts &facts, u8 *record, Keep keep = Keep::all);
  static RecordWriter appending(Log *log, const RecordFacts &facts, u8 *record);

  // The run table, to be filled before the first call to lines().
  u64 *runs() { return reinterpret_cast<u64 *>(record_ + sizeof(format::RecordHeader)); }

  // Where the next lines are to be put; they count once the next call to lines() or seal() is made.
  u8 *lines(u64 count) {
    if (SNAPSHOT_UNLIKELY(end_ - handed_over_ >= static_cast<long>(kPieceLines * kLineBytes))) hand_over();
    u8 *at = end_;
    end_ += count * kLineBytes;
    return at;
  }

  // Memory media: where the record's lines are in the log. They are all there, and can be read by this
  // thread, after the fence that follows seal().
  const u8 *lines_in_log() const { return mapped_ + runs_end_; }

  // Completes the record; everything is handed to the medium when it returns, and durable after the next
  // fence. On page-cache media a write can fail (ENOSPC, EIO): then the record is void and may be written
  // again.
  Status seal() {
    if (SNAPSHOT_UNLIKELY(handed_over_ != record_)) return seal_rest();
    hash_rest();
    header()->checksum = checksum_;
    put(0, record_, static_cast<u64>(end_ - record_));
    return status_;
  }

 private:
  RecordWriter(Log *log, u8 *mapped, u64 log_offset, const RecordFacts &facts, u8 *record, Keep keep);
  format::RecordHeader *header() { return reinterpret_cast<format::RecordHeader *>(record_); }
  void hash_rest() {
    checksum_ = hash_lines(log_->key, checksum_, handed_over_, static_cast<u64>(end_ - handed_over_));
  }
  // Part of the record, to its place.
  void put(u64 offset, const u8 *from, u64 bytes) {
    if (SNAPSHOT_LIKELY(log_->medium.is_memory()))
      (void)log_->medium.copy(mapped_ + offset, from, bytes);
    else
      write_to_file(from, offset, bytes);
  }
  SNAPSHOT_SLOW_PATH void write_to_file(const u8 *from, u64 offset, u64 bytes);
  SNAPSHOT_SLOW_PATH void hand_over();
  SNAPSHOT_SLOW_PATH Status seal_rest();

  Log *log_;
  u8 *mapped_;      // memory media: where the record's place is mapped
  u64 log_offset_;  // of the record's place
  u8 *record_;
  u64 runs_end_;  // bytes of header and runs
  Keep keep_;
  u64 dropped_ = 0;        // bytes of lines that were handed over, and are overwritten
  u8 *end_;                // of what counts, and of the piece being filled
  const u8 *handed_over_;  // and hashed up to here; the header is hashed with the first piece
  u64 checksum_ = 0;
  Status status_;
};

// Where the lines of a record with so many runs are, from its begin.
constexpr u64 lines_offset(u64 run_count) { return format::record_bytes(run_count, 0); }

inline RecordWriter::RecordWriter(Log *log, const RecordFacts &facts, u8 *record, Keep keep)
    : RecordWriter(log, log->area[format::area_of(log->sequence + 1)].mapped,
                   log->area[format::area_of(log->sequence + 1)].offset, facts, record, keep) {}

inline RecordWriter::RecordWriter(Log *log, u8 *mapped, u64 log_offset, const RecordFacts &facts, u8 *record,
                                  Keep keep)
    : log_(log),
      mapped_(mapped),
      log_offset_(log_offset),
      record_(record),
      runs_end_(lines_offset(facts.run_count)),
      keep_(keep),
      end_(begin_record(*log, facts, record)),
      handed_over_(record) {}

// The same for a record of few lines on memory media, which is put together as a whole before any of it is
// handed over: then there is nothing to keep account of.
class SmallRecord {
 public:
#if defined(SNAPSHOT_TESTING)
  static constexpr u64 kLinesMax = 2;
#else
  static constexpr u64 kLinesMax = RecordWriter::kPieceLines;
#endif

  SmallRecord(const Log &log, const RecordFacts &facts, u8 *record)
      : log_(log), record_(record), end_(begin_record(log, facts, record)) {}
  u64 *runs() { return reinterpret_cast<u64 *>(record_ + sizeof(format::RecordHeader)); }
  u8 *lines(u64 count) {
    u8 *at = end_;
    end_ += count * kLineBytes;
    return at;
  }
  void seal() {
    const u64 bytes = static_cast<u64>(end_ - record_);
    reinterpret_cast<format::RecordHeader *>(record_)->checksum = hash_lines(log_.key, 0, record_, bytes);
    (void)log_.medium.copy(log_.area[format::area_of(log_.sequence + 1)].mapped, record_, bytes);
  }

 private:
  const Log &log_;
  u8 *const record_;
  u8 *end_;
};

}  // namespace snapshot
