#include "disk.h"

#include <linux/falloc.h>
#include <sys/mman.h>

#include <cstdlib>

#include "raw_file.h"

namespace faults {
namespace {
constexpr std::uint64_t line_bytes = 64, everything = ~std::uint64_t{0};
std::uint64_t unsigned_of(long value) { return static_cast<std::uint64_t>(value); }
}  // namespace

void Disk::load(const std::string &path, const std::string &durable) {
  const RawFile raw(path, O_RDONLY);
  const std::string now = bytes_in(path);
  File *file = file_behind(raw.fd());
  file->durable = durable;
  file->size = durable.size();
  file->cached.clear();
  for (std::uint64_t at = 0; at < now.size(); at += line_bytes)
    if (at >= durable.size() || now.compare(at, line_bytes, durable, at, line_bytes) != 0)
      wrote(*file, at, 1, &File::cached);
}

// Regular files only; one that is new to us has nothing on the disk yet.
Disk::File *Disk::file_behind(long fd) {
  struct stat st;
  if (fd < 0 || syscall(SYS_fstat, fd, &st) != 0 || !S_ISREG(st.st_mode)) return nullptr;
  File &file = files_[st.st_ino];
  if (file.fd < 0) {
    const std::string self = "/proc/self/fd/" + std::to_string(fd);
    file.fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, self.c_str(), O_RDONLY | O_CLOEXEC));
  }
  return &file;
}

void Disk::wrote(File &file, std::uint64_t offset, std::uint64_t bytes,
                 std::set<std::uint64_t> File::*lines) {
  for (std::uint64_t line = offset / line_bytes; line * line_bytes < offset + bytes; ++line)
    (file.*lines).insert(line);
}

std::vector<std::uint64_t> Disk::some_of(std::vector<std::uint64_t> lines) {
  if (takes_some_ && lines.size() == 1) return lines;  // an entry of the log, say: none is the other image's
  if (takes_some_)
    std::erase_if(lines, [&](std::uint64_t) { return random_() % 2 == 0; });
  else
    lines.clear();
  return lines;
}

// The lines become what the file has there now.
void Disk::take(File &file, std::string *image, const std::vector<std::uint64_t> &lines) {
  if (lines.empty()) return;
  const std::uint64_t first = lines.front() * line_bytes;
  const std::string now = bytes_behind(file.fd, first, (lines.back() + 1) * line_bytes - first);
  if (image->size() < first + now.size()) image->resize(first + now.size());
  for (const std::uint64_t line : lines) {
    const std::uint64_t at = line * line_bytes;
    if (at - first < now.size())
      image->replace(at, std::min(line_bytes, now.size() - (at - first)), now, at - first, line_bytes);
  }
}

// Whatever waits for a sync in [begin, end) has reached the disk, or is lost.
void Disk::sync(File &file, std::uint64_t begin, std::uint64_t end, bool succeeded) {
  auto first = file.cached.lower_bound(begin / line_bytes), last = file.cached.end();
  if (end != everything) last = file.cached.lower_bound((end + line_bytes - 1) / line_bytes);
  const std::vector<std::uint64_t> lines(first, last);
  if (succeeded) finish_cut(file);
  take(file, &file.durable, succeeded ? lines : some_of(lines));
  file.cached.erase(first, last);
  if (succeeded) file.size = size_behind(file.fd);
}

// A file system writes down a smaller size at once or with the next sync, and the blocks go with it.
void Disk::cut(File &file, std::uint64_t size) {
  const std::uint64_t end = (size + line_bytes - 1) / line_bytes;
  for (auto *waiting : {&file.cached, &file.stored})
    waiting->erase(waiting->lower_bound(end), waiting->end());
  file.cut = std::min(file.cut, size);
  if (takes_some_) finish_cut(file);
}

void Disk::finish_cut(File &file) {
  if (file.durable.size() > file.cut) file.durable.resize(file.cut);
  file.size = std::min(file.size, file.cut);
  file.cut = everything;
}

