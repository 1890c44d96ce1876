// The recorder's insides: what is shared between its halves, system calls (recorded_calls.cc) and the rest
// (recorder.cc). All under the lock.
#pragma once
#include "recorded_files.h"
#include "recorder.h"

namespace states {

struct Recording {
  TraceWriter trace;
  RecordedFiles files;
  RecorderOptions options;
};
extern Recording recording;

u32 this_thread_number();
void put(EventKind kind, u32 file, u64 offset = 0, u64 count = 0, const char *name = "");
// What has been written to the file there.
void put_stored(u32 file, u64 offset, u64 bytes);
// A file that is new to the trace.
void put_new(EventKind kind, u32 file, const char *name);
void check(u32 file);

bool path_of(long fd, char (&out)[4096]);
u64 size_of(u32 file);
// The number of the file behind the program's descriptor; a new one, with an event, if it has none.
u32 number_of(long fd, bool created);

bool is_recorded(long number);
// Does the call and records it.
long record_call(long number, const long arguments[6]);
// The call was not made: it fails with this error. What a failed sync means is recorded.
long record_failure(long number, const long arguments[6], long error);
// What has been written or synced in the file.
void on_written(u32 file, u64 offset, long result);
void on_synced(u32 file, u64 offset, u64 count, long result);

}  // namespace states
