// msync made atomic by the file system: at each commit the mapped file is cloned (FICLONE, which writes its
// changed pages first), and the clone is synced and then marked as whole; the newest clone with the mark is
// what a program would take up after a crash. The interface is explained in no_persistence.h.
#pragma once
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <string>

#include "backends/mapped_file.h"

namespace bench {

class Reflink : public MappedFile {
 public:
  void open_heap(const char *path, std::uint64_t objects, std::uint64_t object_bytes) {
    path_ = path;
    MappedFile::open_heap(path, objects, object_bytes);
  }
  void facts() const { std::printf(" clones=%llu", static_cast<unsigned long long>(clones_)); }

 protected:
  void commit() {
    const int clone = ::open(name(clones_).c_str(), O_WRONLY | O_CREAT | O_EXCL, kUnfinished);
    if (clone < 0 || ioctl(clone, FICLONE, fd_) != 0) worker_fails("FICLONE");
    // The mark must not be durable before the contents.
    if (fsync(clone) != 0 || fchmod(clone, kWhole) != 0 || fsync(clone) != 0) worker_fails("fsync");
    ::close(clone);
    if (clones_ > 0 && unlink(name(clones_ - 1).c_str()) != 0) worker_fails("unlink");
    ++clones_;
  }

 private:
  static constexpr mode_t kUnfinished = 0200, kWhole = 0400;

  std::string name(std::uint64_t number) const { return path_ + "." + std::to_string(number); }

  std::string path_;
  std::uint64_t clones_ = 0;
};
using Backend = Committing<Reflink>;

}  // namespace bench
