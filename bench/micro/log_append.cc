// log_append: ways to append to a log and have it on the disk, by the size of what is appended: what a commit
// on page-cache media waits for (libsnapshot/commit/append.h). The log has been written before, so that no
// way has to allocate blocks; each has a file of its own. See bench/README.md.
#include <fcntl.h>
#include <liburing.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>

#include "harness/clock.h"
#include "harness/fail.h"
#include "harness/figure.h"
#include "harness/scratch_dir.h"

namespace bench {
namespace {

constexpr std::uint64_t kLogBytes = std::uint64_t{16} << 20, kBlock = 4096;
constexpr std::uint64_t kSizes[] = {4096, 16 << 10, 64 << 10, 256 << 10};
constexpr unsigned kAppends = 100;  // of a round

enum class Way { fdatasync, dsync, direct_fdatasync, direct_dsync, io_uring };
struct Named {
  Way way;
  std::uint64_t folio;  // the log is filled by writes of so many bytes (libsnapshot/platform/file_io.cc)
  const char *name;
};
constexpr std::uint64_t kFolio = 32 << 10;
constexpr Named kWays[] = {{Way::fdatasync, kFolio, "pwrite, fdatasync"},
                           {Way::fdatasync, kBlock, "the same, filled by 4 KiB"},
                           {Way::dsync, kFolio, "RWF_DSYNC"},
                           {Way::direct_fdatasync, kFolio, "O_DIRECT, fdatasync"},
                           {Way::direct_dsync, kFolio, "O_DIRECT, RWF_DSYNC"},
                           {Way::io_uring, kFolio, "io_uring, linked"}};

class Log {
 public:
  Log(const std::string &path, const Named &named)
      : way_(named.way),
        buffer_(static_cast<char *>(std::aligned_alloc(kBlock, kSizes[std::size(kSizes) - 1])), std::free) {
    const bool direct = way_ == Way::direct_fdatasync || way_ == Way::direct_dsync;
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd_ < 0) fail(path + ": " + std::strerror(errno));
    std::memset(buffer_.get(), 0, named.folio);
    for (std::uint64_t at = 0; at < kLogBytes; at += named.folio)
      require(pwrite(fd_, buffer_.get(), named.folio, offset(at)) == static_cast<ssize_t>(named.folio));
    require(fsync(fd_) == 0);
    if (direct && fcntl(fd_, F_SETFL, O_DIRECT) != 0) fail(path + ": no direct I/O on this file system");
    if (way_ == Way::io_uring && io_uring_queue_init(4, &ring_, 0) != 0)
      fail("io_uring is not permitted here");
    std::memset(buffer_.get(), 'a', kSizes[std::size(kSizes) - 1]);
  }
  ~Log() {
    if (way_ == Way::io_uring) io_uring_queue_exit(&ring_);
    close(fd_);
  }
  Log(const Log &) = delete;
  Log &operator=(const Log &) = delete;

  // Durable when it returns.
  void append(std::uint64_t bytes) {
    if (tail_ + bytes > kLogBytes) tail_ = 0;
    ++*reinterpret_cast<std::uint64_t *>(buffer_.get());
    const iovec part{buffer_.get(), bytes};
    const auto all = static_cast<ssize_t>(bytes);
    switch (way_) {
      case Way::dsync:
      case Way::direct_dsync:
        require(pwritev2(fd_, &part, 1, offset(tail_), RWF_DSYNC) == all);
        break;
      case Way::fdatasync:
      case Way::direct_fdatasync:
        require(pwritev(fd_, &part, 1, offset(tail_)) == all && fdatasync(fd_) == 0);
        break;
      case Way::io_uring:
        append_linked(bytes);
    }
    tail_ += bytes;
  }

 private:
  static off_t offset(std::uint64_t at) { return static_cast<off_t>(at); }
  static void require(bool done) {
    if (!done) fail(std::string("the log cannot be written: ") + std::strerror(errno));
  }
  // A write and, after it, a sync: one system call.
  void append_linked(std::uint64_t bytes) {
    io_uring_sqe *entry = io_uring_get_sqe(&ring_);
    io_uring_prep_write(entry, fd_, buffer_.get(), static_cast<unsigned>(bytes), tail_);
    entry->flags |= IOSQE_IO_LINK;
    io_uring_prep_fsync(io_uring_get_sqe(&ring_), fd_, IORING_FSYNC_DATASYNC);
    require(io_uring_submit_and_wait(&ring_, 2) == 2);
    for (const int expected : {static_cast<int>(bytes), 0}) {
      io_uring_cqe *done = nullptr;
      require(io_uring_wait_cqe(&ring_, &done) == 0 && done->res == expected);
      io_uring_cqe_seen(&ring_, done);
    }
  }

  Way way_;
  std::unique_ptr<char, void (*)(void *)> buffer_;
  int fd_ = -1;
  std::uint64_t tail_ = 0;
  io_uring ring_{};
};

void log_append(const Options &options) {
  const char *disk = std::getenv("BENCH_DISK");
  const ScratchDir scratch(disk != nullptr ? disk : options.directory);
  std::vector<std::unique_ptr<Log>> logs;
  std::vector<std::string> names;
  for (const Named &way : kWays) {
    logs.push_back(std::make_unique<Log>(scratch.file(way.name), way));
    names.emplace_back(way.name);
  }
  Figure figure(options,
                {"log_append", "appending to a log, durable on return", "bytes", "us per append (wall time)"},
                names);
  for (const std::uint64_t bytes : kSizes) {
    const Rounds times = interleave(logs.size(), options.rounds, [&](std::size_t i) {
      const std::uint64_t begin = wall_ns();
      for (unsigned k = 0; k < kAppends; ++k) logs[i]->append(bytes);
      return static_cast<double>(wall_ns() - begin) / 1000 / kAppends;
    });
    figure.row(std::to_string(bytes), times,
               {{names[1], names[0]}, {names[0], names[4]}, {names[0], names[5]}});
  }
}

}  // namespace
}  // namespace bench

int main(int argc, char **argv) { return bench::run_program(argc, argv, bench::log_append); }
