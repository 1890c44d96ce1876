// Runs the cases of this folder (life.h), each in a new process and a new directory.
//
// usage: PROGRAM [--in DIRECTORY] [--except CASE]... [CASE]...
// exit status 0; 1: a case failed, which says where. A case that cannot be run here says why.
#include <dirent.h>
#include <dlfcn.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "life.h"

namespace life {
namespace {

constexpr int kSkipped = 77;
Case *first_case;
std::string program_path, role_argument;

template <typename Function>
Function *snapshot_function(const char *name) {
  return reinterpret_cast<Function *>(dlsym(RTLD_DEFAULT, name));
}

const Case *find_case(const char *name, bool is_role) {
  for (const Case *c = first_case; c != nullptr; c = c->next)
    if (c->is_role == is_role && strcmp(c->name, name) == 0) return c;
  return nullptr;
}

void remove_tree(const std::string &directory) {
  if (DIR *open_directory = opendir(directory.c_str())) {
    while (const dirent *entry = readdir(open_directory)) {
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      const std::string path = directory + "/" + entry->d_name;
      struct stat st;
      if (lstat(path.c_str(), &st) == 0 && S_ISDIR(st.st_mode))
        remove_tree(path);
      else
        unlink(path.c_str());
    }
    closedir(open_directory);
  }
  rmdir(directory.c_str());
}

// 0, 1, 77, or 128 + N.
int run_case(const Case &c, const std::string &parent) {
  std::string directory = parent + "/snapshot-life-XXXXXX";
  if (mkdtemp(directory.data()) == nullptr) {
    perror(directory.c_str());
    return 1;
  }
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    if (chdir(directory.c_str()) != 0) _exit(1);
    execl(program_path.c_str(), program_path.c_str(), "case", c.name, "", static_cast<char *>(nullptr));
    _exit(1);
  }
  const int status = status_of(child);
  remove_tree(directory);
  return status;
}

int run_all(const std::string &directory, const std::vector<std::string> &names,
            const std::vector<std::string> &except) {
  const auto has = [](const std::vector<std::string> &list, const char *name) {
    for (const std::string &n : list)
      if (n == name) return true;
    return false;
  };
  int run = 0, skipped = 0, failed = 0;
  for (const Case *c = first_case; c != nullptr; c = c->next) {
    if (c->is_role || (!names.empty() && !has(names, c->name)) || has(except, c->name)) continue;
    const int status = run_case(*c, directory);
    ++run;
    if (status == kSkipped) ++skipped;
    if (status == 0 || status == kSkipped) continue;
    ++failed;
    printf("FAILED %s%s%s\n", c->name, status > 128 ? ": ended by signal " : "",
           status > 128 ? std::to_string(status - 128).c_str() : "");
  }
  printf("%d cases, %d not possible here, %d failed\n", run, skipped, failed);
  return run == 0 || failed != 0;
}

int run_here(const char *name, bool is_role, const char *argument) {
  const Case *c = find_case(name, is_role);
  if (c == nullptr) return 125;
  role_argument = argument;
  c->run();
  return 0;
}

int main_of_harness(int argc, char **argv) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  char path[PATH_MAX];
  const ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
  if (n < 0) return 1;
  program_path.assign(path, static_cast<std::size_t>(n));
  if (argc == 4 && (strcmp(argv[1], "case") == 0 || strcmp(argv[1], "role") == 0))
    return run_here(argv[2], argv[1][0] == 'r', argv[3]);
  std::string directory = "/dev/shm";
  std::vector<std::string> names, except;
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "--in") == 0 && i + 1 < argc)
      directory = argv[++i];
    else if (strcmp(argv[i], "--except") == 0 && i + 1 < argc)
      except.push_back(argv[++i]);
    else
      names.push_back(argv[i]);
  }
  return run_all(directory, names, except);
}

}  // namespace

void add_case(Case *c) {
  c->next = first_case;
  first_case = c;
}

bool with_snapshot() {
  static const bool has = dlsym(RTLD_DEFAULT, "snapshot_is_managed") != nullptr;
  return has;
}
bool is_instrumented() {
  static const bool stores_are_tracked = with_snapshot() && getenv("SNAPSHOT_TRACK") == nullptr;
  return stores_are_tracked;
}
bool is_managed(const void *address) {
  return with_snapshot() &&
         snapshot_function<int(const void *, std::size_t)>("snapshot_is_managed")(address, 1) == 1;
}

