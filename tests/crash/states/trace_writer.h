// Writes a trace event by event, each with one system call, so that a process that dies leaves what it did.
#pragma once
#include "trace.h"

namespace states {

class TraceWriter {
 public:
  // Creates the file. 0, or a negative errno.
  long open(const char *path);
  bool is_open() const { return fd_ >= 0; }

  void put(const EventHead &head, const char *name, const void *bytes) const;
  // The bytes that the head promised, in several calls.
  void put_head(const EventHead &head, const char *name) const { put_parts(head, name, nullptr, 0); }
  void put_bytes(const void *bytes, u64 count) const;

 private:
  void put_parts(const EventHead &head, const char *name, const void *bytes, u64 count) const;
  int fd_ = -1;
};

// Ends the process with a line on standard error: what cannot be recorded must not be explored.
[[noreturn]] void cannot_record(const char *why);

// Moves a descriptor to where the program does not meet it.
long out_of_the_way(long fd);

}  // namespace states
