#include "recovery/attendance.h"

#include "base/syscall.h"

namespace snapshot {
namespace {

bool is_boards(const char *link) {
  char target[sizeof kBoardsLink];
  const long n = sys::readlink(link, target, sizeof target);
  return n == sizeof kBoardsLink - 1 && equal_bytes(target, kBoardsLink, static_cast<u64>(n));
}

// An entry of getdents64(2).
struct Entry {
  u64 inode;
  u64 next;
  u16 bytes;
  u8 type;
  char name[5];  // or longer
};

}  // namespace

Attendance::~Attendance() {
  if (mapped_ != nullptr) (void)sys::munmap(reinterpret_cast<u64>(mapped_), bytes_);
}

Status Attendance::look_at(const char *link, u64 log_id) {
  const long fd = sys::open(link, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (sys::failed(fd)) return sys::status(fd);
  struct stat st{};
  Status s = sys::status(sys::fstat(static_cast<int>(fd), &st));
  const u64 bytes = static_cast<u64>(st.st_size);
  if (s.ok() && bytes < sizeof(BoardsHeader)) s = {ENOENT};
  const long mapped =
      s.ok() ? sys::mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, static_cast<int>(fd), 0) : -ENOENT;
  (void)sys::close(static_cast<int>(fd));
  if (!s.ok() || sys::failed(mapped)) return s.ok() ? sys::status(mapped) : s;
  const auto *header = reinterpret_cast<const BoardsHeader *>(mapped);
  auto *boards = reinterpret_cast<Board *>(mapped + static_cast<long>(sizeof *header));
  if (header->magic == BoardsHeader::kMagic && header->count <= (bytes - sizeof *header) / sizeof(Board))
    for (u64 i = 0; i < header->count && board_ == nullptr; ++i)
      if (boards[i].log_id.load(std::memory_order_acquire) == log_id) board_ = &boards[i];
  if (board_ == nullptr) {
    (void)sys::munmap(static_cast<u64>(mapped), bytes);
    return {ENOENT};
  }
  mapped_ = reinterpret_cast<void *>(mapped);
  bytes_ = bytes;
  device_ = st.st_dev;
  inode_ = st.st_ino;
  log_id_ = log_id;
  return kOk;
}

Status Attendance::find(u32 process, u64 log_id) {
  Text<64> directory;
  directory << "/proc/" << process << "/fd";
  const long fd = sys::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (sys::failed(fd)) return sys::status(fd);
  alignas(8) char entries[4096];
  Status s = {ENOENT};
  for (long n; s.error == ENOENT;) {
    n = sys::call(SYS_getdents64, fd, sys::as_long(entries), sizeof entries);
    if (n <= 0) {
      if (sys::failed(n)) s = sys::status(n);
      break;
    }
    for (long at = 0; at < n && s.error == ENOENT;) {
      const auto *entry = reinterpret_cast<const Entry *>(entries + at);
      at += entry->bytes;
      link_.clear();
      link_ << directory.c_str() << "/" << entry->name;
      if (is_boards(link_.c_str())) s = look_at(link_.c_str(), log_id);
    }
  }
  (void)sys::close(static_cast<int>(fd));
  return s;
}

// The descriptor is closed when a program is executed, and gone with the process; and the log's number is
// taken off the board before its lock is given up.
bool Attendance::lasts() const {
  struct stat st;
  return board_->log_id.load(std::memory_order_acquire) == log_id_ &&
         !sys::failed(sys::newfstatat(AT_FDCWD, link_.c_str(), &st, 0)) && st.st_ino == inode_ &&
         st.st_dev == device_;
}

}  // namespace snapshot
