// A look at the board of a file that another process is writing (log/board.h).
#pragma once
#include "base/status.h"
#include "base/text.h"
#include "log/board.h"

namespace snapshot {

class Attendance {
 public:
  Attendance() = default;
  ~Attendance();
  Attendance(const Attendance &) = delete;
  Attendance &operator=(const Attendance &) = delete;

  // Finds the board of the log among those of the process. ENOENT: there is none, or no such process. EACCES,
  // EPERM: we may not look.
  Status find(u32 process, u64 log_id);

  Board &board() const { return *board_; }

  // Whether the process lives, has executed no other program, and has held the log ever since find().
  bool lasts() const;

 private:
  Status look_at(const char *link, u64 log_id);

  u64 log_id_ = 0, device_ = 0, inode_ = 0, bytes_ = 0;
  void *mapped_ = nullptr;
  Board *board_ = nullptr;
  Text<64> link_;
};

}  // namespace snapshot
