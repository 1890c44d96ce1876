// A program with one managed file, a model of what that file must hold, and the rules for what may happen
// when system calls fail (main.cc). Scenarios are written in its verbs.
#pragma once
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "crash_view.h"
#include "injector.h"

namespace faults {

// Broken rules, and whatever else goes wrong.
struct Broken : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a scenario starts from: left in the directory by an earlier process, or made anew.
struct Start {
  std::string data;
  std::optional<std::string> log;  // of a process that died
  std::string committed;           // what recovery must make of it
  std::string on_disk;             // what syncs have reached
};

class World {
 public:
  // The files are there. some_taken's seed decides what a disk takes of failed and missing syncs.
  World(const std::string &directory, const Start &start, std::uint64_t seed, Record *record);
  static void put_files(const std::string &directory, const Start &start);

  // The fault is due from here on.
  void arm(const Fault &fault) { Injector::arm(fault); }
  void disarm() { Injector::clear(); }

  // All that the file holds was written and not synced; until the first commit it may be empty after a power
  // cut.
  void forget_syncs();

  // The verbs. Each is done again after a failure until it succeeds; see attempt().
  void open();
  void open_and_cut();
  void open_without_library(int flags);  // as by a program that has inherited the descriptor
  void map();                            // map_bytes of it
  void store(std::uint64_t offset, char letter, std::uint64_t bytes);
  void stored_by_another(std::uint64_t offset, char letter) { working_[offset] = letter; }
  void commit(const std::function<void()> &once_tried = {});
  void commit_later();   // MS_ASYNC: a power cut may take it, until the next commit
  void try_to_commit();  // once; what was dirty stays so if it fails
  void commit_range(std::uint64_t offset, std::uint64_t bytes);
  void commit_by_fsync();
  void roll_back();
  void roll_back_range(std::uint64_t offset, std::uint64_t bytes);
  void resize(std::uint64_t size);
  void library_has_ended() { log_stays_ = true; }  // it has put the log away, and may make another
  void grow_without_library(std::uint64_t size);
  void rename_without_library(const std::string &name);  // another file takes its place
  void store_beyond_end(std::uint64_t bytes);            // in pages that the file does not reach: dropped
  void resize_by_name(std::uint64_t size);
  void write(std::uint64_t offset, char letter, std::uint64_t bytes, bool synchronous = false);
  void allocate(std::uint64_t size);
  void read_all();
  void unmap();
  void unmap_from(std::uint64_t offset);
  void rename_to(const std::string &name);
  void unlink();
  void fork_and_look();
  void recover_by_name();
  void inspect_by_name();

  // The fault is over: whatever is left is committed, the file closed, and everything looked at once more.
  void finish();

  // For a scenario that ends with exit(): written down, what recovery may find afterwards; and looked up by
  // whoever is left.
  void leave_expectations() const;
  static std::string problem_after_exit(const std::string &directory);

  char *begin() const { return begin_; }
  const std::string &working() const { return working_; }
  static constexpr std::uint64_t map_bytes = 1 << 20;

 private:
  // Who explains a failure: nobody but errno, snapshot_last_error(), or the recovery tool's own copy of it.
  enum class Words { none, library, tool };
  struct Verb {
    const char *name;
    std::function<int()> act;               // 0 or errno
    std::function<void()> succeed = [] {};  // the model's part
    Words words = Words::none;
    std::optional<std::string> target = {};  // the state that it commits
    bool shows_early = false;                // the program may see the target although it failed
    bool durable = true;                     // when it succeeds; otherwise with the next commit
    bool once = false;                       // is not tried again
    bool closes = false;                     // may leave an error to the next open, which finds the log
  };
  void attempt(const Verb &verb);
  void check_failure(const Verb &verb, int error, std::uint64_t hits_before);
  void check_silence(const Verb &verb, std::uint64_t hits_before);
  void check_words(const Verb &verb, std::uint64_t hits_before);
  void check_views(const std::string &after);
  void check_program_sees(const std::string &after, const std::string &should);
  std::vector<View> views();
  std::string with_range_committed(std::uint64_t offset, std::uint64_t bytes) const;
  bool find_log();  // notes its inode

  std::string directory_, path_;
  bool named_ = true;
  bool quick_ = false;      // what a crash would leave has been seen, and will be
  bool log_stays_ = false;  // or is away: where it is says nothing (any more)
  Record *record_;
  Disk none_taken_, some_taken_;
  int fd_ = -1;
  char *begin_ = nullptr;
  std::uint64_t mapped_ = map_bytes;
  std::string working_;                 // what the program sees, with its size
  std::string committed_;               // what the last commit that returned left
  std::vector<std::string> attempted_;  // what those since then aimed at whose way back has failed
  std::uint64_t inode_;
  std::uint64_t log_inode_ = 0;  // the newest that had the log's name
};

}  // namespace faults
