// For those who must know that no other thread is in the middle of something that contains no waiting: when
// was each of them last seen waiting?
//
// A thread waits if /proc/self/task/TID/syscall says that it sleeps in one of the system calls that a program
// waits by (futex, poll, nanosleep and their like). Not by any system call: one that reads may be the half of
// a libc function that has stored to memory, and will again. A thread that computes, or sleeps in a page
// fault, is not seen waiting.
//
// By one thread at a time.
#pragma once
#include "platform/grow_buffer.h"

namespace snapshot {

class OtherThreads {
 public:
  // Looks at all threads but the caller's. now, not 0: the number of the look, which never falls. Returns the
  // number of a look after which each of them was seen waiting, or began: what a thread was in the middle of
  // before that look has ended. now: all of them wait, or there are none. 0: nothing is known, as without
  // /proc.
  u64 all_waited_at(u64 now);

  // Gives the memory back and forgets all looks.
  void release() {
    seen_.release();
    complete_at_ = 0;
  }

 private:
  struct Seen {
    u32 thread;
    u64 waited_at;  // number of the look
  };

  bool list(u32 self);
  bool knows(u32 thread) const;

  GrowBuffer<Seen> seen_;
  u64 complete_at_ = 0;  // the latest look that has seen every thread there was
};

}  // namespace snapshot
