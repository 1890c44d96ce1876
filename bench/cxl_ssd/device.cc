#include "cxl_ssd/device.h"

#include <fcntl.h>
#include <immintrin.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "harness/clock.h"
#include "harness/fail.h"

namespace bench {
namespace {

constexpr std::uint64_t kPage = 4096, kPiece = 2 << 20;

void check(bool truth, const std::string &what) {
  if (!truth) fail("cxl_ssd: " + what + ": " + std::strerror(errno));
}

// What lies beyond the end, or in a hole, is zeros.
void read_or_zeros(int fd, char *to, std::uint64_t bytes, std::uint64_t offset) {
  const ssize_t n = pread(fd, to, bytes, static_cast<off_t>(offset));
  check(n >= 0, "read");
  std::memset(to + n, 0, bytes - static_cast<std::uint64_t>(n));
}

void write_all(int fd, const char *from, std::uint64_t bytes, std::uint64_t offset) {
  check(pwrite(fd, from, bytes, static_cast<off_t>(offset)) == static_cast<ssize_t>(bytes), "write");
}

void punch(int fd, std::uint64_t offset, std::uint64_t bytes) {
  check(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                  static_cast<off_t>(bytes)) == 0,
        "punch a hole");
  // A huge page that could not be split would have been filled with zeros instead.
  const off_t data = lseek(fd, static_cast<off_t>(offset), SEEK_DATA);
  check(data < 0 || data >= static_cast<off_t>(offset + bytes), "a page does not leave the cache");
}

}  // namespace

