// Files in memory that can be taken back to any earlier state: every change is journaled with what it
// replaced. One object serves millions of crash images: the words of an image are put in, recovery runs, and
// all of it is taken back.
#pragma once
#include <string>
#include <vector>

#include "mix.h"

namespace states {

class SimulatedFiles {
 public:
  static constexpr u32 none = ~u32{0};
  struct File {
    std::vector<u8> bytes;
    u64 inode = 0, birth_ns = 0;
    u64 size() const { return bytes.size(); }
  };

  // Not journaled: files are numbered once and for all, in order from 0. What is in them is.
  u32 add(u64 inode, u64 birth_ns, const std::string &bytes);
  u32 add_name(const std::string &name);  // a place in the directory, empty; the same for the same name

  const File &operator[](u32 file) const { return files_[file]; }
  u32 file_count() const { return static_cast<u32>(files_.size()); }
  u32 name_count() const { return static_cast<u32>(names_.size()); }
  const std::string &name(u32 index) const { return names_[index].text; }
  u32 named(u32 index) const { return names_[index].file; }  // or none
  u32 find_name(const char *text) const;                     // index, or none

  // Changes, each of which can be taken back.
  void write(u32 file, u64 offset, const void *bytes, u64 count);  // extends the file
  void resize(u32 file, u64 size);
  void name_leads_to(u32 index, u32 file);  // none: the name is removed

  // Words of eight bytes at multiples of eight, as far as they lie within the file: the rest counts as zeros
  // when it is read, and is lost when it is written.
  u64 word(u32 file, u64 offset) const;
  void put_word(u32 file, u64 offset, u64 value);
  void zero(u32 file, u64 offset, u64 count);

  using Mark = std::size_t;
  Mark mark() const { return journal_.size(); }
  void back_to(Mark mark);
  // What was done so far stays for good.
  void forget_journal();

  u64 hash() const;  // of everything

 private:
  struct Name {
    std::string text;
    u32 file;
  };
  struct Change {
    enum Kind : u32 { word, bytes, size, name } kind;
    u32 index;   // of the file or the name
    u64 offset;  // word, bytes; size: the one before
    u64 count;   // bytes saved; name: the file before
    u64 saved;   // word: its value before; bytes: where in saved_
  };
  void save(u32 file, u64 offset, u64 count);
  std::vector<File> files_;
  std::vector<Name> names_;
  std::vector<Change> journal_;
  std::vector<u8> saved_;
};

}  // namespace states
