// What the process that writes does for a backup (log/journal.h, log/board.h) while system calls fail. Claim:
// nothing of it is an error for the process; a journal has what was appended, or its backup is told; and a
// board that cannot be shared is one that no backup finds.
#include <sys/resource.h>

#include "log/journal.h"
#include "logged_file.h"
#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/attendance.h"

using namespace test;
using snapshot::Board;

namespace {

// The n-th call fails; *number says which it was, 0 if there were not so many.
Steps::Fault failing(int n, int error, long *number) {
  *number = 0;
  return [n, error, number](long called, const long *) mutable -> long {
    if (called == SYS_close || called == SYS_getpid || --n != 0) return 0;
    *number = called;
    return -error;
  };
}

}  // namespace

TEST_CASE("a journal of which any call fails has what is appended, or its backup is told", "[log]") {
  constexpr snapshot::u32 backup = 7;
  TempDir dir;
  long number = 1;
  for (int n = 1; number != 0; ++n) {
    REQUIRE(n < 100);
    LoggedFile file(dir / std::to_string(n), std::string(64, 'a'));
    const std::string path = file.log_path() + ".backup";
    int fd = -1;
    REQUIRE(
        snapshot::create_journal(path.c_str(), file.data_fd(), file.log().header.log_id, backup, &fd).ok());
    const std::string header = read_file(path);
    Board board{};
    board.backup = backup;
    snapshot::Journal journal;
    std::string bytes = "new";
    const struct iovec piece = {bytes.data(), bytes.size()};
    (void)Steps::of([&] { journal.append(&board, file.log_path().c_str(), file.log(), &piece, 1); },
                    failing(n, EIO, &number));
    INFO("call " << n << ", number " << number);
    if (board.spoiled == backup) {
      CHECK(number != 0);
      CHECK((board.error == EIO || board.error == EFBIG));
      CHECK(board.backup == 0);
      CHECK(board.journal_of == 0);
      CHECK(read_file(path) == header);
    } else {
      CHECK(board.journal_of == backup);
      CHECK(board.journal_bytes == header.size() + bytes.size());
      CHECK(read_file(path) == header + bytes);
    }
    journal.close();
    (void)close(fd);
  }
}

TEST_CASE("boards of which any call fails are found, or are such that no backup finds", "[log]") {
  constexpr snapshot::u64 log_id = 4711;
  // In a process of its own they are made anew. Whether they were found.
  const auto found = [](const Steps::Fault &fault) {
    Board *board = nullptr;
    (void)Steps::of([&] { board = snapshot::board_for(3); }, fault);
    snapshot::post_board(board, log_id, page);
    snapshot::Attendance attendance;
    const snapshot::Status s = attendance.find(static_cast<snapshot::u32>(getpid()), log_id);
    if (s.ok() ? &attendance.board() == board || attendance.board().size != page : s.error != ENOENT)
      return 2;
    if (board->size != page || board->turn != 2) return 3;
    return s.ok() ? 0 : 1;
  };
  CHECK(in_child([&] { return found(nullptr); }) == 0);
  // prlimit, memfd_create, fcntl, ftruncate, fcntl, mmap
  for (int n = 1; n <= 6; ++n) {
    INFO("call " << n);
    const int status = in_child([&] {
      long number = 0;
      const int seen = found(failing(n, EIO, &number));
      return number == 0 ? 4 : seen;
    });
    CHECK(status == 1);
  }
  // Before Linux 6.3 there was no MFD_NOEXEC_SEAL.
  CHECK(in_child([&] {
          return found([](long number, const long *a) -> long {
            return number == SYS_memfd_create && (a[1] & 8) != 0 ? -EINVAL : 0;
          });
        }) == 0);
  // A file of that size would be a signal.
  CHECK(in_child([&] {
          const struct rlimit limit = {page, page};
          return setrlimit(RLIMIT_FSIZE, &limit) == 0 ? found(nullptr) : 5;
        }) == 1);
}
