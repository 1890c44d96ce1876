#include "memory_files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstdlib>

#include "violation.h"

namespace fuzz {

MemoryFiles *MemoryFiles::current_;

namespace {

constexpr int first_descriptor = 600, descriptors_max = 700;
constexpr u64 device = 77, log_inode = 4;

template <typename T>
T *pointer(long argument) {
  return reinterpret_cast<T *>(argument);
}

std::string new_directory() {
  static u64 count;
  return "/memory/" + std::to_string(++count);
}

}  // namespace

MemoryFiles::MemoryFiles(const Files &files, const Trouble &trouble)
    : files_(files),
      trouble_(trouble),
      data_path_(new_directory() + "/data"),
      data_bytes_max_(SparseFile::bytes_max) {
  current_ = this;
}

MemoryFiles::~MemoryFiles() { current_ = nullptr; }

long MemoryFiles::call(long number, const long arguments[6]) {
  MemoryFiles &self = *current_;
  long result = 0;
  if (self.fails_now(number, &result)) return result;
  return self.serve(number, arguments);
}

// close and munmap do their work even if they report an error.
bool MemoryFiles::fails_now(long number, long *result) {
  if (++calls_ != trouble_.fail_call) return false;
  if (number == SYS_close || number == SYS_munmap) return false;
  halves_ = trouble_.error == 0 && (number == SYS_pread64 || number == SYS_pwrite64);
  if (halves_) return false;
  trouble_came_ = true;
  *result = -(trouble_.error == 0 ? EIO : trouble_.error);
  return true;
}

long MemoryFiles::serve(long number, const long a[6]) {
  const int fd = static_cast<int>(a[0]);
  switch (number) {
    case SYS_openat:
      return open_path(a);
    case SYS_close:
      (void)descriptor(fd);
      descriptors_.erase(fd);
      return 0;
    case SYS_fstat:
      return status_of(descriptor(fd).which, pointer<struct stat>(a[1]));
    case SYS_newfstatat:
      require(pointer<const char>(a[1]) == log_path(), "another file is looked at");
      return log_exists_ ? status_of(Which::log, pointer<struct stat>(a[2])) : -ENOENT;
    case SYS_statx:
      return identity_of(fd, pointer<struct statx>(a[4]));
    case SYS_pread64:
      return pread_file(fd, pointer<void>(a[1]), static_cast<u64>(a[2]), static_cast<u64>(a[3]));
    case SYS_pwrite64:
      return pwrite_file(fd, pointer<const void>(a[1]), static_cast<u64>(a[2]), static_cast<u64>(a[3]));
    case SYS_lseek: {
      require(a[2] == SEEK_DATA, "lseek asks for something else than data");
      const u64 data =
          (descriptor(fd).which == Which::data ? files_.data : files_.log).next_kept(static_cast<u64>(a[1]));
      return data == SparseFile::bytes_max ? -ENXIO : static_cast<long>(data);
    }
    case SYS_ftruncate:
      return truncate(fd, static_cast<u64>(a[1]));
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_flock:
      (void)descriptor(fd);
      return 0;
    case SYS_fcntl:
      require(a[1] == F_DUPFD_CLOEXEC, "fcntl does something else than duplicate");
      return duplicate(fd);
    case SYS_readlink: {
      const std::string self = "/proc/self/fd/";
      const std::string asked = pointer<const char>(a[0]);
      require(asked.rfind(self, 0) == 0, "another link is read");
      (void)descriptor(std::stoi(asked.substr(self.size())));
      const u64 n = std::min<u64>(data_path_.size(), static_cast<u64>(a[2]));
      std::memcpy(pointer<char>(a[1]), data_path_.data(), n);
      return static_cast<long>(n);
    }
    case SYS_unlink:
      return unlink_path(pointer<const char>(a[0]));
    case SYS_mmap:
      return map(a);
    case SYS_munmap:
      return unmap(static_cast<u64>(a[0]), static_cast<u64>(a[1]));
    case SYS_nanosleep:
      return 0;
    default:
      violation("system call " + std::to_string(number) + " is none that recovery makes");
  }
}

long MemoryFiles::open_path(const long a[6]) {
  const std::string path = pointer<const char>(a[1]);
  const long flags = a[2];
  require((flags & (O_CREAT | O_TRUNC | O_APPEND)) == 0,
          "a file is opened to be made, emptied or appended to");
  const bool writable = (flags & O_ACCMODE) != O_RDONLY;
  if (path == data_path_) return add_descriptor({Which::data, writable});
  require(path == log_path(), "another file is opened");
  return log_exists_ ? add_descriptor({Which::log, writable}) : -ENOENT;
}

long MemoryFiles::pread_file(int fd, void *to, u64 bytes, u64 offset) {
  if (halves_) halves_ = false, trouble_came_ = true, bytes = (bytes + 1) / 2;
  if (offset > SparseFile::bytes_max) return -EINVAL;
  const SparseFile &file = descriptor(fd).which == Which::data ? files_.data : files_.log;
  return static_cast<long>(file.read(offset, to, bytes));
}

// Whether this change is the last thing that happens; bytes of it do.
bool MemoryFiles::tears_now(u64 *bytes) {
  if (++changes_ != trouble_.crash_at) return false;
  *bytes = *bytes * trouble_.torn / 256;
  return true;
}

void MemoryFiles::die_if_torn(bool tears) {
  if (!tears) return;
  trouble_came_ = true;
  std::longjmp(death_, 1);
}

long MemoryFiles::pwrite_file(int fd, const void *from, u64 bytes, u64 offset) {
  if (halves_) halves_ = false, trouble_came_ = true, bytes = (bytes + 1) / 2;
  const Descriptor &file = descriptor(fd);
  require(file.writable, "a file is written that was opened for reading");
  const bool tears = tears_now(&bytes);
  if (file.which == Which::data) {
    require(offset <= data_bytes_max_ && bytes <= data_bytes_max_ - offset,
            "the data file is written beyond what the log justifies");
    files_.data.write(offset, from, bytes);
  } else {
    // In one write or, where one was cut short, in two.
    require(offset >= format::kRetiredOffset &&
                offset + bytes <= format::kRetiredOffset + sizeof(format::Retired),
            "something else than the retired mark is written to the log");
    files_.log.write(offset, from, bytes);
  }
  die_if_torn(tears);
  return static_cast<long>(bytes);
}

long MemoryFiles::truncate(int fd, u64 size) {
  const Descriptor &file = descriptor(fd);
  require(file.which == Which::data && file.writable, "a file is cut that must not be");
  require(size <= data_bytes_max_, "the data file is made longer than the log justifies");
  u64 done = 1;
  const bool tears = tears_now(&done);
  if (!tears) files_.data.resize(size);
  die_if_torn(tears);
  return 0;
}

long MemoryFiles::unlink_path(const char *path) {
  require(path == log_path() && log_exists_, "another file is removed");
  u64 done = 1;
  const bool tears = tears_now(&done);
  if (!tears) log_exists_ = false;
  die_if_torn(tears);
  return 0;
}

long MemoryFiles::status_of(Which which, struct stat *out) const {
  *out = {};
  out->st_mode = S_IFREG | 0600;
  out->st_dev = device;
  out->st_ino = which == Which::data ? files_.inode : log_inode;
  out->st_size = static_cast<off_t>((which == Which::data ? files_.data : files_.log).size());
  return 0;
}

long MemoryFiles::identity_of(int fd, struct statx *out) {
  require(descriptor(fd).which == Which::data, "the log's identity is asked for");
  *out = {};
  out->stx_mask = STATX_INO | (files_.birth_ns == 0 ? 0u : STATX_BTIME);
  out->stx_ino = files_.inode;
  out->stx_btime.tv_sec = static_cast<long long>(files_.birth_ns / 1'000'000'000);
  out->stx_btime.tv_nsec = static_cast<u32>(files_.birth_ns % 1'000'000'000);
  return 0;
}

// On the heap, so that AddressSanitizer guards its ends.
long MemoryFiles::map(const long a[6]) {
  require((a[3] & MAP_ANONYMOUS) != 0 && a[1] > 0 && a[1] <= 1 << 20, "memory is mapped, and a lot of it");
  void *memory = std::aligned_alloc(kPageBytes, static_cast<std::size_t>(a[1]));
  if (memory == nullptr) return -ENOMEM;
  std::memset(memory, 0, static_cast<std::size_t>(a[1]));
  const auto address = reinterpret_cast<u64>(memory);
  mapped_[address] = static_cast<u64>(a[1]);
  return static_cast<long>(address);
}

long MemoryFiles::unmap(u64 address, u64 bytes) {
  const auto found = mapped_.find(address);
  require(found != mapped_.end() && found->second == bytes, "memory is unmapped that was not mapped so");
  std::free(reinterpret_cast<void *>(address));
  mapped_.erase(found);
  return 0;
}

MemoryFiles::Descriptor &MemoryFiles::descriptor(int fd) {
  const auto found = descriptors_.find(fd);
  require(found != descriptors_.end(), "a descriptor is used that is not open");
  return found->second;
}

int MemoryFiles::add_descriptor(Descriptor what) {
  int fd = first_descriptor;
  while (descriptors_.count(fd) != 0) ++fd;
  require(fd < descriptors_max, "descriptors are not closed");
  descriptors_[fd] = what;
  return fd;
}

long MemoryFiles::duplicate(int fd) { return add_descriptor(descriptor(fd)); }

void MemoryFiles::end_of_process() {
  if (!died_) {
    require(descriptors_.empty(), "a descriptor is left open");
    require(mapped_.empty(), "memory is not given back");
  }
  descriptors_.clear();
  for (const auto &[address, bytes] : mapped_) std::free(reinterpret_cast<void *>(address));
  mapped_.clear();
}

}  // namespace fuzz
