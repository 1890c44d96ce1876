// Writes a trace event by event, each with one system call, so that a process that dies leaves what it did.
#pragma once
#include "trace.h"

namespace states {

class TraceWriter {
 public:
  // The file is created with the first event: of the processes that are told to write this trace, the one is
  // recorded that changes a file. false: it is too long.
  bool open(const char *path);
  bool is_open() const { return path_[0] != 0; }

  void put(const EventHead &head, const char *name, const void *bytes);
  // The bytes that the head promised, in several calls.
  void put_head(const EventHead &head, const char *name) { put_parts(head, name, nullptr, 0); }
  void put_bytes(const void *bytes, u64 count) const;

 private:
  void create();
  void put_parts(const EventHead &head, const char *name, const void *bytes, u64 count);
  char path_[4096] = {};
  int fd_ = -1;
};

// Ends the process with a line on standard error: what cannot be recorded must not be explored.
[[noreturn]] void cannot_record(const char *why);

// Moves a descriptor to where the program does not meet it.
long out_of_the_way(long fd);

}  // namespace states
