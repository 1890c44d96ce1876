#include "log/board.h"

#include <sys/resource.h>

#include "base/syscall.h"
#include "platform/private_fd.h"
#include "track/windows.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 8U
#endif

namespace snapshot {
namespace {

constexpr u64 kBytes = sizeof(BoardsHeader) + kSlotsMax * sizeof(Board);

// Of this process; a forked child makes its own, since the parent goes on with these.
constinit Board *boards = nullptr;
constinit int boards_owner = 0, boards_fd = -1;

// ftruncate beyond the limit is a signal.
bool within_limit(u64 bytes) {
  struct rlimit limit;
  return !sys::failed(sys::call(SYS_prlimit64, 0, RLIMIT_FSIZE, 0, sys::as_long(&limit))) &&
         limit.rlim_cur >= bytes;
}

// A negative errno where the process may not have it.
int create_memory() {
  if (!within_limit(kBytes)) return -EFBIG;
  long made = sys::call(SYS_memfd_create, sys::as_long(kBoardsName),
                        MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
  if (made == -EINVAL)  // before Linux 6.3
    made = sys::call(SYS_memfd_create, sys::as_long(kBoardsName), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (sys::failed(made)) return static_cast<int>(made);
  const int fd = make_private(static_cast<int>(made));
  if (fd < 0) return fd;
  // Sealed: whoever opens it cannot cut it off under us.
  long result = sys::ftruncate(fd, kBytes);
  if (!sys::failed(result)) result = sys::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  if (!sys::failed(result)) return fd;
  close_private(fd);
  return static_cast<int>(result);
}

void create_boards() {
  // The one of before a fork; its mapping stays, since inherited files still have their boards in it.
  close_private(boards_fd);
  boards_fd = create_memory();
  const int flags = boards_fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE : MAP_SHARED;
  const long mapped = sys::mmap(0, kBytes, PROT_READ | PROT_WRITE, flags, boards_fd < 0 ? -1 : boards_fd, 0);
  boards_owner = sys::getpid();
  boards = nullptr;
  if (sys::failed(mapped)) return;
  auto *header = reinterpret_cast<BoardsHeader *>(mapped);
  boards = reinterpret_cast<Board *>(mapped + static_cast<long>(sizeof *header));
  header->count = kSlotsMax;
  header->magic = BoardsHeader::kMagic;
}

}  // namespace

constinit Board unattended_board{};

Board *board_for(u32 slot) {
  if (boards_owner != sys::getpid()) create_boards();
  return boards == nullptr ? &unattended_board : boards + slot;
}

void post_board(Board *board, u64 log_id, u64 size) {
  board->log_id.store(0, std::memory_order_relaxed);
  board->turn.store((board->turn.load(std::memory_order_relaxed) | 1) + 1, std::memory_order_relaxed);
  board->size.store(size, std::memory_order_relaxed);
  board->backup.store(0, std::memory_order_relaxed);
  board->log_id.store(log_id, std::memory_order_release);
}

}  // namespace snapshot