std::string argument() { return role_argument; }

char *const *role_command(const char *name, const std::string &argument) {
  static std::string words[4];
  static char *pointers[5];
  const std::string now[4] = {program_path, "role", name, argument};
  for (int i = 0; i < 4; ++i) {
    words[i] = now[i];
    pointers[i] = words[i].data();
  }
  return pointers;
}

void become_role(const char *name, const std::string &argument) {
  execv(program_path.c_str(), role_command(name, argument));
  _exit(125);
}

void fail(const char *file, int line, const std::string &what) {
  const char *base = strrchr(file, '/');
  auto *message = snapshot_function<const char *()>("snapshot_last_error");
  const std::string said = message == nullptr ? "" : message();
  printf("%s:%d: %s%s%s\n", base == nullptr ? file : base + 1, line, what.c_str(),
         said.empty() ? "" : "; Snapshot said: ", said.c_str());
  fflush(stdout);
  _exit(1);
}

void skip(const std::string &why) {
  printf("SKIPPED: one case: %s\n", why.c_str());
  fflush(stdout);
  _exit(kSkipped);
}

__attribute__((noinline)) void store(char *to, const std::string &bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) to[i] = bytes[i];
}

std::string zeros(std::size_t count) { return std::string(count, '\0'); }

File::File(const std::string &file_name, std::size_t bytes) : name(file_name) {
  fd = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  EXPECT(fd >= 0);
  EXPECT(ftruncate(fd, static_cast<off_t>(bytes)) == 0);
}
File::File(const std::string &file_name) : name(file_name) {
  fd = open(name.c_str(), O_RDWR | O_CLOEXEC);
  EXPECT(fd >= 0);
}
File::~File() {
  if (fd >= 0) close(fd);
}

char *File::map(std::size_t bytes, std::size_t offset, int extra_flags) const {
  void *address =
      mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | extra_flags, fd, static_cast<off_t>(offset));
  EXPECT(address != MAP_FAILED);
  EXPECT(is_managed(address) == with_snapshot());
  return static_cast<char *>(address);
}

std::string in_file(const std::string &name, std::size_t offset, std::size_t count) {
  const long fd = syscall(SYS_openat, AT_FDCWD, name.c_str(), O_RDONLY | O_CLOEXEC);
  EXPECT(fd >= 0);
  std::string bytes(count, '?');
  const long n = syscall(SYS_pread64, fd, bytes.data(), count, offset);
  syscall(SYS_close, fd);
  bytes.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return bytes;
}

long size_in_file(const std::string &name) {
  struct stat st;
  return syscall(SYS_newfstatat, AT_FDCWD, name.c_str(), &st, 0) == 0 ? st.st_size : -1;
}
bool exists(const std::string &name) { return size_in_file(name) >= 0; }
bool has_log(const std::string &name) { return exists(name + ".snaplog"); }

int status_of(pid_t child) {
  int status = 0;
  EXPECT(child > 0);
  while (waitpid(child, &status, 0) != child) EXPECT(errno == EINTR);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int in_child(const std::function<int()> &body) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) _exit(body());
  return status_of(child);
}

void kill_after(const std::function<void()> &body) {
  const int status = in_child([&]() -> int {
    body();
    kill(getpid(), SIGKILL);
    return 1;
  });
  if (status != 128 + SIGKILL) _exit(1);  // it has said why
}

std::string recovered(const std::string &name, std::size_t offset, std::size_t count) {
  EXPECT(in_child([&] {
           const File opens(name);
           return 0;
         }) == 0);
  return in_file(name, offset, count);
}

Signal::Signal() { EXPECT(pipe(ends_) == 0); }
Signal::~Signal() { close(ends_[0]), close(ends_[1]); }
void Signal::send() const { EXPECT(write(ends_[1], "s", 1) == 1); }
void Signal::wait() const {
  char byte;
  EXPECT(read(ends_[0], &byte, 1) == 1);
}

}  // namespace life

int main(int argc, char **argv) { return life::main_of_harness(argc, argv); }
