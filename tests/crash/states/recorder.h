// Records what the process does to media: sets snapshot_observer (base/observer.h) and writes a trace
// (trace.h) as it goes. Linked into a test's own program, or preloaded into any program (record_preload.cc).
//
// Allocates nothing and calls no libc function that the runtime stands in front of, since it is called from
// inside the runtime. One lock makes the trace an order of events; a thread that commits is not disturbed by
// another's file, but a program whose threads race is not recorded the same way twice.
#pragma once
#include "base/observer.h"
#include "trace.h"

namespace states {

struct RecorderOptions {
  // Process ids, random numbers and file identities become the same in every run.
  bool deterministic = false;
  // As if the file system had none of these.
  bool no_tmpfile = false, no_fallocate = false, no_hard_links = false;
  // Replaces a system call, if it returns anything but 0: a negative errno.
  long (*fault)(long number, const long arguments[6]) = nullptr;
};

// Until the process ends. observed: &snapshot_observer. false: the trace's name is too long.
bool start_recording(const char *trace, const RecorderOptions &options, const snapshot::Observer **observed);

constexpr u32 any_file = ~u32{0};

// Says what the file must hold once this commit is complete. Goes before commit_begins. atomic false: before
// that, it may hold anything.
void expect(u64 commit, const char *path, const void *bytes, u64 count, bool atomic = true);
void commit_begins(u64 commit, u32 file = any_file);
void commit_returned(u64 commit, bool success, u32 file = any_file);

// The file that a managed address, or a descriptor, belongs to; any_file if it is not in the trace, or in a
// child.
u32 file_at(const void *address);
u32 file_behind(int fd);

// What has been done to fd without the observer, by libc's own calls, if the file is not managed. A file that
// is not in the trace yet stays out of it.
void note_sync(int fd, bool success);
void note_write(int fd, u64 offset, u64 count);

}  // namespace states
