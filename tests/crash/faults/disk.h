// What a power cut would leave: a second image of data file and log that only successful syncs (on memory
// media: fences) of what was written before them update.
//
// After a failed sync the kernel counts the pages as clean (design.md, "Facts"), so what had been written
// counts as never written: it does not reach the disk with the next sync unless it is written again. The same
// goes for what no sync has covered when the power goes. A disk can also have taken part of either; a second
// image, kept beside the first, takes every second line of it, by the seed.
#pragma once
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace faults {

class Disk {
 public:
  // takes_some: the second kind.
  Disk(bool takes_some, std::uint64_t seed) : takes_some_(takes_some), random_(seed) {}

  // The disk has these bytes of the file. Where the file differs, it waits for a sync.
  void load(const std::string &path, const std::string &durable);

  // After the system call. result: what the caller is told; done: what the kernel has done.
  void after_call(long number, const long *a, long result, long done);
  // After a persist verb (base/observer.h).
  void stored(const void *to, std::uint64_t bytes, bool until_fence);
  void fenced();

  // What the disk has of the file; the file need not have a name any more.
  std::string contents(std::uint64_t inode);
  bool knows(std::uint64_t inode) const { return files_.count(inode) != 0; }

 private:
  struct File {
    std::string durable;
    std::uint64_t size = 0;                 // durable; durable bytes beyond it have no meaning yet
    std::set<std::uint64_t> cached;         // lines that wait for a sync
    std::set<std::uint64_t> stored;         // lines that wait for a fence
    std::uint64_t cut = ~std::uint64_t{0};  // a smaller size that waits for a sync
    int fd = -1;                            // ours, to see what the lines hold
  };
  struct Mapping {
    std::uint64_t begin, end, inode, offset;
  };

  File *file_behind(long fd);
  void wrote(File &file, std::uint64_t offset, std::uint64_t bytes, std::set<std::uint64_t> File::*lines);
  void sync(File &file, std::uint64_t begin, std::uint64_t end, bool succeeded);
  void take(File &file, std::string *image, const std::vector<std::uint64_t> &lines);
  void cut(File &file, std::uint64_t size);
  void finish_cut(File &file);
  void map(const long *a, long address);
  void unmap(const long *a);
  const Mapping *mapping_at(std::uint64_t address) const;
  void after_sync(long number, const long *a, bool succeeded);
  // Those that reach the disk although no sync has succeeded.
  std::vector<std::uint64_t> some_of(std::vector<std::uint64_t> lines);

  bool takes_some_;
  std::mt19937_64 random_;
  std::map<std::uint64_t, File> files_;  // by inode
  std::map<std::uint64_t, Mapping> mappings_;
};

}  // namespace faults
