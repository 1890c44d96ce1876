// Runs in the virtual machine: recovers a file on emulated persistent memory, says what is in it, and commits
// until the machine is gone. With the library that users get.
//
//   guest_program DIRECTORY      speaks with the host (dialogue.h) on its standard input and output
#include <sys/wait.h>
#include <termios.h>

#include <cstdio>
#include <iostream>
#include <sstream>

#include "dialogue.h"
#include "support/mapped_file.h"
#include "support/stores.h"
#include "workload.h"

namespace {

[[noreturn]] void fail(const std::string &what) {
  std::cout << "guest: " + what + ": errno " + std::to_string(errno) + ", " + snapshot_last_error() + "\n"
            << std::flush;
  std::_Exit(1);
}

void check(bool holds, const char *what) {
  if (!holds) fail(what);
}

void say(const std::string &line) {
  const std::string text = line + "\n";
  check(write(1, text.data(), text.size()) == static_cast<ssize_t>(text.size()), "write");
}

std::istringstream hear(const std::string &word) {
  std::string line, first;
  if (!std::getline(std::cin, line)) fail("the host is gone");
  std::istringstream words(line);
  words >> first;
  if (first != word) fail("expected " + word + ", got: " + line);
  return words;
}

class MappedTarget : public crash::Target {
 public:
  explicit MappedTarget(const std::string &path) : fd_(open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    check(fd_ >= 0, "open");
    map();
  }
  std::uint64_t size() const override {
    struct stat st;
    check(fstat(fd_, &st) == 0, "fstat");
    return static_cast<std::uint64_t>(st.st_size);
  }
  void resize(std::uint64_t size) override {
    check(ftruncate(fd_, static_cast<off_t>(size)) == 0, "ftruncate");
  }
  void store(std::uint64_t offset, const void *bytes, std::uint64_t count) override {
    test::store_bytes(begin_ + offset, bytes, count);
  }
  void commit(bool by_closing) {
    if (!by_closing) return check(msync(begin_, crash::map_bytes, MS_SYNC) == 0, "msync");
    check(munmap(begin_, crash::map_bytes) == 0, "munmap");
    map();
  }

 private:
  void map() {
    void *address = mmap(nullptr, crash::map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    check(address != MAP_FAILED && snapshot_is_managed(address, crash::map_bytes) == 1, "mmap");
    begin_ = static_cast<char *>(address);
  }
  int fd_;
  char *begin_ = nullptr;
};

// The number of the last commit that has returned, which survives the machine because it is stored to the
// same memory, past Snapshot, the moment it has: unlike a line to the host, which may be on its way for long.
class Returned {
 public:
  explicit Returned(const std::string &path) {
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    check(fd >= 0, "open");
    const long page =
        syscall(SYS_mmap, nullptr, 4096L, PROT_READ | PROT_WRITE, MAP_SHARED_VALIDATE | MAP_SYNC, fd, 0L);
    check(page > 0, "mmap with MAP_SYNC");
    number_ = reinterpret_cast<volatile std::uint64_t *>(page);
    close(fd);
  }
  void set(std::uint64_t k) { *number_ = k; }
  std::uint64_t get() const { return *number_; }

 private:
  volatile std::uint64_t *number_;
};

// In the words of snapctl, which says it itself.
void tell_recovery() {
  const snapshot_statistics s = test::statistics();
  if (s.recoveries_clean != 0) say("opened: the newest commit is complete");
  if (s.recoveries_rolled_back != 0) say("opened: the newest commit was incomplete");
}

// State 0; whole or not there.
void create(const std::string &directory, const std::string &path, std::uint64_t size) {
  const std::string temporary = path + ".new";
  test::write_file(temporary, std::string(size, 0));
  for (const std::string &name : {temporary, directory}) {
    const int fd = open(name.c_str(), O_RDONLY | O_CLOEXEC);
    check(fd >= 0 && fsync(fd) == 0, "fsync");
    close(fd);
    if (name == temporary) check(rename(temporary.c_str(), path.c_str()) == 0, "rename");
  }
}

void recover_by_name(const std::string &path) {
  const pid_t child = fork();
  if (child == 0) {
    execl("/bin/snapctl", "snapctl", "recover", path.c_str(), nullptr);
    _exit(127);
  }
  int status = -1;
  check(child > 0 && waitpid(child, &status, 0) == child && status == 0, "snapctl recover");
}

void use_raw_terminal() {
  termios settings;
  if (tcgetattr(0, &settings) != 0) return;
  cfmakeraw(&settings);
  settings.c_lflag |= ICANON;  // lines in, bytes out
  tcsetattr(0, TCSANOW, &settings);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 2) fail("wrong arguments");
  const std::string directory = argv[1];
  // Whatever the tests' own programs do, here the medium is what the kernel says it is.
  unsetenv("SNAPSHOT_MEDIA");
  setenv("SNAPSHOT_LOG", "info", 1);
  use_raw_terminal();
  say("ready");
  std::string name, workload_name, way;
  hear("begin") >> name >> workload_name >> way;
  const crash::Workload &workload = crash::workload_named(workload_name);
  const std::string path = directory + "/" + name;
  const std::string number = path + ".returned";
  if (!test::exists(number)) create(directory, number, 4096);
  if (!test::exists(path)) create(directory, path, workload.first_size);
  Returned returned(number);
  if (way == "name") recover_by_name(path);
  MappedTarget file(path);
  if (way == "open") tell_recovery();
  say(guest::state_line(test::bytes_in_file(path)) + " " + std::to_string(returned.get()));
  std::uint64_t k;
  hear("go") >> k;
  for (++k;; ++k) {
    workload.change(file, k);
    file.commit(workload.closes);
    returned.set(k);
    if (k % 8 == 0) say("c " + std::to_string(k));  // seldom: most kills are to hit commits, not this
  }
}
