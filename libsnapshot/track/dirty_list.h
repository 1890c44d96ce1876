// A queue of packed runs with one producer (the thread that stores) and one consumer (whoever commits the
// file, under its commit lock). Neither waits for the other and neither uses a locked instruction.
//
// It is a chain of ring segments. The producer appends to the last and links a larger one when that is full;
// the consumer takes from the first and frees it once the producer has moved on. Lamport's single-producer
// queue
// ("Proving the Correctness of Multiprocess Programs", 1977) per segment: an entry is written before the tail
// that covers it is published (release), and read after that tail was seen (acquire); likewise for the head.
#pragma once
#include <atomic>

#include "base/run.h"
#include "base/syscall.h"

namespace snapshot {

class DirtyList {
 public:
  constexpr DirtyList() = default;

  // Producer. false: no memory for a new segment, nothing appended.
  bool append(Run run) {
    Segment *s = write_;
    if (SNAPSHOT_UNLIKELY(s == nullptr ||
                          s->tail_of_producer - s->head.load(std::memory_order_acquire) == s->capacity)) {
      s = add_segment(s);
      if (s == nullptr) return false;
    }
    s->entries[s->write_index] = run.packed();
    if (++s->write_index == s->capacity) s->write_index = 0;
    s->tail.store(++s->tail_of_producer, std::memory_order_release);
    return true;
  }

  // Consumer. 0: empty.
  u64 take() {
    for (;;) {
      Segment *s = read_;
      if (s == nullptr && (s = read_ = first_.load(std::memory_order_acquire)) == nullptr) return 0;
      const u64 head = s->head.load(std::memory_order_relaxed);
      if (head != s->tail.load(std::memory_order_acquire)) {
        const u64 entry = s->entries[s->read_index];
        if (++s->read_index == s->capacity) s->read_index = 0;
        s->head.store(head + 1, std::memory_order_release);
        return entry;
      }
      Segment *next = s->next.load(std::memory_order_acquire);
      if (next == nullptr) return 0;
      // The producer has left this segment for good; but it may have appended to it before it linked the next
      // one.
      if (head != s->tail.load(std::memory_order_acquire)) continue;
      read_ = next;
      (void)sys::munmap(reinterpret_cast<u64>(s), s->mapped_bytes);
    }
  }

 private:
  struct Segment {
    // Producer's line
    std::atomic<u64> tail{0};
    u64 tail_of_producer = 0;
    u64 write_index = 0;
    u64 capacity = 0;
    std::atomic<Segment *> next{nullptr};
    u64 mapped_bytes = 0;
    // Consumer's line
    alignas(64) std::atomic<u64> head{0};
    u64 read_index = 0;
    alignas(64) u64 entries[];
  };

  static constexpr u64 kSegmentBytesMin = 16 << 10;
  static constexpr u64 kSegmentBytesMax = 1 << 20;

  SNAPSHOT_SLOW_PATH Segment *add_segment(Segment *last) {
    const u64 bytes = last == nullptr ? kSegmentBytesMin : min_u64(2 * last->mapped_bytes, kSegmentBytesMax);
    const long page = sys::mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (sys::failed(page)) return nullptr;
    auto *s = reinterpret_cast<Segment *>(page);  // zero-filled pages are a valid empty segment
    s->mapped_bytes = bytes;
    s->capacity = (bytes - sizeof(Segment)) / sizeof(u64);
    if (last == nullptr)
      first_.store(s, std::memory_order_release);
    else
      last->next.store(s, std::memory_order_release);
    return write_ = s;
  }

  Segment *write_ = nullptr;               // producer
  std::atomic<Segment *> first_{nullptr};  // set once by the producer
  Segment *read_ = nullptr;                // consumer
};

}  // namespace snapshot