std::size_t CxlDevice::file_of(const std::string &path) {
  for (std::size_t i = 0; i < files_.size(); ++i)
    if (files_[i].path == path) return i;
  File file{path, open(path.c_str(), O_RDWR | O_CLOEXEC), -1, 0};
  check(file.memory >= 0, path);
  const std::string store = store_directory_ + path.substr(path.rfind('/'));
  file.store = open(store.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  struct stat st{};
  check(file.store >= 0 && fstat(file.memory, &st) == 0 && ftruncate(file.store, st.st_size) == 0, store);
  file.pages = static_cast<std::uint64_t>(st.st_size) / kPage;
  empty(file);
  files_.push_back(file);
  return files_.size() - 1;
}

// In pieces, so that huge pages leave as a whole.
void CxlDevice::empty(const File &file) {
  std::vector<char> piece(kPiece);
  for (off_t data = 0; (data = lseek(file.memory, data, SEEK_DATA)) >= 0; data += kPiece) {
    data = data / static_cast<off_t>(kPiece) * static_cast<off_t>(kPiece);
    const ssize_t n = pread(file.memory, piece.data(), kPiece, data);
    check(n > 0, "read");
    write_all(file.store, piece.data(), static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(data));
    punch(file.memory, static_cast<std::uint64_t>(data), kPiece);
  }
}

void CxlDevice::take_over(int faults, const std::vector<DeviceMapping> &mappings) {
  if (faults_ >= 0 || mappings.empty()) fail("cxl_ssd: a second worker, or one without files on the device");
  faults_ = faults;
  for (const DeviceMapping &m : mappings) ranges_.push_back({m, file_of(m.path)});
  fill_cache();
}

// With an even part of all pages, so that what follows finds it as after a long run.
void CxlDevice::fill_cache() {
  std::uint64_t pages = 0, page = 0;
  for (const File &file : files_) pages += file.pages;
  for (std::size_t i = 0; i < files_.size(); ++i)
    for (std::uint64_t k = 0; k < files_[i].pages; ++k, ++page) {
      if (cache_pages_ < pages && (page + 1) * cache_pages_ / pages == page * cache_pages_ / pages) continue;
      char contents[kPage];
      read_or_zeros(files_[i].store, contents, kPage, k * kPage);
      write_all(files_[i].memory, contents, kPage, k * kPage);
      cache_.push_back({i, k * kPage});
    }
}

const CxlDevice::Range *CxlDevice::range_at(std::uint64_t address) const {
  for (const Range &r : ranges_)
    if (address - r.mapping.address < r.mapping.bytes) return &r;
  return nullptr;
}

void CxlDevice::serve_faults() {
  uffd_msg message{};
  while (read(faults_, &message, sizeof message) == static_cast<ssize_t>(sizeof message)) {
    if (message.event != UFFD_EVENT_PAGEFAULT) continue;
    const std::uint64_t address = message.arg.pagefault.address / kPage * kPage;
    const Range *const range = range_at(address);
    check(range != nullptr, "a fault outside of all mappings");
    if ((message.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP) != 0)
      allow_writing(address);
    else
      fill(*range, address);
  }
}

// Room first: as long as the worker waits, its other pages can be protected without interrupting its CPU.
void CxlDevice::make_room() {
  while (cache_.size() >= cache_pages_) {
    evict(cache_.front());
    cache_.pop_front();
  }
}

void CxlDevice::fill(const Range &range, std::uint64_t address) {
  make_room();
  const Page page{range.file, address - range.mapping.address + range.mapping.file_offset};
  alignas(kPage) char contents[kPage];
  read_or_zeros(files_[page.file].store, contents, kPage, page.offset);
  if (extra_ns_ != 0) {
    const std::uint64_t until = wall_ns() + extra_ns_;
    while (wall_ns() < until) _mm_pause();
  }
  uffdio_copy copy{
      .dst = address, .src = reinterpret_cast<std::uint64_t>(contents), .len = kPage, .mode = 0, .copy = 0};
  while (ioctl(faults_, UFFDIO_COPY, &copy) != 0) {
    if (errno == EAGAIN) continue;
    if (errno == ESRCH) return;  // the worker has ended
    // It is there already: the event was an old one.
    check(errno == EEXIST, "UFFDIO_COPY");
    uffdio_range waiting{address, kPage};
    check(ioctl(faults_, UFFDIO_WAKE, &waiting) == 0, "UFFDIO_WAKE");
    return;
  }
  ++statistics_.misses;
  // A private mapping has a copy of its own now, which is no part of the device.
  if (range.mapping.shared) cache_.push_back(page);
}

// A store to a page that was on its way out: it is tried again, and finds that the page is missing.
void CxlDevice::allow_writing(std::uint64_t address) {
  uffdio_writeprotect allow{.range = {address, kPage}, .mode = 0};
  while (ioctl(faults_, UFFDIO_WRITEPROTECT, &allow) != 0)
    if (errno != EAGAIN) return;
}

bool CxlDevice::write_to_store(Page page) {
  char contents[kPage], stored[kPage];
  const File &file = files_[page.file];
  read_or_zeros(file.memory, contents, kPage, page.offset);
  read_or_zeros(file.store, stored, kPage, page.offset);
  if (std::memcmp(contents, stored, kPage) == 0) return false;
  write_all(file.store, contents, kPage, page.offset);
  return true;
}

void CxlDevice::evict(Page page) {
  for (const Range &r : ranges_) {
    if (r.file != page.file || !r.mapping.shared || page.offset - r.mapping.file_offset >= r.mapping.bytes)
      continue;
    uffdio_writeprotect protect{.range = {r.mapping.address + page.offset - r.mapping.file_offset, kPage},
                                .mode = UFFDIO_WRITEPROTECT_MODE_WP};
    while (ioctl(faults_, UFFDIO_WRITEPROTECT, &protect) != 0) {
      if (errno == ESRCH) return;  // the worker has ended
      check(errno == EAGAIN, "UFFDIO_WRITEPROTECT");
    }
  }
  statistics_.written += write_to_store(page) ? 1 : 0;
  punch(files_[page.file].memory, page.offset, kPage);
  ++statistics_.evicted;
}

void CxlDevice::write_back() {
  for (const Page &page : cache_) write_to_store(page);
}

}  // namespace bench
