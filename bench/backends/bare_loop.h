// What a commit cannot do without: the changed lines to a log with non-temporal stores, a fence, the same
// lines to the file with non-temporal stores. The program says what it changes; nothing is tracked, checked,
// locked or recoverable. The floor for Snapshot on memory media. The interface is explained in
// no_persistence.h.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <vector>

#include "harness/worker.h"
#include "media/persist.h"

namespace bench {

class Backend {
 public:
  using Word = std::uint64_t;

  void *open(const char *path, std::uint64_t bytes) {
    path_ = path;
    bytes_ = bytes;
    if (!snapshot::select_persist_verbs(snapshot::PersistChoice::automatic, &verbs_).ok())
      worker_fails("verbs");
    file_ = map_file(path_, bytes);
    void *array =
        mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (array == MAP_FAILED) worker_fails(path);
    madvise(array, bytes, MADV_HUGEPAGE);
    array_ = static_cast<char *>(array);
    return array_;
  }
  template <typename Body>
  void initialise(Body body) {
    body();
    verbs_->copy_nt(file_, array_, bytes_);
    verbs_->fence();
  }
  template <typename Body>
  void transaction(Body body) {
    body();
    commit();
  }
  template <typename T>
  void will_change(T *object) {
    const std::uint64_t begin = static_cast<std::uint64_t>(reinterpret_cast<char *>(object) - array_);
    const std::uint64_t first = begin / kLine * kLine, end = (begin + sizeof(T) + kLine - 1) / kLine * kLine;
    std::vector<Run> &runs = log_of_thread().runs;
    if (!runs.empty() && runs.back().offset + runs.back().bytes == first)
      runs.back().bytes += end - first;
    else
      runs.push_back({first, end - first});
  }
  void facts() {}

 private:
  static constexpr std::uint64_t kLine = 64, kAreaBytes = std::uint64_t{256} << 20;
  struct Run {
    std::uint64_t offset, bytes;
  };
  struct Log {
    std::vector<Run> runs;
    char *area[2] = {};
    unsigned commits = 0;
  };

  static char *map_file(const std::string &path, std::uint64_t bytes) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
    if (fd < 0 || ftruncate(fd, static_cast<off_t>(bytes)) != 0) worker_fails(path.c_str());
    void *at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) worker_fails(path.c_str());
    ::close(fd);
    return static_cast<char *>(at);
  }

  // One for each thread, whatever the file; two areas in turn, as the redo protocol has them.
  Log &log_of_thread() {
    thread_local Log log;
    if (log.area[0] == nullptr) {
      log.area[0] = map_file(path_ + ".log" + std::to_string(gettid()), 2 * kAreaBytes);
      log.area[1] = log.area[0] + kAreaBytes;
    }
    return log;
  }

  void commit() {
    Log &log = log_of_thread();
    char *to = log.area[++log.commits % 2];
    alignas(kLine) std::uint64_t header[8] = {log.commits, log.runs.size()};
    verbs_->copy_nt(to, header, kLine);
    to += kLine;
    for (const Run &run : log.runs) {
      verbs_->copy_nt(to, array_ + run.offset, run.bytes);
      to += run.bytes;
    }
    verbs_->fence();
    for (const Run &run : log.runs) verbs_->copy_nt(file_ + run.offset, array_ + run.offset, run.bytes);
    log.runs.clear();
  }

  std::string path_;
  const snapshot::PersistVerbs *verbs_ = nullptr;
  char *file_ = nullptr, *array_ = nullptr;
  std::uint64_t bytes_ = 0;
};

}  // namespace bench
