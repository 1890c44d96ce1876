// What a crash may leave: the model of the media.
//
// A change is *pending* until something makes it durable. At a crash everything durable is there, and of what
// is pending any choice of:
//   words       a store is cut into aligned words of 8 bytes, each of which is there or not: any subset of
//   the
//               lines, and any subset of the words within a line. Of several pending values of one word any
//               may be there (a prefix of them). A word whose pending value is what is there anyway is no
//               choice.
//   metadata    changes of one file's size and holes punched into it: a prefix of them, in order. A word that
//               was stored into what such a change made anew is there only if the change is.
//   names       changes of one directory's entries: a prefix of them, in order, as on journaling and
//               copy-on-write file systems.
// What makes durable:
//   fence             the non-temporal stores (and written-back lines) of the thread that executes it
//   fsync, fdatasync  that returned 0: stores to the page cache (mapped, pwrite) and metadata of that file
//   msync             that returned 0: the stores to the page cache in its pages, and metadata of that file
//   fsync             of a directory that returned 0: its names
// A sync that failed makes nothing durable, and its stores may be gone although a later sync returns 0, until
// they are made again. Neither kind of store is made durable by what is for the other.
#pragma once
#include <map>

#include "simulated_files.h"
#include "trace.h"

namespace states {

struct PendingValue {
  u64 value;
  u32 metadata_before;  // pending changes of the file's metadata that came before this store
  u32 fencer;           // thread + 1 whose fence makes it durable; 0: a sync
  bool lost;            // a sync of it has failed
  bool settled;         // durable, as soon as the metadata before it is
};

struct MetadataChange {
  bool resize;  // else a hole
  u64 from, end;
  // The word's value after the change.
  u64 applied_to(u64 offset, u64 value) const;
  bool touches(u64 offset) const { return offset + 8 > from && offset < end; }
};

// One thing that is open at a crash: option 0 is the durable state, options - 1 everything that was done.
struct Choice {
  enum Kind { word, metadata, names } kind;
  u32 file;
  u64 offset;
  u64 time;  // order of first appearance
  u32 options;
  std::vector<PendingValue> values;  // of a word: option i is values[i - 1]
  std::string directory;             // of names
};

// For people: what it is and how much of it was done.
std::string describe(const Choice &choice, u32 option);

class CrashModel {
 public:
  // files holds what is durable, and is changed as more becomes so.
  explicit CrashModel(SimulatedFiles &files) : files_(files) {}

  void apply(const Event &event);
  std::vector<Choice> choices() const;  // in order of time
  // Makes the files what the crash leaves: an option for each choice.
  void build(const std::vector<Choice> &choices, const std::vector<u32> &options) const;
  // Equal for equal files and equal choices.
  u64 hash(const std::vector<Choice> &choices) const;

 private:
  struct PendingWord {
    u64 time;
    std::vector<PendingValue> values;
  };
  struct NameChange {  // one step, of one name or two (rename)
    u64 time;
    u32 name, file;
    u32 second_name = SimulatedFiles::none, second_file = SimulatedFiles::none;
  };
  using Place = std::pair<u32, u64>;  // file, offset

  void note_file(const Event &event);
  void store(const Event &event, u32 fencer);
  void store_word(u32 file, u64 offset, u64 value, u32 fencer);
  void write_back(const Event &event);
  void change_metadata(u32 file, const MetadataChange &change);
  void change_names(const Event &event);
  void fence(u32 thread);
  void sync(const Event &event);
  void sync_failed(const Event &event);
  void sync_directory(const std::string &directory);

  // Makes the values durable for which is(place, value) holds.
  template <typename Is>
  void settle(u32 file_first, u32 file_last, Is is);
  void settle_word(const Place &place, PendingWord &word, std::size_t count);
  void settle_metadata(u32 file);
  bool may_have_name(u32 file) const;
  u64 pending_size(u32 file) const;
  u64 pending_value(u32 file, u64 offset) const;
  void build_with_metadata(u32 file, u32 changes, const std::vector<Choice> &choices,
                           const std::vector<u32> &options) const;
  const std::vector<MetadataChange> &metadata_of(u32 file) const;

  SimulatedFiles &files_;
  std::map<Place, PendingWord> words_;
  std::map<u32, std::vector<MetadataChange>> metadata_;
  std::map<u32, u64> metadata_time_;
  std::map<std::string, std::vector<NameChange>> names_;
  u64 time_ = 0;
};

std::string directory_of(const std::string &path);

}  // namespace states
