// The kernel's msync of the whole mapping, as a program calls it that keeps no record of what it changed. No
// atomicity; on tmpfs no durability either, where it does nothing but look at the mapping. The interface is
// explained in no_persistence.h.
//
// BENCH_PAGES=4K or 2M, for disks: the pages that the kernel keeps the file in, and what it writes at least
// for one store. Left alone it takes pages of any size between, as the file happened to be written or read.
#pragma once
#include <cstdlib>
#include <cstring>

#include "backends/mapped_file.h"

namespace bench {

class KernelMsync : public MappedFile {
 public:
  void open_heap(const char *path, std::uint64_t objects, std::uint64_t object_bytes) {
    create(path, heap_bytes(objects, object_bytes));
    if (pages_ != nullptr) write_zeros();
    map();
    if (pages_ != nullptr) read_pages();
    heap()->make(bytes_);
  }
  void facts() const {
    if (pages_ == nullptr) return;
    std::printf(" mapped_kb=%llu huge_kb=%llu", static_cast<unsigned long long>(bytes_ >> 10), huge_kb());
  }

 protected:
  void commit() {
    if (msync(address_, bytes_, MS_SYNC) != 0) worker_fails("msync");
  }

 private:
  // So that no later store allocates a block; and nothing of it stays in memory, in whatever pages.
  void write_zeros() const {
    static char zeros[1 << 20];
    for (std::uint64_t at = 0; at < bytes_; at += sizeof zeros)
      if (pwrite(fd_, zeros, sizeof zeros, static_cast<off_t>(at)) != sizeof zeros) worker_fails("pwrite");
    if (fsync(fd_) != 0 || posix_fadvise(fd_, 0, 0, POSIX_FADV_DONTNEED) != 0) worker_fails("fsync");
  }
  // MADV_RANDOM: no reading ahead, page by page. MADV_HUGEPAGE: huge ones, where the file system has them.
  void read_pages() const {
    const bool huge = std::strcmp(pages_, "2M") == 0;
    if (madvise(address_, bytes_, huge ? MADV_HUGEPAGE : MADV_RANDOM) != 0) worker_fails("madvise");
    for (std::uint64_t at = 0; at < bytes_; at += 4096)
      (void)*(static_cast<const volatile char *>(address_) + at);
  }
  // Of the mapping, what huge pages are mapped for.
  unsigned long long huge_kb() const {
    char start[32], line[256];
    std::snprintf(start, sizeof start, "%llx-",
                  static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(address_)));
    std::FILE *const maps = std::fopen("/proc/self/smaps", "r");
    if (maps == nullptr) worker_fails("/proc/self/smaps");
    unsigned long long kb = 0;
    for (bool here = false; std::fgets(line, sizeof line, maps) != nullptr;) {
      here = here || std::strncmp(line, start, std::strlen(start)) == 0;
      if (here && std::sscanf(line, "FilePmdMapped: %llu", &kb) == 1) break;
    }
    std::fclose(maps);
    return kb;
  }

  const char *const pages_ = std::getenv("BENCH_PAGES");
};
using Backend = Committing<KernelMsync>;

}  // namespace bench
