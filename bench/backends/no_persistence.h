// No persistence: the same program on the same kind of file, that never asks for anything to be kept. The
// ceiling.
//
// The backends are classes of one shape, so that a workload is written once and compiled for each system:
//   Word                           what stands for an 8-byte number in the file
//   void *open(path, bytes)        a new file's array of zeros
//   initialise(body)               runs body, which may store anywhere; durable afterwards, cost unmeasured
//   transaction(body)              what body changes becomes durable as a whole before it returns
//   will_change(object)            inside a transaction, before a store to *object; a reference, or a pointer
//   facts()                        prints KEY=VALUE words that show that the system did what it should
// Or, for objects that name each other:
//   Reference<T>                   how an object names another one; has -> and ==, and nullptr is none
//   open_heap(path, objects, bytes_each)   instead of open: a new file with room for them
//   root<T>()                      the one object that is always there, zeros at first; at first to be called
//                                  inside initialise
//   allocate<T>()                  inside a transaction; contents undefined
//   release(reference)             inside a transaction
#pragma once
#include "backends/mapped_file.h"

namespace bench {

class Backend : public MappedFile {
 public:
  template <typename Body>
  void initialise(Body body) {
    body();
  }
  template <typename Body>
  void transaction(Body body) {
    body();
  }
  void facts() {}
};

}  // namespace bench
