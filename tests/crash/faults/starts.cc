// What a scenario starts from. The dead process is a real one: a child that SNAPSHOT_TEST_KILL ends
// (base/step.h).
#include <sys/mman.h>

#include <csignal>
#include <cstdlib>

#include "in_child.h"
#include "protocol.h"
#include "raw_file.h"
#include "scenarios.h"
#include "support/stores.h"

namespace faults {
namespace {

// Two commits and the end.
class Victim {
 public:
  Victim(const std::string &path, std::string data) : path_(path), state_(std::move(data)) {
    put_bytes(path_, state_);
    remove_if_there(path_ + ".snaplog");
  }
  void store(std::uint64_t offset, char letter, std::uint64_t bytes) {
    steps_.push_back([=, this] { test::fill(begin_ + offset, static_cast<unsigned char>(letter), bytes); });
    state_.replace(offset, bytes, bytes, letter);
  }
  void resize(std::uint64_t size) {
    steps_.push_back([=, this] { done_ = done_ && ftruncate(fd_, static_cast<off_t>(size)) == 0; });
    state_.resize(size);
  }
  void commit() {
    steps_.push_back([this] { done_ = done_ && msync(begin_, World::map_bytes, MS_SYNC) == 0; });
  }
  void unmap() {
    steps_.push_back([this] { done_ = done_ && munmap(begin_, World::map_bytes) == 0; });
  }
  const std::string &state() const { return state_; }

  // Does all of it, in a process that is killed at the step.
  Start die_at(const char *step, const std::string &committed) {
    const int status = test::in_child([&] {
      setenv("SNAPSHOT_TEST_KILL", step, 1);
      fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
      void *address = mmap(nullptr, World::map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
      if (address == MAP_FAILED) return 1;
      begin_ = static_cast<char *>(address);
      for (const auto &s : steps_) s();
      return done_ ? 2 : 3;
    });
    if (status != 128 + SIGKILL) throw std::runtime_error("the process to be killed ends otherwise");
    const std::string left = bytes_in(path_);
    return {left, bytes_in(path_ + ".snaplog"), committed, left};
  }

 private:
  std::string path_, state_;
  std::vector<std::function<void()>> steps_;
  int fd_ = -1;
  char *begin_ = nullptr;
  bool done_ = true;
};

}  // namespace

Start make_start(const std::string &name, std::uint64_t bytes, const std::string &directory) {
  std::string data(bytes, 'a');
  for (std::uint64_t i = 0; i < bytes; i += 100) data[i] = static_cast<char>('A' + i / 100 % 26);
  if (name == "new") return {data, std::nullopt, data, data};
  Victim victim(directory + "/data", data);
  victim.store(1000, 'b', 300);
  victim.commit();
  const std::string first = victim.state();
  if (name == "grown") victim.resize(bytes + 5000);
  if (name == "shrunk") victim.resize(bytes - 1000);
  for (const std::uint64_t at : {500u, 5000u, 15000u}) victim.store(at, 'c', 200);
  if (name == "grown") victim.store(bytes + 1000, 'c', 200);
  victim.commit();
  if (name == "cached") {
    Start start = victim.die_at("commit-applied:2", victim.state());
    start.on_disk = first;
    return start;
  }
  if (name == "shrunk")
    return victim.die_at(test::commits_by_redo() ? "commit-applied:2" : "commit-durable:2", victim.state());
  // The first commit has one run.
  if (name != "retired")
    return victim.die_at("commit-run-copied:3", test::commits_by_redo() ? victim.state() : first);
  victim.unmap();
  Start start = victim.die_at("log-retired", victim.state());
  start.data.replace(500, 200, 200, 'd');
  start.committed = start.on_disk = start.data;
  return start;
}

}  // namespace faults
