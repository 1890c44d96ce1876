// The program whose crashes are explored: runs a sequence of operations on managed files, says in the trace
// what the files must hold at each commit, and ends with a commit and an munmap of every file.
#pragma once
#include <functional>
#include <memory>

#include "file_model.h"

namespace states {

// Which system calls fail next. Under the recorder's lock.
struct Faults {
  int log_syncs = 0, data_syncs = 0;
};
extern Faults faults;

class Program {
 public:
  // Creates the files, with contents, in the directory.
  explicit Program(const std::string &directory);
  ~Program();
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  // From here on recorded: opens and maps the first file.
  void start();
  void run(const std::string &operation);
  void finish();

  // What a commit of everything would leave in the first file; and: somebody else has left this there.
  std::string first_if_committed() const;
  void found_in_first(const std::string &bytes);

 private:
  struct File;
  void open(File &file);
  void map(File &file);
  void unmap(File &file);
  void commit(File &file, u64 begin, u64 end, const std::function<int()> &action, bool must_succeed,
              bool durable = true);
  void msync_later(File &file);
  void msync_pages(File &file, u64 end);
  void store(File &file, u64 offset);
  void resize(File &file, u64 size);
  void change_unmapped(u64 size, u64 offset, const std::string &bytes, bool synced);
  u64 next_value() { return mix(++values_); }

  void copy();
  void add_atomically();
  void grow();
  void store_beyond();
  void use_second();
  void use_thread();
  void store_much(u64 stores);

  std::unique_ptr<File> first_, second_;
  u64 commits_ = 0, values_ = 0;
};

}  // namespace states
