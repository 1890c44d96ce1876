// What the backends share that keep their data in a mapped file: mapping it, and an allocator of objects in
// it, as an ordinary program would have one. The interface is explained in no_persistence.h.
//
// Objects name each other by plain pointers. The file notes the address at which it was made, and whoever
// maps it again asks for that address (backends/file_image.h).
#pragma once
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

#include "harness/worker.h"

namespace bench {

// The beginning of the file. Blocks are cut from the fresh part, and come from a list by size once they were
// released.
struct Heap {
  static constexpr std::uint64_t kGranule = 16, kClasses = 32, kLine = 64;
  struct FreeBlock {
    FreeBlock *next;
  };

  Heap *made_at;
  char *fresh, *end;
  void *root;
  FreeBlock *released[kClasses];  // by granules

  void make(std::uint64_t bytes) {
    made_at = this;
    fresh = reinterpret_cast<char *>(this + 1);
    end = reinterpret_cast<char *>(this) + bytes;
  }
  // Contents undefined. Blocks of whole lines begin with one.
  void *allocate(std::uint64_t bytes) {
    const std::uint64_t granules = (bytes + kGranule - 1) / kGranule;
    if (granules >= kClasses) worker_fails("no class for blocks of this size");
    FreeBlock *&list = released[granules];
    if (FreeBlock *const block = list; block != nullptr) {
      list = block->next;
      return block;
    }
    const std::uint64_t size = granules * kGranule;
    char *const block = fresh + (size % kLine == 0 ? -reinterpret_cast<std::uintptr_t>(fresh) % kLine : 0);
    if (size > static_cast<std::uint64_t>(end - block)) worker_fails("the file is full");
    fresh = block + size;
    return block;
  }
  void release(void *block, std::uint64_t bytes) {
    FreeBlock *&list = released[(bytes + kGranule - 1) / kGranule];
    list = new (block) FreeBlock{list};
  }
};
static_assert(sizeof(Heap) % Heap::kGranule == 0 && sizeof(Heap::FreeBlock) <= Heap::kGranule);

class MappedFile {
 public:
  using Word = std::uint64_t;
  template <typename T>
  using Reference = T *;

  void *open(const char *path, std::uint64_t bytes) {
    create(path, bytes);
    map();
    return address_;
  }
  void open_heap(const char *path, std::uint64_t objects, std::uint64_t object_bytes) {
    open(path, heap_bytes(objects, object_bytes));
    heap()->make(bytes_);
  }
  template <typename T>
  Reference<T> root() {
    if (heap()->root == nullptr) heap()->root = new (heap()->allocate(sizeof(T))) T{};
    return static_cast<T *>(heap()->root);
  }
  template <typename T>
  Reference<T> allocate() {
    return static_cast<T *>(heap()->allocate(sizeof(T)));
  }
  template <typename T>
  void release(T *object) {
    heap()->release(object, sizeof(T));
  }
  template <typename T>
  void will_change(T *) {}

 protected:
  void create(const char *path, std::uint64_t bytes) {
    bytes_ = bytes;
    fd_ = ::open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd_ < 0 || ftruncate(fd_, static_cast<off_t>(bytes)) != 0) worker_fails(path);
  }
  void map() {
    address_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    if (address_ == MAP_FAILED) worker_fails("mmap");
  }
  static std::uint64_t heap_bytes(std::uint64_t objects, std::uint64_t object_bytes) {
    constexpr std::uint64_t kHugePage = 2 << 20;
    const std::uint64_t block = (object_bytes + Heap::kGranule - 1) / Heap::kGranule * Heap::kGranule;
    return (kHugePage + objects * block + kHugePage - 1) / kHugePage * kHugePage;
  }
  Heap *heap() const { return static_cast<Heap *>(address_); }

  int fd_ = -1;
  void *address_ = nullptr;
  std::uint64_t bytes_ = 0;
};

// The backend of a system that makes durable what the program has stored when it is asked to: by its
// commit(), protected, which ends the process if it fails.
template <typename System>
class Committing : public System {
 public:
  template <typename Body>
  void initialise(Body body) {
    body();
    this->commit();
  }
  template <typename Body>
  void transaction(Body body) {
    body();
    this->commit();
  }
};

}  // namespace bench
