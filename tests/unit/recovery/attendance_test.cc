// A look at another process's boards (recovery/attendance.h). Claim: what is called like boards and is none,
// or says more of itself than it has, is passed over; the board that is found counts as long as the process
// has it under the same descriptor, and the log's number on it. Method: the process is this one.
#include "recovery/attendance.h"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

namespace {

using snapshot::Attendance;
using snapshot::Board;
using snapshot::BoardsHeader;
using snapshot::u64;

constexpr u64 log_id = 4711;

class Memory {
 public:
  Memory(const char *name, const std::string &bytes) : fd_(memfd_create(name, MFD_CLOEXEC)) {
    REQUIRE(write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  }
  ~Memory() { close(fd_); }
  Memory(const Memory &) = delete;
  Memory &operator=(const Memory &) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

// Two boards; the second is of that log.
std::string boards(u64 id, u64 count = 2, u64 magic = BoardsHeader::kMagic) {
  std::string bytes(sizeof(BoardsHeader) + 2 * sizeof(Board), 0);
  std::memcpy(&bytes[offsetof(BoardsHeader, magic)], &magic, sizeof magic);
  std::memcpy(&bytes[offsetof(BoardsHeader, count)], &count, sizeof count);
  std::memcpy(&bytes[sizeof(BoardsHeader) + sizeof(Board)], &id, sizeof id);
  return bytes;
}

int error_of_find() {
  Attendance attendance;
  return attendance.find(static_cast<snapshot::u32>(getpid()), log_id).error;
}

}  // namespace

TEST_CASE("a log's board is found behind all that is not it") {
  const Memory named("snapshot-boardz", boards(log_id)), cut("snapshot-boards", boards(log_id).substr(0, 63)),
      strange("snapshot-boards", boards(log_id, 2, BoardsHeader::kMagic + 1)),
      large("snapshot-boards", boards(log_id, 3)), another("snapshot-boards", boards(log_id + 1));
  CHECK(error_of_find() == ENOENT);
  const Memory right("snapshot-boards", boards(log_id));
  CHECK(error_of_find() == 0);
}

TEST_CASE("a process that there is not has no boards") {
  Attendance attendance;
  CHECK(attendance.find(0, log_id).error == ENOENT);
}

TEST_CASE("a board counts as long as the process has it, and the log") {
  const Memory right("snapshot-boards", boards(log_id)), same("snapshot-boards", boards(log_id));
  Attendance attendance;
  REQUIRE(attendance.find(static_cast<snapshot::u32>(getpid()), log_id).ok());
  CHECK(attendance.lasts());
  attendance.board().log_id = log_id + 1;
  CHECK_FALSE(attendance.lasts());
  attendance.board().log_id = log_id;
  CHECK(attendance.lasts());
  // Its descriptor is another memory's, which looks the same.
  REQUIRE(dup2(same.fd(), right.fd()) == right.fd());
  CHECK_FALSE(attendance.lasts());
}
