// What a commit by the redo protocol cannot do without: the lines to a log, a fence, the lines to the file,
// all by non-temporal stores. No tracking, checksum, errors or recovery: the floor for commit_cost. The lines
// are known beforehand, and none comes twice.
#pragma once
#include <fcntl.h>
#include <immintrin.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/fail.h"

namespace bench {

class BareCommit {
 public:
  static constexpr std::uint64_t kLineBytes = 64;

  BareCommit(const std::string &file, const std::string &log, std::uint64_t bytes)
      : lines_(bytes / kLineBytes),
        working_(map(-1, bytes)),
        file_(map(open_file(file), bytes)),
        log_(map(open_file(log), 2 * bytes)) {}

  // One of the line's words changes, and the line is in the next commit.
  void store(std::uint64_t line) {
    working_[line * kLineBytes / sizeof *working_] += 1;
    dirty_.push_back(line);
  }

  void commit() {
    // Two areas in turn, as the protocol has it.
    char *log = reinterpret_cast<char *>(log_) + (area_ ^= 1) * lines_ * kLineBytes;
    for (const std::uint64_t line : dirty_) {
      copy_line(log, at(working_, line));
      log += kLineBytes;
    }
    _mm_sfence();
    for (const std::uint64_t line : dirty_) copy_line(at(file_, line), at(working_, line));
    dirty_.clear();
  }

  bool is_committed() const { return __builtin_memcmp(working_, file_, lines_ * kLineBytes) == 0; }

 private:
  static int open_file(const std::string &path) {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) fail("cannot make the bare loop's file");
    return fd;
  }

  // Every page is there on return. fd -1: memory of the process's own.
  static std::uint64_t *map(int fd, std::uint64_t bytes) {
    if (fd >= 0 && ftruncate(fd, static_cast<off_t>(bytes)) != 0) fail("cannot extend the bare loop's file");
    const int flags = MAP_POPULATE | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);
    void *at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (at == MAP_FAILED) fail("cannot map the bare loop's file");
    if (fd >= 0) close(fd);
    return static_cast<std::uint64_t *>(at);
  }

  static char *at(std::uint64_t *words, std::uint64_t line) {
    return reinterpret_cast<char *>(words) + line * kLineBytes;
  }

  static void copy_line(void *to, const void *from) {
    auto *t = static_cast<__m128i *>(to);
    auto *f = static_cast<const __m128i *>(from);
    for (int i = 0; i < 4; ++i) _mm_stream_si128(t + i, _mm_load_si128(f + i));
  }

  std::uint64_t lines_, area_ = 0;
  std::uint64_t *working_, *file_, *log_;
  std::vector<std::uint64_t> dirty_;
};

}  // namespace bench
