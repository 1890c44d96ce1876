// What a process says about its files to a backup that copies one of them meanwhile (recovery/copy_in_use.h),
// and is asked by it: one line of shared memory for each file.
//
// The memory is a memfd of the process that writes, not a page of the log: a commit stores to it twice, and a
// page of a file on a disk would have to be written by each sync of the log, would fault at the first store
// after that, and raise SIGBUS when the disk has failed. A backup opens it through /proc/PID/fd, so whoever
// may look into the process can; it is gone with the process, so nothing of it is ever recovered from, or
// left.
//
// Fields without a remark are the writer's, under the file's commit lock.
#pragma once
#include <atomic>

#include "base/layout.h"

namespace snapshot {

struct Board {
  std::atomic<u64> log_id;  // of the log that the process holds; 0: none
  // Odd while lines are being stored to the data file, and after that has failed until it is done or undone:
  // even means that the data file is at a commit boundary, with every commit that has returned as durable.
  std::atomic<u64> turn;
  std::atomic<u64> size;  // bytes; as the newest commit left it
  // The backup's number; 0: there is none. Set by the backup, and taken back by whoever ends it.
  std::atomic<u32> backup;
  std::atomic<u32> journal_of;     // the backup that journal_bytes is about
  std::atomic<u64> journal_bytes;  // so much of its journal is written
  std::atomic<u64> failed_turn;    // the turn in which storing to the data file has failed
  std::atomic<u32> spoiled;        // the newest backup that cannot have all it needs
  std::atomic<int> error;          // errno; why
  u64 reserved;
};
static_assert(sizeof(Board) == kLineBytes && offsetof(Board, backup) == 24 && offsetof(Board, spoiled) == 48);

// The value of Board::backup that lets the writer go: it closes the journal and sets 0.
inline constexpr u32 kBackupOver = 1;

// The memfd: this line, then the boards.
struct BoardsHeader {
  static constexpr u64 kMagic = 0x3130304452424e53;  // "SNBRD001"; a change of Board changes the number
  u64 magic;
  u64 count;
  u64 reserved[6];
};
static_assert(sizeof(BoardsHeader) == kLineBytes);

// What the link in /proc/PID/fd reads.
inline constexpr char kBoardsName[] = "snapshot-boards";
inline constexpr char kBoardsLink[] = "/memfd:snapshot-boards (deleted)";

// The board of files that have none, as far as files need one.
extern Board unattended_board;

// The board for the file of the window with this number, fit for post_board. Where the process may not have
// memory to share, the board is one that no backup finds. Under the registry's lock.
Board *board_for(u32 slot);

// From here on a backup may ask for the file whose log this is.
void post_board(Board *board, u64 log_id, u64 size);

// Before the log is let go.
inline void take_board_down(Board *board) { board->log_id.store(0, std::memory_order_release); }

}  // namespace snapshot
