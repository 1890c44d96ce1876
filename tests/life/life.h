// What the cases of this folder share. A case is one function, run by harness.cc in a process of its own that
// starts in an empty directory; it states with EXPECT what a POSIX program may expect. The same cases run
// under the kernel alone, which shows that it may, and under Snapshot, instrumented or preloaded. Where the
// two differ, a case asks with_snapshot() and the difference stands in README.md.
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <functional>
#include <string>

namespace life {

inline constexpr std::size_t kPage = 4096;

struct Case {
  const char *name;
  void (*run)();
  bool is_role;  // started by another case, in a process made by exec
  Case *next;
};
void add_case(Case *);

// The program has libsnapshot, linked or preloaded.
bool with_snapshot();
// Instrumented: stores are tracked when they are made. Otherwise their pages are, at the commit.
bool is_instrumented();
bool is_managed(const void *address);

// Of this case's directory: where role processes find the files of the case that started them.
std::string argument();  // the word that run_role was given; "" in a case
// Starts `this program, role NAME` by exec in this process. Does not return; 125 if it cannot be done.
[[noreturn]] void become_role(const char *name, const std::string &argument);
// The words of the command that does so, ending with a null pointer.
char *const *role_command(const char *name, const std::string &argument);

[[noreturn]] void fail(const char *file, int line, const std::string &what);
// Ends the case: something that it needs is not here.
[[noreturn]] void skip(const std::string &why);

// By stores of this program's own code.
void store(char *to, const std::string &bytes);
std::string zeros(std::size_t count);

class File {
 public:
  // Makes a file of zeros in the case's directory; or, without a size, opens one that exists.
  File(const std::string &name, std::size_t bytes);
  explicit File(const std::string &name);
  ~File();
  File(const File &) = delete;
  File &operator=(const File &) = delete;

  // Shared and writable; fails the case if it cannot be had, or is not managed when it should be.
  char *map(std::size_t bytes, std::size_t offset = 0, int extra_flags = 0) const;

  std::string name;
  int fd = -1;
};

// What the file system holds, read past the library.
std::string in_file(const std::string &name, std::size_t offset, std::size_t count);
long size_in_file(const std::string &name);
bool exists(const std::string &name);
bool has_log(const std::string &name);

// The exit status of a child that does this, or 128 + N if signal N ended it. A failed EXPECT is 1.
int in_child(const std::function<int()> &body);
int status_of(pid_t child);
// body runs in a child that is killed when it returns. Afterwards the files that are opened are recovered.
void kill_after(const std::function<void()> &body);
// What a new process sees in the file: opened through the library, and thereby recovered.
std::string recovered(const std::string &name, std::size_t offset, std::size_t count);

// One process tells another that it has come so far.
class Signal {
 public:
  Signal();
  ~Signal();
  Signal(const Signal &) = delete;
  Signal &operator=(const Signal &) = delete;
  void send() const;
  void wait() const;

 private:
  int ends_[2];
};

}  // namespace life

#define CASE_OF_KIND(NAME, IS_ROLE)                                                       \
  static void NAME();                                                                     \
  static life::Case NAME##_case = {#NAME, NAME, IS_ROLE, nullptr};                        \
  __attribute__((constructor)) static void NAME##_add() { life::add_case(&NAME##_case); } \
  static void NAME()
#define CASE(NAME) CASE_OF_KIND(NAME, false)
#define ROLE(NAME) CASE_OF_KIND(NAME, true)

#define EXPECT(CONDITION)                                         \
  do {                                                            \
    if (!(CONDITION)) life::fail(__FILE__, __LINE__, #CONDITION); \
  } while (0)
// Two values that print.
#define EXPECT_SAME(SEEN, WANTED)                                                                 \
  do {                                                                                            \
    const auto seen_ = (SEEN);                                                                    \
    const decltype(seen_) wanted_ = (WANTED);                                                     \
    if (seen_ != wanted_)                                                                         \
      life::fail(__FILE__, __LINE__,                                                              \
                 std::string(#SEEN " is ") + life::text(seen_) + ", not " + life::text(wanted_)); \
  } while (0)
// A call that fails with this error.
#define EXPECT_ERROR(CALL, FAILED, ERROR)                                                          \
  do {                                                                                             \
    errno = 0;                                                                                     \
    const bool failed_ = (CALL) == (FAILED);                                                       \
    const int error_ = errno;                                                                      \
    if (!failed_) life::fail(__FILE__, __LINE__, #CALL " succeeds");                               \
    if (error_ != (ERROR))                                                                         \
      life::fail(__FILE__, __LINE__, #CALL " fails with " + life::text(error_) + ", not " #ERROR); \
  } while (0)

namespace life {
inline std::string text(const std::string &s) {
  std::string printable = "'";
  for (const char c : s) printable += c >= ' ' && c <= '~' ? c : '.';
  return printable + "'";
}
template <typename Number>
std::string text(Number n) {
  return std::to_string(n);
}
}  // namespace life
