// A backup's journal: what commits have stored to the data file while a backup was copying it.
//
// DATA.snaplog.backup, beside the log. Made, locked (flock) and removed by the backup; the process that
// writes appends to it (board.h says up to where) and takes it away when the lock shows that the backup is
// gone. A header, then records as format.h has them, each with new lines, the file's size as size_after, and
// any checksum: nobody reads it but that one backup, and a crash of either side gives it up.
#pragma once
#include <sys/uio.h>

#include "log/areas.h"
#include "log/board.h"
#include "log/sidecar.h"

namespace snapshot {

struct JournalHeader {
  static constexpr u64 kMagic = 0x0a0d4c4e524a4e53;  // "SNJRNL\r\n"
  u64 magic;
  u64 log_id;
  u32 backup;  // as on the board
  u32 reserved[11];
};
static_assert(sizeof(JournalHeader) == kLineBytes);

// The name that belongs to a log. ENAMETOOLONG, without a message.
Status journal_path(const char *log_path, Path *out);

// For the backup: a new journal, locked, in place of one that a backup left when it died; who may open the
// data file may open it. EAGAIN: another backup has one. Without messages.
Status create_journal(const char *path, int data_fd, u64 log_id, u32 backup, int *fd);

// Takes the name away, with the lock held; nobody else can give it to another one meanwhile.
Status remove_journal(const char *path, int fd);

// The writing process's end of it, under the file's commit lock.
class Journal {
 public:
  // Appends the pieces, which are whole records together, to the journal that the board asks for, and says so
  // on the board. What goes wrong (no space, no such journal) spoils the backup and nothing else.
  void append(Board *board, const char *log_path, const Log &log, const struct iovec *pieces, int count);

  // The backup that is going on, if any, cannot have what it needs.
  void spoil(Board *board, int error);

  void close();

 private:
  Status follow(u32 backup, const char *log_path, const Log &log);
  Status write(const struct iovec *pieces, int count);

  int fd_ = -1;
  u32 backup_ = 0;
  u64 bytes_ = 0;
};

}  // namespace snapshot
