#include "simulated_kernel.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "base/syscall.h"

namespace states {
namespace {

SimulatedKernel *running = nullptr;

long serve_running(long number, const long arguments[6]) { return running->serve(number, arguments); }
constexpr snapshot::Observer observer = {serve_running, nullptr};

constexpr u64 pages_max = 256 << 20;
constexpr u64 device = 77;

// Recovery has no exceptions to let through.
[[noreturn]] void unsupported(const std::string &what) {
  std::fprintf(stderr, "crash_states: the simulated kernel does not have what recovery asks for: %s\n",
               what.c_str());
  std::_Exit(2);
}

template <typename T>
T *pointer(long argument) {
  return reinterpret_cast<T *>(argument);
}

}  // namespace

SimulatedKernel::SimulatedKernel(SimulatedFiles &files)
    : files_(files), pages_(std::make_unique_for_overwrite<u8[]>(pages_max + 4096)) {
  running = this;
  snapshot::snapshot_observer = &observer;
}

SimulatedKernel::~SimulatedKernel() {
  snapshot::snapshot_observer = nullptr;
  running = nullptr;
}

SimulatedKernel::Descriptor *SimulatedKernel::at(long fd) {
  Descriptor *d = nullptr;
  if (fd >= low_first && fd < low_first + low_count) d = &descriptors_[fd - low_first];
  if (fd >= high_first && fd < high_first + high_count) d = &descriptors_[low_count + fd - high_first];
  return d == nullptr || d->file == SimulatedFiles::none ? nullptr : d;
}

u32 SimulatedKernel::open_descriptors() const {
  u32 open = 0;
  for (const Descriptor &d : descriptors_) open += d.file != SimulatedFiles::none;
  return open;
}

long SimulatedKernel::take(long first, long count, Descriptor what) {
  Descriptor *from = first == low_first ? descriptors_ : descriptors_ + low_count;
  for (long i = 0; i < count; ++i)
    if (from[i].file == SimulatedFiles::none) {
      from[i] = what;
      return first + i;
    }
  return -EMFILE;
}

long SimulatedKernel::open(const char *path, long flags) {
  if ((flags & (O_CREAT | O_TRUNC | O_TMPFILE)) != 0) unsupported("creating a file");
  const u32 name = files_.find_name(path);
  if (name == SimulatedFiles::none || files_.named(name) == SimulatedFiles::none) return -ENOENT;
  return take(low_first, low_count, {files_.named(name), name});
}

long SimulatedKernel::stat(u32 file, void *out) const {
  struct stat st;
  std::memset(&st, 0, sizeof st);
  st.st_dev = device;
  st.st_ino = files_[file].inode;
  st.st_mode = S_IFREG | 0600;
  st.st_nlink = 1;
  st.st_size = static_cast<off_t>(files_[file].size());
  std::memcpy(out, &st, sizeof st);
  return 0;
}

long SimulatedKernel::statx(u32 file, void *out) const {
  struct statx s;
  std::memset(&s, 0, sizeof s);
  s.stx_mask = STATX_INO | (files_[file].birth_ns != 0 ? STATX_BTIME : 0);
  s.stx_ino = files_[file].inode;
  s.stx_btime.tv_sec = static_cast<long long>(files_[file].birth_ns / 1'000'000'000);
  s.stx_btime.tv_nsec = static_cast<u32>(files_[file].birth_ns % 1'000'000'000);
  std::memcpy(out, &s, sizeof s);
  return 0;
}

long SimulatedKernel::link_behind(const char *path, char *out, long room) {
  constexpr char prefix[] = "/proc/self/fd/";
  if (std::strncmp(path, prefix, sizeof prefix - 1) != 0) return -ENOENT;
  const Descriptor *d = at(std::atol(path + sizeof prefix - 1));
  if (d == nullptr) return -ENOENT;
  const std::string &name = files_.name(d->name);
  const long count = std::min(room, static_cast<long>(name.size()));
  std::memcpy(out, name.data(), static_cast<std::size_t>(count));
  return count;
}

long SimulatedKernel::read(u32 file, void *to, u64 count, u64 offset) const {
  const auto &bytes = files_[file].bytes;
  if (offset >= bytes.size()) return 0;
  count = std::min<u64>(count, bytes.size() - offset);
  std::memcpy(to, bytes.data() + offset, count);
  return static_cast<long>(count);
}

long SimulatedKernel::write(u32 file, const void *from, u64 count, u64 offset) {
  files_.write(file, offset, from, count);
  work_ += count / 64;
  if (events_ != nullptr)
    events_->push_back(
        {EventKind::store, 0, file, offset, count, {}, std::string(static_cast<const char *>(from), count)});
  return static_cast<long>(count);
}

long SimulatedKernel::resize(u32 file, u64 size) {
  files_.resize(file, size);
  if (events_ != nullptr) events_->push_back({EventKind::resize, 0, file, 0, size, {}, {}});
  return 0;
}

long SimulatedKernel::sync(u32 file) {
  if (events_ != nullptr) events_->push_back({EventKind::sync, 0, file, 0, 0, {}, {}});
  return 0;
}

long SimulatedKernel::unlink(const char *path) {
  const u32 name = files_.find_name(path);
  if (name == SimulatedFiles::none || files_.named(name) == SimulatedFiles::none) return -ENOENT;
  if (events_ != nullptr) events_->push_back({EventKind::unlink, 0, files_.named(name), 0, 0, path, {}});
  files_.name_leads_to(name, SimulatedFiles::none);
  return 0;
}

// Zeros, as from the kernel. What lies in pages_ from mapping to mapping is cleared when it is given out.
long SimulatedKernel::memory(u64 bytes) {
  bytes = (bytes + 4095) / 4096 * 4096;
  if (pages_used_ + bytes > pages_max) return -ENOMEM;
  u8 *first_page = reinterpret_cast<u8 *>((reinterpret_cast<u64>(pages_.get()) + 4095) / 4096 * 4096);
  u8 *begin = first_page + pages_used_;
  std::memset(begin, 0, bytes);
  pages_used_ += bytes;
  ++mappings_;
  return reinterpret_cast<long>(begin);
}

long SimulatedKernel::on_descriptor(long number, const long *a) {
  Descriptor *d = at(a[0]);
  if (d == nullptr) return -EBADF;
  switch (number) {
    case SYS_close:
      *d = {};
      return 0;
    case SYS_fcntl:
      if (a[1] != F_DUPFD_CLOEXEC) unsupported("fcntl " + std::to_string(a[1]));
      return take(a[2] == high_first ? high_first : low_first, a[2] == high_first ? high_count : low_count,
                  *d);
    case SYS_flock:
      return 0;
    case SYS_fstat:
      return stat(d->file, pointer<void>(a[1]));
    case SYS_statx:
      return statx(d->file, pointer<void>(a[4]));
    case SYS_pread64:
      return read(d->file, pointer<void>(a[1]), static_cast<u64>(a[2]), static_cast<u64>(a[3]));
    case SYS_pwrite64:
      return write(d->file, pointer<const void>(a[1]), static_cast<u64>(a[2]), static_cast<u64>(a[3]));
    case SYS_lseek:
      // Without holes: what recovery need not write there, it writes.
      if (a[2] != SEEK_DATA) unsupported("lseek " + std::to_string(a[2]));
      return static_cast<u64>(a[1]) < files_[d->file].size() ? a[1] : -ENXIO;
    case SYS_ftruncate:
      return resize(d->file, static_cast<u64>(a[1]));
    case SYS_fsync:
    case SYS_fdatasync:
      return sync(d->file);
    default:
      unsupported("system call " + std::to_string(number));
  }
}

long SimulatedKernel::serve(long number, const long *a) {
  ++work_;
  switch (number) {
    case SYS_openat:
      return open(pointer<const char>(a[1]), a[2]);
    case SYS_readlink:
      return link_behind(pointer<const char>(a[0]), pointer<char>(a[1]), a[2]);
    case SYS_newfstatat: {
      const u32 name = files_.find_name(pointer<const char>(a[1]));
      if (name == SimulatedFiles::none || files_.named(name) == SimulatedFiles::none) return -ENOENT;
      return stat(files_.named(name), pointer<void>(a[2]));
    }
    case SYS_unlink:
      return unlink(pointer<const char>(a[0]));
    case SYS_mmap:
      return memory(static_cast<u64>(a[1]));
    case SYS_munmap:
      if (--mappings_ == 0) pages_used_ = 0;
      return 0;
    default:
      return on_descriptor(number, a);
  }
}

}  // namespace states
