#include "sequences.h"

#include <algorithm>
#include <sstream>
#include <stdexcept>

namespace states {

const std::vector<Operation> &operations() {
  static const std::vector<Operation> all = {
      {"store", "two words, in the first page and in the second", true},
      {"memcpy", "40 bytes over two lines, by the interposed memcpy", true},
      {"atomic", "an atomic addition", true},
      {"msync", "commits the whole file", true},
      {"msync-part", "commits the first page", true},
      {"msync-async", "commits the whole file, and does not wait", false},
      {"rollback", "snapshot_rollback of the whole file", true},
      {"grow", "3000 bytes more, and two words stored there", true},
      {"shrink", "2500 bytes less", true},
      {"beyond", "one word in the last line, and one in the rest of it, beyond the end", true},
      {"remap", "munmap, which commits and retires the log, and mmap again", true},
      {"second", "maps a second file, stores two words to it", true},
      {"thread", "another thread stores to both pages and commits the first", true},
      {"large", "one run of 70000 bytes: several hash pieces, an area that moves", false},
      {"many", "1500 runs of one line: several pieces of runs, an area that moves", false},
      {"regrow", "munmap, 3000 bytes more, mmap again", false},
      {"write", "munmap, write(2) of 16 bytes, mmap again", false},
      {"regrow-fsync", "munmap, 3000 bytes more, fsync, mmap again", false},
      {"write-fsync", "munmap, write(2) over what store stored, fsync, mmap again", false},
      {"fail-log", "the next sync of a log fails", false},
      {"fail-data", "the next sync of the mapping of a data file fails", false},
      {"die", "before the start: a process that is killed while it commits a store and a grow", false},
      {"no-tmpfile", "from the start: no O_TMPFILE", false},
      {"no-links", "from the start: neither O_TMPFILE nor hard links", false},
      {"no-fallocate", "from the start: no fallocate", false},
  };
  return all;
}

std::vector<Sequence> combinations(unsigned length) {
  std::vector<Sequence> all = {{}};
  for (unsigned i = 0; i < length; ++i) {
    std::vector<Sequence> longer;
    for (const Sequence &s : all)
      for (const Operation &o : operations())
        if (o.basic) longer.push_back(s), longer.back().push_back(o.name);
    all = std::move(longer);
  }
  return all;
}

const std::vector<Sequence> &special_sequences() {
  static const std::vector<Sequence> all = {
      {"large", "msync", "store"},
      {"large", "msync", "large", "msync", "large"},
      {"many", "msync", "store", "msync", "store"},
      {"many", "remap", "many"},
      {"store", "shrink", "msync", "grow", "store"},
      {"shrink", "msync-part", "grow", "msync-part"},
      {"shrink", "thread", "grow", "thread"},
      {"large", "msync", "shrink", "shrink", "msync", "store"},
      {"store", "msync", "store", "msync", "store", "msync", "store"},
      {"store", "fail-log"},
      {"store", "fail-data"},
      {"store", "msync", "grow", "fail-data", "msync", "store"},
      {"store", "msync", "store", "fail-data", "fail-data", "msync", "memcpy"},
      {"grow", "fail-log", "remap", "store"},
      {"many", "fail-log", "msync", "store"},
      {"store", "msync-async", "store", "msync-async", "memcpy"},
      {"store", "msync-async", "memcpy", "msync-part", "store"},
      {"store", "msync-async", "store", "rollback", "memcpy"},
      {"store", "msync-async", "grow", "msync-async", "remap", "store"},
      {"store", "msync-async", "shrink", "msync-async", "grow", "store"},
      {"store", "msync-async", "memcpy", "fail-log", "msync", "store"},
      {"store", "msync-async", "fail-log", "remap", "store"},
      {"store", "msync", "large", "msync-async", "store", "msync", "large", "fail-data", "msync", "store"},
      {"store", "msync", "shrink", "fail-data", "msync", "store"},
      {"die", "store"},
      {"die", "grow", "remap"},
      {"no-tmpfile", "store", "remap"},
      {"no-links", "store", "remap", "store"},
      {"no-fallocate", "store", "large"},
      {"regrow", "store"},
      {"store", "remap", "regrow", "store"},
      {"write", "store"},
      {"store", "write", "msync", "store"},
      {"store", "regrow-fsync", "store"},
      {"store", "msync", "store", "write-fsync", "store"},
  };
  return all;
}

Sequence parse_sequence(const std::string &text) {
  Sequence sequence;
  std::istringstream in(text);
  for (std::string name; std::getline(in, name, ',');) {
    if (std::none_of(operations().begin(), operations().end(),
                     [&](const Operation &o) { return name == o.name; }))
      throw std::runtime_error("no operation " + name + "; --list names them");
    sequence.push_back(name);
  }
  return sequence;
}

std::string to_string(const Sequence &sequence) {
  std::string text;
  for (const std::string &name : sequence) text += (text.empty() ? "" : ",") + name;
  return text;
}

}  // namespace states
