#include "recorded_files.h"

#include "base/syscall.h"
#include "base/text.h"

namespace states {

using snapshot::sys::as_long;
using snapshot::sys::failed;
using snapshot::sys::kernel_call;

namespace {

void read_identity(int fd, RecordedFile *file) {
  struct statx s;
  const long result =
      kernel_call(SYS_statx, fd, as_long(""), AT_EMPTY_PATH, STATX_INO | STATX_BTIME, as_long(&s), 0);
  if (failed(result)) cannot_record("statx of a file that is to be recorded");
  file->identity_inode = s.stx_ino;
  file->identity_birth_ns = (s.stx_mask & STATX_BTIME) == 0
                                ? 0
                                : static_cast<u64>(s.stx_btime.tv_sec) * 1'000'000'000 + s.stx_btime.tv_nsec;
}

}  // namespace

u32 RecordedFiles::find(const struct stat &st) const {
  for (u32 i = count_; i-- > 0;)
    if (files_[i].inode == st.st_ino && files_[i].device == st.st_dev) return i;
  return none;
}

u32 RecordedFiles::find_fd(long fd) const {
  struct stat st;
  return failed(kernel_call(SYS_fstat, fd, as_long(&st), 0, 0, 0, 0)) ? none : find(st);
}

u32 RecordedFiles::find_at(long directory, const char *path) const {
  struct stat st;
  return failed(kernel_call(SYS_newfstatat, directory, as_long(path), as_long(&st), 0, 0, 0)) ? none
                                                                                              : find(st);
}

u32 RecordedFiles::add(long fd, const struct stat &st, bool deterministic) {
  if (count_ == files_max) cannot_record("more files than it has room for");
  snapshot::Text<64> self;
  self << "/proc/self/fd/" << static_cast<u64>(fd);
  long own = kernel_call(SYS_openat, AT_FDCWD, as_long(self.c_str()), O_RDONLY | O_CLOEXEC, 0, 0, 0);
  if (!failed(own)) own = out_of_the_way(own);
  if (failed(own)) cannot_record("a file that is to be recorded cannot be read");
  RecordedFile &file = files_[count_];
  file = {st.st_dev, st.st_ino, 0, 0, static_cast<int>(own), 0};
  read_identity(file.fd, &file);
  if (deterministic) file.identity_inode = 1000 + count_, file.identity_birth_ns = 1;
  return count_++;
}

void RecordedFiles::add_mapping(const Mapping &mapping) {
  if (mapping_count_ == mappings_max) cannot_record("more mappings than it has room for");
  mappings_[mapping_count_++] = mapping;
}

void RecordedFiles::map(u64 begin, u64 bytes, u32 file, u64 offset) {
  add_mapping({begin, begin + bytes, offset, file});
}

void RecordedFiles::unmap(u64 begin, u64 bytes) {
  const u64 end = begin + bytes;
  for (u32 i = mapping_count_; i-- > 0;) {
    const Mapping m = mappings_[i];
    if (m.end <= begin || m.begin >= end) continue;
    mappings_[i] = mappings_[--mapping_count_];
    if (m.begin < begin) add_mapping({m.begin, begin, m.offset, m.file});
    if (m.end > end) add_mapping({end, m.end, m.offset + (end - m.begin), m.file});
  }
}

bool RecordedFiles::is_mapped(u32 file) const {
  for (u32 i = 0; i < mapping_count_; ++i)
    if (mappings_[i].file == file) return true;
  return false;
}

u32 RecordedFiles::mapped_at(u64 address, u64 *offset) const {
  for (u32 i = 0; i < mapping_count_; ++i) {
    const Mapping &m = mappings_[i];
    if (address < m.begin || address >= m.end) continue;
    *offset = m.offset + (address - m.begin);
    return m.file;
  }
  return none;
}

}  // namespace states
