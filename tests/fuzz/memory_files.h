// A kernel of the test's own, which knows a data file, its log and their directory, all in memory. It serves
// every system call that the runtime's core makes (base/observer.h) and ends the process with a VIOLATION
// when one is not what recovery may do: a change of anything else, of anything beyond a limit, or a
// descriptor or memory that is not given back.
//
// It can also fail the n-th call, or end the "process" before, or in the middle of, its n-th change of a
// file.
#pragma once
#include <sys/stat.h>

#include <csetjmp>
#include <map>
#include <string>
#include <vector>

#include "base/observer.h"
#include "base/status.h"
#include "hostile_case.h"

namespace fuzz {

struct Trouble {
  unsigned fail_call = 0;  // from 1; 0: none
  int error = 0;           // for a read or write, 0: half of it is done
  unsigned crash_at = 0;   // from 1; 0: none
  unsigned torn = 0;       // 256ths
};

class MemoryFiles {
 public:
  // Each one has its own directory, so that no message of another can be taken for one of this.
  MemoryFiles(const Files &files, const Trouble &trouble);
  ~MemoryFiles();
  MemoryFiles(const MemoryFiles &) = delete;
  MemoryFiles &operator=(const MemoryFiles &) = delete;

  // Runs action against these files. false: the process died in it.
  template <typename Action>
  bool run(Action action) {
    const snapshot::Observer observer = {call, nullptr};
    snapshot::snapshot_observer = &observer;
    died_ = setjmp(death_) != 0;
    if (!died_) action();
    snapshot::snapshot_observer = nullptr;
    end_of_process();
    return !died_;
  }

  // The data file may not be changed beyond this, nor be longer.
  void limit_data(u64 bytes) { data_bytes_max_ = bytes; }
  // No more trouble.
  void calm() { trouble_ = {}; }
  bool trouble_came() const { return trouble_came_; }
  unsigned changes() const { return changes_; }  // of either file, so far

  const Files &files() const { return files_; }
  Files *to_change() { return &files_; }
  bool log_exists() const { return log_exists_; }
  void name_log_again() { log_exists_ = true; }
  const std::string &data_path() const { return data_path_; }
  std::string log_path() const { return data_path_ + ".snaplog"; }
  // A descriptor for callers that do not open the files by name.
  int open_log() { return add_descriptor(Descriptor{Which::log, false}); }
  int open_data() { return add_descriptor(Descriptor{Which::data, true}); }

 private:
  enum class Which { data, log };
  struct Descriptor {
    Which which;
    bool writable;
  };
  static long call(long number, const long arguments[6]);
  long serve(long number, const long a[6]);
  long open_path(const long a[6]);
  long pread_file(int fd, void *to, u64 bytes, u64 offset);
  long pwrite_file(int fd, const void *from, u64 bytes, u64 offset);
  long truncate(int fd, u64 size);
  long unlink_path(const char *path);
  long status_of(Which which, struct stat *out) const;
  long identity_of(int fd, struct statx *out);
  long map(const long a[6]);
  long unmap(u64 address, u64 bytes);
  bool fails_now(long number, long *result);
  bool tears_now(u64 *bytes);
  void die_if_torn(bool tears);
  Descriptor &descriptor(int fd);
  int add_descriptor(Descriptor what);
  long duplicate(int fd);
  void end_of_process();

  static MemoryFiles *current_;
  Files files_;
  Trouble trouble_;
  std::string data_path_;
  bool log_exists_ = true;
  u64 data_bytes_max_;
  std::map<int, Descriptor> descriptors_;
  std::map<u64, u64> mapped_;  // address and bytes
  unsigned calls_ = 0, changes_ = 0;
  bool trouble_came_ = false, halves_ = false, died_ = false;
  std::jmp_buf death_;
};

}  // namespace fuzz
