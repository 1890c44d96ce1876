// An emulated CXL memory-semantic SSD: memory that a program maps and loads from and stores to, of which a
// cache in the device has a part; the rest is in a file on a disk, the store, and comes page by page when it
// is touched.
//
// The memory is a file on tmpfs. What the cache has is in that file; what it has not is a hole there. A touch
// of a hole stops the worker (userfaultfd, missing page) until the page has been read from the store and put
// there (UFFDIO_COPY), plus the time that a miss of the device takes. A page that makes room is protected
// (userfaultfd, write protection), so that no store can come in between, compared with the store, written to
// it if it differs, and punched out of the file. The first page to come is the first to go: a device sees
// each access, we see misses only.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "cxl_ssd/message.h"

namespace bench {

class CxlDevice {
 public:
  struct Statistics {
    std::uint64_t misses = 0, evicted = 0, written = 0;
  };

  CxlDevice(std::string store_directory, std::uint64_t cache_pages)
      : store_directory_(std::move(store_directory)), cache_pages_(cache_pages) {}

  // A worker's mappings and userfaultfd. All that their files have goes to the store, and a part back to the
  // cache.
  void take_over(int faults, const std::vector<DeviceMapping> &mappings);

  // The descriptor to wait for; -1: no worker yet.
  int faults() const { return faults_; }
  void serve_faults();

  // From the next miss on.
  void set_cache_pages(std::uint64_t pages) { cache_pages_ = pages; }

  // What a miss takes longer than it does by itself.
  void set_extra_ns(std::uint64_t ns) { extra_ns_ = ns; }

  // Everything in the cache is in the store on return, and stays in the cache. The worker must not be
  // storing.
  void write_back();

  const Statistics &statistics() const { return statistics_; }

 private:
  struct File {
    std::string path;
    int memory, store;
    std::uint64_t pages;
  };
  struct Range {
    DeviceMapping mapping;
    std::size_t file;
  };
  struct Page {
    std::size_t file;
    std::uint64_t offset;
  };

  std::size_t file_of(const std::string &path);
  void empty(const File &file);
  const Range *range_at(std::uint64_t address) const;
  void fill_cache();
  void make_room();
  void fill(const Range &range, std::uint64_t address);
  void allow_writing(std::uint64_t address);
  void evict(Page page);
  bool write_to_store(Page page);

  std::string store_directory_;
  std::uint64_t cache_pages_;
  std::uint64_t extra_ns_ = 0;
  int faults_ = -1;
  std::vector<File> files_;
  std::vector<Range> ranges_;
  std::deque<Page> cache_;  // the oldest first
  Statistics statistics_;
};

}  // namespace bench
