// What the recorder knows of files: their numbers, a descriptor of its own on each, and where they are
// mapped. Under the recorder's lock.
#pragma once
#include <fcntl.h>
#include <sys/stat.h>

#include "trace_writer.h"

namespace states {

struct RecordedFile {
  u64 device, inode;                      // as the kernel has them
  u64 identity_inode, identity_birth_ns;  // as the program is told
  int fd;         // read-only; keeps the inode, and so its number, from being used again
  u32 stored_by;  // thread + 1 that stored to its mapping since the last check; 0: none
};

class RecordedFiles {
 public:
  static constexpr u32 none = ~u32{0};

  u32 find(const struct stat &st) const;
  u32 find_fd(long fd) const;  // by the program's descriptor
  u32 find_at(long directory, const char *path) const;
  u32 find_path(const char *path) const { return find_at(AT_FDCWD, path); }
  // A file that has no number yet; the descriptor is the program's. deterministic: see RecorderOptions.
  u32 add(long fd, const struct stat &st, bool deterministic);
  RecordedFile &operator[](u32 file) { return files_[file]; }
  u32 count() const { return count_; }

  void map(u64 begin, u64 bytes, u32 file, u64 offset);
  void unmap(u64 begin, u64 bytes);
  bool is_mapped(u32 file) const;
  // The file that is mapped at the address, or none.
  u32 mapped_at(u64 address, u64 *offset) const;

 private:
  struct Mapping {
    u64 begin, end, offset;
    u32 file;
  };
  static constexpr u32 files_max = 1024, mappings_max = 1024;
  void add_mapping(const Mapping &mapping);
  RecordedFile files_[files_max] = {};
  Mapping mappings_[mappings_max] = {};
  u32 count_ = 0, mapping_count_ = 0;
};

}  // namespace states
