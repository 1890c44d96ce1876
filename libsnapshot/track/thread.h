// What a thread that stores to managed files owns: the runs it announces, and its dirty list for each file.
//
// Thread objects are never freed. When a thread exits, its object, with whatever is still listed in it, is
// left for the next new thread: the lists keep their one producer at a time, and no commit can miss what a
// dead thread stored.
#pragma once
#include "track/dirty_list.h"
#include "track/windows.h"

namespace snapshot {

// Signal handlers that store may interrupt the marking of another store, to this depth. Each level announces
// in a slot and appends to lists of its own, so that the levels cannot disturb each other.
inline constexpr u32 kDepthMax = 6;

// The list of level 0 has been prepared.
struct FileLists {
  std::atomic<u32> deepest;  // level that was ever used: raised before its list gets its first entry
  DirtyList level[kDepthMax];
};

struct alignas(64) Thread {
  // Packed runs that are being marked, or may be stored to before they are marked; 0: none. One cache line.
  // The levels in use are those before the first 0: the slots are a stack, and a handler leaves it as it
  // found it.
  std::atomic<u64> announced[kDepthMax];
  std::atomic<u32> owned;  // 1 while a live thread has it
  Thread *next;
  std::atomic<FileLists *> lists[kSlotsMax];  // created by the owner at its first mark in that file
};

// This thread's object once it has one; else nullptr.
extern __thread Thread *current_thread __asm__("snapshot_current_thread")
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

// This thread's object, created or taken over at the first call; nullptr if there is no memory.
// Async-signal-safe: a handler that interrupts the creation gets an object of its own, and both stay in the
// list.
Thread *this_thread();

// All objects there are. Only ever grows, at the front.
extern std::atomic<Thread *> all_threads;
inline Thread *first_thread() { return all_threads.load(std::memory_order_acquire); }

// The lists of the thread for a file; nullptr if there is no memory.
FileLists *lists_for(Thread *thread, Slot slot);

// In a forked child: the other threads are gone, and what the parent had announced concerns the parent.
void reset_threads_after_fork();

}  // namespace snapshot
