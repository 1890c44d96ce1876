#include "recovery/copy_in_use.h"

#include "base/syscall.h"
#include "log/journal.h"
#include "log/record_cursor.h"
#include "media/batch.h"
#include "platform/file_io.h"
#include "platform/grow_buffer.h"
#include "recovery/attendance.h"

namespace snapshot {
namespace {

// A piece of the file that is copied, and what may be applied of the journal after it: more, and a process
// that commits faster than its records are applied would keep the copying from going on.
constexpr u64 kPieceBytes = 4 << 20;
constexpr struct timespec kBetweenLooks = {0, 500'000};

Status cannot(const char *path, const char *doing, int error, const char *advice) {
  Message m;
  m << path << ": cannot " << doing << ": " << error_words(error) << advice;
  return fail(error, m);
}

// All that the processors that run the other process have stored, in program order before this, is visible to
// the reads that follow, non-temporal stores too: each of them has taken an interrupt or switched its task
// (Intel SDM vol. 3, 11.3.1 and 9.2.2). And whatever they load after it sees what was stored here before.
Status fence_all_processors() { return sys::status(sys::membarrier(MEMBARRIER_CMD_GLOBAL)); }

class InUse {
 public:
  explicit InUse(const CopyInUse &copy) : copy_(copy), mapped_(nullptr) {}
  ~InUse();
  InUse(const InUse &) = delete;
  InUse &operator=(const InUse &) = delete;

  Status run(u64 *size, bool *gone);

 private:
  Status find_process(bool *gone);
  Status begin();
  void let_go();
  Status copy_all(bool *gone);
  Status copy_piece(u64 at, u64 bytes);
  Status wait_for_commit(bool *gone);
  Status apply_journal(u64 end);
  Status apply_record(const RecordView &record, const u8 *journal);
  Status resize(u64 size);
  Status check_spoiled();
  u64 journal_end() const;
  bool goes_on(u64 done) { return copy_.progress == nullptr || copy_.progress(done, all_); }
  Status interrupted() { return cannot(copy_.copy_path, "go on", EINTR, "; there is no copy"); }
  Status cannot_write(Status s);

  const CopyInUse &copy_;
  format::Header log_;
  Attendance process_;
  Path journal_path_;
  u32 number_ = 0;
  int journal_fd_ = -1;
  u64 applied_ = sizeof(JournalHeader);  // of the journal
  u64 all_ = 0;                          // bytes to copy, at first
  u64 limit_ = 0;                        // and now
  u64 size_ = 0;                         // of the copy
  GrowBuffer<u8> buffer_;
  u8 *mapped_;  // the copy, for what the journal changes in it
  u64 mapped_bytes_ = 0;
};

// The process lets go of the journal when it next commits, or closes the file.
void InUse::let_go() {
  u32 ours = number_;
  if (number_ != 0) (void)process_.board().backup.compare_exchange_strong(ours, kBackupOver);
}

InUse::~InUse() {
  let_go();
  if (journal_fd_ >= 0) {
    (void)remove_journal(journal_path_.c_str(), journal_fd_);
    (void)sys::ftruncate(journal_fd_, 0);
    (void)sys::close(journal_fd_);
  }
  if (mapped_ != nullptr) (void)sys::munmap(reinterpret_cast<u64>(mapped_), mapped_bytes_);
  buffer_.release();
}

// Lines go to the copy through a mapping, where the system does not say why it has no page.
Status InUse::cannot_write(Status s) {
  const int error = s.error == EIO ? why_not_writable(copy_.copy_fd) : s.error;
  return cannot(
      copy_.copy_path, "write the copy", error,
      error == ENOSPC || error == EDQUOT ? "; free some space and try again" : "; give another name");
}

Status InUse::find_process(bool *gone) {
  const long fd = sys::open(copy_.log_path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  *gone = fd == -ENOENT;
  if (*gone) return kOk;
  if (sys::failed(fd)) return cannot(copy_.log_path, "open the log", static_cast<int>(-fd), "");
  const Status read = read_log_header(static_cast<int>(fd), copy_.log_path, &log_);
  (void)sys::close(static_cast<int>(fd));
  if (!read.ok()) return read;
  FileIdentity identity;
  if (Status s = identify(copy_.data_fd, &identity); !s.ok())
    return cannot(copy_.data_path, "identify", s.error, "");
  if (!same_file(identity, {log_.file_inode, log_.file_birth_ns})) {
    Message m;
    m << copy_.data_path << ": process " << log_.owner_pid
      << " is writing another file that had this name, and keeps its log; try again when it is done";
    return fail(EAGAIN, m);
  }
  // A process that is just opening the file has its log before its board.
  Status found;
  for (unsigned tries = 0; tries < 20; ++tries) {
    found = process_.find(log_.owner_pid, log_.log_id);
    if (found.error != ENOENT) break;
    (void)sys::call(SYS_nanosleep, sys::as_long(&kBetweenLooks));
  }
  if (found.ok()) return kOk;
  Message m;
  m << copy_.data_path << ": process " << log_.owner_pid << " has it in use, and ";
  if (found.error == EACCES || found.error == EPERM)
    m << "is not ours to look into; run as its user or as root, or";
  else
    m << "takes no part in a backup (another version, or out of our sight, in a container?);";
  m << " try again when it has closed the file";
  return fail(found.error == ENOENT ? EAGAIN : found.error, m);
}

Status InUse::begin() {
  Board &board = process_.board();
  // Not one that the writer may know.
  u32 number = 0;
  while (number <= kBackupOver || number == board.backup.load() || number == board.journal_of.load() ||
         number == board.spoiled.load())
    (void)sys::getrandom(&number, sizeof number);
  Status s = journal_path(copy_.log_path, &journal_path_);
  if (s.ok()) s = create_journal(journal_path_.c_str(), copy_.data_fd, log_.log_id, number, &journal_fd_);
  if (!s.ok()) {
    journal_fd_ = -1;
    if (s.error == EAGAIN) {
      Message m;
      m << copy_.data_path << ": another backup of it is going on; try again when that is done";
      return fail(EAGAIN, m);
    }
    return cannot(journal_path_.c_str(), "make the backup's journal", s.error,
                  s.error == EINVAL || s.error == ELOOP || s.error == EISDIR
                      ? "; move what is there out of the way"
                      : "; a backup of a file in use needs room beside it");
  }
  board.backup.store(number);
  number_ = number;
  if (!fence_all_processors().ok())
    return cannot(copy_.data_path, "be copied while it is in use", ENOSYS,
                  "; this kernel has no membarrier(2) for all processors: try again when nobody writes it");
  size_ = all_ = limit_ = board.size.load(std::memory_order_acquire);
  s = buffer_.reserve(kPieceBytes);
  if (s.ok()) s = resize(size_);
  return s.ok() ? kOk : cannot_write(s);
}

Status InUse::copy_all(bool *gone) {
  for (u64 at = 0, end = 0; at < limit_;) {
    // Nothing is copied by reference (reflink): a store to a block that the writer shares needs a new one,
    // which the writer would have to pay for and may not get.
    if (at >= end) find_data(copy_.data_fd, at, limit_, &at, &end);
    const u64 bytes = min_u64(end - at, kPieceBytes);
    if (Status s = copy_piece(at, bytes); !s.ok()) return s;
    at += bytes;
    if (Status s = apply_journal(min_u64(journal_end(), applied_ + kPieceBytes)); !s.ok()) return s;
    end = min_u64(end, limit_);
    if (!goes_on(min_u64(at, all_))) return interrupted();
    *gone = !process_.lasts();
    if (*gone) return kOk;
  }
  return kOk;
}

// Where the file has become shorter the journal says so.
Status InUse::copy_piece(u64 at, u64 bytes) {
  u64 done = 0;
  while (done < bytes) {
    const long n = sys::pread(copy_.data_fd, buffer_.data() + done, bytes - done, at + done);
    if (n == -EINTR) continue;
    if (sys::failed(n)) return cannot(copy_.data_path, "be read", static_cast<int>(-n), "");
    if (n == 0) break;
    done += static_cast<u64>(n);
  }
  const Status s = write_exactly(copy_.copy_fd, buffer_.data(), done, at);
  return s.ok() ? kOk : cannot_write(s);
}

Status InUse::check_spoiled() {
  const Board &board = process_.board();
  if (board.spoiled.load(std::memory_order_acquire) != number_) return kOk;
  const int error = board.error.load(std::memory_order_relaxed);
  return cannot(journal_path_.c_str(), "write the backup's journal", error,
                error == ENOSPC || error == EDQUOT
                    ? "; it needs room beside the file: free some and try again"
                    : "; the process goes on as before: mend that and try again");
}

u64 InUse::journal_end() const {
  const Board &board = process_.board();
  if (board.journal_of.load(std::memory_order_acquire) != number_) return sizeof(JournalHeader);
  return board.journal_bytes.load(std::memory_order_acquire);
}

Status InUse::wait_for_commit(bool *gone) {
  const Board &board = process_.board();
  if (Status s = fence_all_processors(); !s.ok()) return cannot(copy_.data_path, "be copied", s.error, "");
  const u64 turn = board.turn.load(std::memory_order_acquire);
  while (turn % 2 == 1 && board.turn.load(std::memory_order_acquire) == turn) {
    *gone = !process_.lasts();
    if (*gone) return kOk;
    if (board.failed_turn.load(std::memory_order_acquire) == turn) {
      Message m;
      m << copy_.data_path << ": process " << log_.owner_pid
        << " could not write its last commit to the file; try again when it has committed";
      return fail(EIO, m);
    }
    if (!goes_on(min_u64(limit_, all_))) return interrupted();
    (void)sys::call(SYS_nanosleep, sys::as_long(&kBetweenLooks));
  }
  return kOk;
}

Status InUse::resize(u64 size) {
  if (Status s = sys::status(sys::ftruncate(copy_.copy_fd, size)); !s.ok()) return s;
  size_ = size;
  if (size <= mapped_bytes_) return kOk;
  if (mapped_ != nullptr) (void)sys::munmap(reinterpret_cast<u64>(mapped_), mapped_bytes_);
  mapped_ = nullptr;
  mapped_bytes_ = round_up(size, kPageBytes);
  const long mapped = sys::mmap(0, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, copy_.copy_fd, 0);
  if (sys::failed(mapped)) return sys::status(mapped);
  mapped_ = reinterpret_cast<u8 *>(mapped);
  return kOk;
}

// A size first, then lines, as the commit had it; beyond the size there is nothing. By the kernel (batch.h),
// so that a full disk is an error and no signal. journal: where its first byte would be mapped.
Status InUse::apply_record(const RecordView &record, const u8 *journal) {
  const u64 size = record.header.size_after;
  bool fits = false;
  if (Status s = check_runs(journal_fd_, record, buffer_.data(), &fits); !s.ok()) return s;
  if (!fits) return {EBADMSG};
  if (size != size_)
    if (Status s = resize(size); !s.ok()) return s;
  limit_ = min_u64(limit_, size);
  CopyBatch batch;
  RecordCursor cursor(journal_fd_, record);
  for (LinePiece lines; cursor.next(&lines);) {
    if (lines.file_offset >= size) continue;
    const u64 bytes = min_u64(lines.bytes, size - lines.file_offset);
    if (Status s = batch.add(mapped_ + lines.file_offset, journal + lines.log_offset, bytes); !s.ok())
      return s;
  }
  return cursor.status().ok() ? batch.finish() : cursor.status();
}

// Whole records, until end is reached.
Status InUse::apply_journal(u64 end) {
  const u64 all = journal_end(), from = round_down(applied_, kPageBytes);
  if (Status s = check_spoiled(); !s.ok()) return s;
  if (applied_ >= end) return kOk;
  const long mapped = sys::mmap(0, all - from, PROT_READ, MAP_SHARED, journal_fd_, from);
  if (sys::failed(mapped)) return cannot(journal_path_.c_str(), "be mapped", static_cast<int>(-mapped), "");
  Status s;
  while (s.ok() && applied_ < end) {
    RecordView record;
    record.offset = applied_;
    s = read_exactly(journal_fd_, &record.header, sizeof record.header, applied_);
    const u64 room = all - record.runs_offset(), runs = format::run_table_bytes(record.header.run_count);
    if (s.ok() && (runs > room || record.header.line_count > (room - runs) / kLineBytes)) s = {EBADMSG};
    if (s.ok()) s = apply_record(record, reinterpret_cast<const u8 *>(mapped) - from);
    if (s.ok()) applied_ = record.end();
  }
  (void)sys::munmap(static_cast<u64>(mapped), all - from);
  if (!s.ok()) return cannot_write(s);
  // Its blocks are wanted beside the file.
  const u64 done = round_down(applied_, kPageBytes);
  if (from < done)
    (void)sys::fallocate(journal_fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from, done - from);
  return kOk;
}

Status InUse::run(u64 *size, bool *gone) {
  Status s = find_process(gone);
  if (!s.ok() || *gone) return s;
  if (s = begin(); !s.ok()) return s;
  s = copy_all(gone);
  if (s.ok() && !*gone) s = wait_for_commit(gone);
  // If it has not had the file all the time, whoever had it has written to it without telling us.
  *gone = *gone || !process_.lasts();
  if (*gone) return s.error == EINTR ? s : kOk;
  const u64 end = journal_end();
  let_go();
  if (s.ok()) s = apply_journal(end);
  *size = size_;
  return s;
}

}  // namespace

Status copy_in_use(const CopyInUse &copy, u64 *size, bool *gone) {
  *gone = false;
  InUse work(copy);
  return work.run(size, gone);
}

}  // namespace snapshot
