#include "program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <thread>

#include "recorder.h"
#include "snapshot/snapshot.h"
#include "support/stores.h"

namespace states {

Faults faults;

namespace {

constexpr u64 map_bytes = 512 << 10;
constexpr u64 page = 4096;

void check(bool holds, const char *what) {
  if (holds) return;
  std::fprintf(stderr, "states_subject: %s: errno %d, %s\n", what, errno, snapshot_last_error());
  std::_Exit(8);
}

// One word in each line is not zero: what a commit replaces, and the log must keep.
std::string first_contents(u64 bytes) {
  std::string all(bytes, 0);
  for (u64 at = 8; at + 8 <= bytes; at += 64) {
    const u64 word = mix(at);
    std::memcpy(&all[at], &word, 8);
  }
  return all;
}

}  // namespace

struct Program::File {
  std::string path;
  FileModel model;
  int fd = -1;
  char *begin = nullptr;
};

Program::Program(const std::string &directory)
    : first_(new File{directory + "/first", FileModel(first_contents(10000))}),
      second_(new File{directory + "/second", FileModel(first_contents(3000))}) {
  for (File *file : {first_.get(), second_.get()}) {
    const int fd = ::open(file->path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const std::string &bytes = file->model.committed();
    check(fd >= 0 && ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()), "create");
    (void)close(fd);
  }
}
Program::~Program() = default;

void Program::start() { open(*first_); }

std::string Program::first_if_committed() const {
  FileModel all = first_->model;
  all.commit(0, map_bytes);
  return all.committed();
}

void Program::found_in_first(const std::string &bytes) { first_->model = FileModel(bytes); }

void Program::open(File &file) {
  file.fd = ::open(file.path.c_str(), O_RDWR | O_CLOEXEC);
  check(file.fd >= 0, "open");
  const std::string &bytes = file.model.committed();
  expect(++commits_, file.path.c_str(), bytes.data(), bytes.size());
  commit_begins(commits_);
  commit_returned(commits_, true);
  map(file);
}

void Program::map(File &file) {
  void *address = mmap(nullptr, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd, 0);
  check(address != MAP_FAILED && snapshot_is_managed(address, map_bytes) == 1, "mmap");
  file.begin = static_cast<char *>(address);
}

// Says what will be there, does it, and takes it over into the model if it has been done.
// Of what need not be durable on return it is not said that it has returned: it may be there from now on.
void Program::commit(File &file, u64 begin, u64 end, const std::function<int()> &action, bool must_succeed,
                     bool durable) {
  FileModel after = file.model;
  after.commit(begin, end);
  const u64 number = ++commits_;
  expect(number, file.path.c_str(), after.committed().data(), after.committed().size());
  commit_begins(number);
  const bool armed = faults.log_syncs + faults.data_syncs > 0;
  const bool done = action() == 0;
  if (durable) commit_returned(number, done);
  check(done || (armed && !must_succeed), "commit");
  if (done) file.model = after;
}

void Program::msync_pages(File &file, u64 end) {
  commit(file, 0, end, [&] { return msync(file.begin, end, MS_SYNC); }, false);
}

void Program::msync_later(File &file) {
  commit(file, 0, map_bytes, [&] { return msync(file.begin, map_bytes, MS_ASYNC); }, false, false);
}

void Program::unmap(File &file) {
  const auto action = [&] { return munmap(file.begin, map_bytes); };
  for (int tries = 0; tries < 3 && snapshot_is_managed(file.begin, 1) == 1; ++tries)
    commit(file, 0, map_bytes, action, tries == 2);
}

void Program::store(File &file, u64 offset) {
  const u64 value = next_value();
  test::store(reinterpret_cast<u64 *>(file.begin + offset), value);
  file.model.store(offset, &value, sizeof value);
}

void Program::copy() {
  u64 words[5];
  for (u64 &w : words) w = next_value();
  void *(*volatile interposed)(void *, const void *, std::size_t) = std::memcpy;
  interposed(first_->begin + 1000, words, sizeof words);
  first_->model.store(1000, words, sizeof words);
}

void Program::add_atomically() {
  const u64 more = next_value();
  const u64 sum = test::fetch_add(reinterpret_cast<u64 *>(first_->begin + 30 * 64 + 8), more) + more;
  first_->model.store(30 * 64 + 8, &sum, sizeof sum);
}

void Program::resize(File &file, u64 size) {
  check(ftruncate(file.fd, static_cast<off_t>(size)) == 0, "ftruncate");
  file.model.resize(size);
}

void Program::grow() {
  const u64 before = first_->model.size();
  resize(*first_, before + 3000);
  store(*first_, (before + 100) / 8 * 8);
  store(*first_, (before + 2900) / 8 * 8);
}

// What is stored beyond the end is no part of the file, now or when it grows.
void Program::store_beyond() {
  const u64 size = first_->model.size(), line = size / 64 * 64;
  if (size - line < 8 || size - line > 40) return;
  store(*first_, line);
  test::store(reinterpret_cast<u64 *>(first_->begin + line + 56), next_value());
}

void Program::use_second() {
  if (second_->begin == nullptr) open(*second_);
  store(*second_, 5 * 64);
  store(*second_, 46 * 64);
}

void Program::use_thread() {
  std::thread other([&] {
    store(*first_, 40 * 64);
    store(*first_, 100 * 64);
    msync_pages(*first_, page);
  });
  other.join();
}

void Program::store_much(u64 stores) {
  if (first_->model.size() < 200000) resize(*first_, 200000);
  if (stores > 1) {
    for (u64 i = 0; i < stores; ++i) store(*first_, 3000 / 8 * 8 + i * 128);
    return;
  }
  std::string bytes(70000, 0);
  for (u64 at = 0; at + 8 <= bytes.size(); at += 8) {
    const u64 value = next_value();
    std::memcpy(&bytes[at], &value, 8);
  }
  test::store_bytes(first_->begin + 20000, bytes.data(), bytes.size());
  first_->model.store(20000, bytes.data(), bytes.size());
}

// Not a commit: what is there is durable once an fsync, or the next commit, has returned.
void Program::change_unmapped(u64 size, u64 offset, const std::string &bytes, bool synced) {
  File &file = *first_;
  unmap(file);
  file.model.change_unmapped(size, offset, bytes);
  const std::string &after = file.model.committed();
  expect(++commits_, file.path.c_str(), after.data(), after.size(), bytes.empty());
  commit_begins(commits_);
  check(ftruncate(file.fd, static_cast<off_t>(size)) == 0, "ftruncate");
  if (!bytes.empty()) {
    const ssize_t n = pwrite(file.fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    check(n == static_cast<ssize_t>(bytes.size()), "pwrite");
    note_write(file.fd, offset, bytes.size());
  }
  if (synced) {
    check(fsync(file.fd) == 0, "fsync");
    note_sync(file.fd, true);
    commit_returned(commits_, true);
  }
  map(file);
}

void Program::run(const std::string &operation) {
  static const std::string text = "sixteen of these";
  static const std::map<std::string, void (*)(Program &)> all = {
      {"store", [](Program &p) { p.store(*p.first_, 2 * 64), p.store(*p.first_, page + 200); }},
      {"memcpy", [](Program &p) { p.copy(); }},
      {"atomic", [](Program &p) { p.add_atomically(); }},
      {"msync", [](Program &p) { p.msync_pages(*p.first_, map_bytes); }},
      {"msync-async", [](Program &p) { p.msync_later(*p.first_); }},
      {"msync-part", [](Program &p) { p.msync_pages(*p.first_, page); }},
      {"rollback",
       [](Program &p) {
         check(snapshot_rollback(p.first_->begin, map_bytes) == 0, "snapshot_rollback");
         p.first_->model.rollback();
       }},
      {"grow", [](Program &p) { p.grow(); }},
      {"shrink", [](Program &p) { p.resize(*p.first_, p.first_->model.size() - 2500); }},
      {"beyond", [](Program &p) { p.store_beyond(); }},
      {"remap", [](Program &p) { p.unmap(*p.first_), p.map(*p.first_); }},
      {"second", [](Program &p) { p.use_second(); }},
      {"thread", [](Program &p) { p.use_thread(); }},
      {"large", [](Program &p) { p.store_much(1); }},
      {"many", [](Program &p) { p.store_much(1500); }},
      {"regrow", [](Program &p) { p.change_unmapped(p.first_->model.size() + 3000, 0, "", false); }},
      {"write", [](Program &p) { p.change_unmapped(p.first_->model.size(), 5000, text, false); }},
      {"regrow-fsync", [](Program &p) { p.change_unmapped(p.first_->model.size() + 3000, 0, "", true); }},
      {"write-fsync", [](Program &p) { p.change_unmapped(p.first_->model.size(), 2 * 64, text, true); }},
      {"fail-log", [](Program &) { ++faults.log_syncs; }},
      {"fail-data", [](Program &) { ++faults.data_syncs; }},
  };
  if (const auto at = all.find(operation); at != all.end()) at->second(*this);
}

void Program::finish() {
  for (File *file : {first_.get(), second_.get()}) {
    if (file->begin == nullptr) continue;
    for (int tries = 0; tries < 3 && faults.log_syncs + faults.data_syncs > 0; ++tries)
      msync_pages(*file, map_bytes);
    faults = {};
    msync_pages(*file, map_bytes);
    unmap(*file);
    (void)close(file->fd);
  }
}

}  // namespace states