const Disk::Mapping *Disk::mapping_at(std::uint64_t address) const {
  auto next = mappings_.upper_bound(address);
  if (next == mappings_.begin()) return nullptr;
  const Mapping &m = std::prev(next)->second;
  return address < m.end ? &m : nullptr;
}

// The library unmaps and replaces whole mappings only.
void Disk::unmap(const long *a) {
  mappings_.erase(mappings_.lower_bound(unsigned_of(a[0])), mappings_.lower_bound(unsigned_of(a[0] + a[1])));
}

void Disk::map(const long *a, long address) {
  const bool shared = (a[3] & MAP_TYPE) == MAP_SHARED || (a[3] & MAP_TYPE) == MAP_SHARED_VALIDATE;
  struct stat st;
  if (!shared || a[4] < 0 || syscall(SYS_fstat, a[4], &st) != 0) return;
  (void)file_behind(a[4]);
  const std::uint64_t begin = unsigned_of(address);
  mappings_[begin] = {begin, begin + unsigned_of(a[1]), st.st_ino, unsigned_of(a[5])};
}

void Disk::after_sync(long number, const long *a, bool succeeded) {
  if (number != SYS_msync) {
    if (File *file = file_behind(a[0]); file != nullptr) sync(*file, 0, everything, succeeded);
    return;
  }
  const Mapping *m = mapping_at(unsigned_of(a[0]));
  if (m == nullptr) throw std::runtime_error("msync of what is not mapped");
  const std::uint64_t begin = unsigned_of(a[0]) - m->begin + m->offset;
  sync(files_.at(m->inode), begin, begin + unsigned_of(a[1]), succeeded);
}

void Disk::after_call(long number, const long *a, long result, long done) {
  const bool succeeded = result >= 0;
  switch (number) {
    case SYS_mmap:
      if (succeeded) map(a, result);
      break;
    case SYS_munmap:
      if (succeeded) unmap(a);
      break;
    case SYS_pwrite64:
      if (File *file = file_behind(a[0]); file != nullptr && done > 0)
        wrote(*file, unsigned_of(a[3]), unsigned_of(done), &File::cached);
      break;
    case SYS_ftruncate:
      if (File *file = file_behind(a[0]); file != nullptr && succeeded) cut(*file, unsigned_of(a[1]));
      break;
    case SYS_truncate:
      if (succeeded) cut(*file_behind(RawFile(reinterpret_cast<const char *>(a[0])).fd()), unsigned_of(a[1]));
      break;
    case SYS_fallocate:
      if (File *file = file_behind(a[0]); file != nullptr && succeeded && (a[1] & FALLOC_FL_PUNCH_HOLE) != 0)
        for (std::uint64_t at = unsigned_of(a[2]); at < unsigned_of(a[2] + a[3]) && at < file->durable.size();
             ++at)
          file->durable[at] = 0;
      break;
    case SYS_msync:
    case SYS_fsync:
    case SYS_fdatasync:
      if (result != -EINTR) after_sync(number, a, succeeded);
      break;
    default:
      break;
  }
}

void Disk::stored(const void *to, std::uint64_t bytes, bool until_fence) {
  const std::uint64_t address = reinterpret_cast<std::uint64_t>(to);
  const Mapping *m = mapping_at(address);
  if (m == nullptr) throw std::runtime_error("a store to media that are not mapped");
  wrote(files_.at(m->inode), address - m->begin + m->offset, bytes,
        until_fence ? &File::stored : &File::cached);
}

void Disk::fenced() {
  for (auto &[inode, file] : files_) {
    if (!file.stored.empty() && (*file.stored.rbegin() + 1) * line_bytes > file.cut) finish_cut(file);
    take(file, &file.durable, {file.stored.begin(), file.stored.end()});
    file.stored.clear();
  }
}

std::string Disk::contents(std::uint64_t inode) {
  File &file = files_.at(inode);
  std::string image = file.durable;
  for (const auto *waiting : {&file.cached, &file.stored})
    take(file, &image, some_of({waiting->begin(), waiting->end()}));
  image.resize(file.size);
  return image;
}

}  // namespace faults
