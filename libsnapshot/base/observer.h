// Where tests watch, fail or replace what the runtime does to the outside world: its system calls, its stores
// to mapped media and its fences. Exists only in the libraries that the tests build for themselves
// (SNAPSHOT_TESTING); in the one that users get there is no trace of it.
#pragma once
#include "base/layout.h"

#if defined(SNAPSHOT_TESTING)
namespace snapshot {

enum class Verb : u32 {
  copy_nt,     // memory media: weakly ordered until a fence
  copy_plain,  // page-cache media: an ordinary store to the shared mapping
  write_back,  // memory media: of lines that were stored ordinarily
  fence,       // memory media; the page-cache medium's fences are system calls
};

// Any member may be nullptr. Called on the thread that does it, with whatever locks it holds; must not map,
// store to or commit managed files.
struct Observer {
  // In place of the system call: kernel_call() does it, or the observer returns a negative errno, or serves
  // it itself.
  long (*call)(long number, const long arguments[6]);
  // After a persist verb has done its work. to is the address in the mapping of data or log; for write_back
  // it is what is written back; for fence nullptr.
  void (*persist)(Verb verb, void *to, u64 bytes);
};

// Set by the test, while no other thread is inside the library.
extern "C" __attribute__((visibility("default"))) const Observer *snapshot_observer;

inline void observe(Verb verb, void *to, u64 bytes) {
  const Observer *o = snapshot_observer;
  if (o != nullptr && o->persist != nullptr) o->persist(verb, to, bytes);
}

}  // namespace snapshot
#define SNAPSHOT_OBSERVE(verb, to, bytes) ::snapshot::observe(::snapshot::Verb::verb, to, bytes)
#else
#define SNAPSHOT_OBSERVE(verb, to, bytes) static_cast<void>(0)
#endif
