// The program whose file is backed up: does what the test says, a letter at a time on standard input, and
// answers each with eight bytes on descriptor 3.
//
//   backup_subject FILE THREADS RESIZES
//   c  one commit more (one thread); answers its number, or ~0 if it failed: the next one is the same
//   f  commits without end, until s, which is answered by how many there have been
//   b  the next commit stops among its stores to the file and answers 1; it goes on after any letter
//   p  the next copy to the file fails; m  the next sync of the file; j  writes to the journal, for want of
//   space u  unmaps and closes the file; o  opens it again
// The newest commit of each thread that has returned is in FILE.progress.
#include <poll.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <thread>
#include <vector>

#include "base/observer.h"
#include "base/syscall.h"
#include "crash/support/mapped_file.h"
#include "crash/support/stores.h"
#include "model.h"

namespace {

using backup::Part;

constexpr std::uint64_t map_bytes = 2 * backup::first_pages * backup::page_bytes;

void check(bool holds, const char *what) {
  if (holds) return;
  std::fprintf(stderr, "backup_subject: %s: errno %d, %s\n", what, errno, snapshot_last_error());
  std::_Exit(8);
}

void answer(std::uint64_t number) { check(syscall(SYS_write, 3, &number, sizeof number) == 8, "answer"); }

char next_letter() {
  char letter;
  if (syscall(SYS_read, 0, &letter, 1) != 1) std::_Exit(0);
  return letter;
}

// What is to go wrong, once; set while no commit is under way.
bool stop_among_stores, fail_copy, fail_sync, fail_journal;

bool is_backing(std::uint64_t address) {
  return address - (snapshot::kWorkingBase + snapshot::kBackingDistance) < snapshot::kRangeBytes;
}

bool take(bool *flag) {
  const bool was = *flag;
  *flag = false;
  return was;
}

bool is_journal(long fd) {
  char target[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const long n = syscall(SYS_readlink, link.c_str(), target, sizeof target);
  return n > 0 && std::string(target, static_cast<std::size_t>(n)).ends_with(".backup");
}

long on_call(long number, const long a[6]) {
  if (number == SYS_process_vm_readv && fail_copy) {
    const auto *to = reinterpret_cast<const struct iovec *>(a[1]);
    if (is_backing(reinterpret_cast<std::uint64_t>(to->iov_base)) && take(&fail_copy)) return -EFAULT;
  }
  if (number == SYS_msync && fail_sync && is_backing(static_cast<std::uint64_t>(a[0])) && take(&fail_sync))
    return -EIO;
  if (number == SYS_pwrite64 && fail_journal && is_journal(a[0])) return -ENOSPC;
  return snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void on_persist(snapshot::Verb, void *to, snapshot::u64) {
  if (!stop_among_stores || !is_backing(reinterpret_cast<std::uint64_t>(to))) return;
  stop_among_stores = false;
  answer(1);
  (void)next_letter();
}

constexpr snapshot::Observer observer = {on_call, on_persist};

class Subject {
 public:
  Subject(const char *path, unsigned threads, bool resizes) : path_(path), resizes_(resizes) {
    const int fd = open((path_ + ".progress").c_str(), O_RDWR | O_CLOEXEC);
    void *at = mmap(nullptr, backup::page_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    check(at != MAP_FAILED, "progress");
    progress_ = static_cast<std::atomic<std::uint64_t> *>(at);
    for (unsigned t = 0; t < threads; ++t) parts_.push_back(backup::part_of(t, threads));
    map();
  }

  void map() {
    fd_ = open(path_.c_str(), O_RDWR | O_CLOEXEC);
    check(fd_ >= 0, "open");
    void *at = mmap(nullptr, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    check(at != MAP_FAILED && snapshot_is_managed(at, map_bytes) == 1, "mmap");
    begin_ = static_cast<char *>(at);
  }
  void unmap() { check(munmap(begin_, map_bytes) == 0 && close(fd_) == 0, "munmap"); }

  bool commit(std::size_t thread) {
    const Part &part = parts_[thread];
    const std::uint64_t k = progress_[thread].load() + 1;
    if (resizes_) check(ftruncate(fd_, static_cast<off_t>(backup::size_after(k))) == 0, "ftruncate");
    const std::uint64_t size = resizes_ ? backup::size_after(k) : part.end * backup::page_bytes;
    for (std::uint64_t page = part.first; page * backup::page_bytes < size; ++page)
      for (const std::uint64_t place : backup::places)
        if (part.changes(page, k) && page * backup::page_bytes + place + 8 <= size)
          test::store(reinterpret_cast<std::uint64_t *>(begin_ + page * backup::page_bytes + place), k);
    char *const from = resizes_ ? begin_ : begin_ + part.first * backup::page_bytes;
    const std::uint64_t bytes = resizes_ ? map_bytes : (part.end - part.first) * backup::page_bytes;
    if (msync(from, bytes, MS_SYNC) != 0) return false;
    progress_[thread].store(k);
    return true;
  }

  void run_freely() {
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < parts_.size(); ++t)
      threads.emplace_back([&, t] {
        while (!stop.load()) check(commit(t), "msync");
      });
    check(next_letter() == 's', "s");
    stop.store(true);
    for (std::thread &thread : threads) thread.join();
  }

  std::uint64_t commits() const {
    std::uint64_t sum = 0;
    for (std::size_t t = 0; t < parts_.size(); ++t) sum += progress_[t].load();
    return sum;
  }

 private:
  std::string path_;
  bool resizes_;
  int fd_ = -1;
  char *begin_ = nullptr;
  std::atomic<std::uint64_t> *progress_ = nullptr;
  std::vector<Part> parts_;
};

std::uint64_t obey(Subject &subject, char letter) {
  switch (letter) {
    case 'c':
      return subject.commit(0) ? subject.commits() : ~std::uint64_t{0};
    case 'f':
      subject.run_freely();
      return subject.commits();
    case 'b':
      return stop_among_stores = true;
    case 'p':
      return fail_copy = true;
    case 'm':
      return fail_sync = true;
    case 'j':
      return fail_journal = true;
    case 'u':
      subject.unmap();
      return 0;
    case 'o':
      subject.map();
      return 0;
  }
  check(false, "letter");
  return 0;
}

}  // namespace

int main(int argc, char **argv) {
  check(argc == 4, "arguments");
  snapshot::snapshot_observer = &observer;
  Subject subject(argv[1], static_cast<unsigned>(std::stoul(argv[2])), *argv[3] == '1');
  for (;;) answer(obey(subject, next_letter()));
}
