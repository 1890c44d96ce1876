// A trace: everything that a program and the runtime below it did to the data files, their logs and the
// directory, in order, with the bytes stored; and what the files must hold at the commits.
//
// A trace is complete: replaying all of it on the first contents gives the files as they are, which
// EventKind::check asserts again and again. So a store that went past the recorder is found.
#pragma once
#include <string>
#include <vector>

#include "mix.h"

namespace states {

enum class EventKind : u32 {
  file = 1,     // a file is seen for the first time: name, its durable contents in bytes, identity in offset
                // (inode) and count (birth, ns)
  create,       // a new empty file, identity as above; without a name: O_TMPFILE
  link,         // name now leads to file
  unlink,       // name is gone
  rename,       // name is gone, and bytes (a path) now leads to file
  store_nt,     // bytes at offset; weakly ordered until a fence of the same thread (memory media)
  store,        // bytes at offset, in the page cache: by the mapping or by pwrite
  write_back,   // count bytes at offset are written back; weakly ordered until a fence of the same thread
  fence,        // of this thread
  resize,       // count: the new size
  punch,        // count bytes at offset become zeros
  sync,         // fsync, fdatasync; msync: only count bytes at offset. count 0: all
  sync_failed,  // likewise, but it returned an error: its bytes may be lost, and later syncs do not help
  sync_directory,  // name: the directory
  expect,    // once commit number offset is complete, the file name holds bytes; count 1: what comes until
             // the next commit has returned is not atomic, anything may be there
  begins,    // commit number offset begins
  returned,  // commit number offset has returned; count: 0, or 1 for an error
  check,     // the file's size is offset and its contents hash to count
  output,    // the program has printed count bytes so far, if its standard output is a file
};

struct Event {
  EventKind kind;
  u32 thread = 0;  // small numbers in order of appearance
  u32 file = 0;    // small numbers in order of appearance, never used again
  u64 offset = 0;
  u64 count = 0;
  std::string name;
  std::string bytes;
};

// On disk: this, then the name, then the bytes. Native byte order: traces do not travel.
struct EventHead {
  EventKind kind;
  u32 thread, file, name_bytes;
  u64 offset, count, bytes;
};
static_assert(sizeof(EventHead) == 40);

constexpr u64 trace_magic = 0x3165636172746e73;  // "sntrace1"
constexpr u64 check_seed = 0x636865636b;

// Throws std::runtime_error with the file's name.
std::vector<Event> read_trace(const std::string &path);

// One line for people.
std::string describe(const Event &event);

}  // namespace states
