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
    if (SNAPSHOT_UNLIKELY(!try_append(run))) {
      if (!make_room()) return false;
      return try_append(run);
    }
    return true;
  }

  // Producer. The usual case alone; false: append() has to look for room.
  bool try_append(Run run) {
    Segment *s = write_;
    if (SNAPSHOT_UNLIKELY(s == nullptr)) return false;
    const u64 tail = s->tail.load(std::memory_order_relaxed);
    if (SNAPSHOT_UNLIKELY(tail == s->limit)) return false;
    s->entries[tail & s->mask] = run.packed();
    s->tail.store(tail + 1, std::memory_order_release);
    return true;
  }

  // Consumer. Whether there is nothing to take.
  bool empty() const {
    const Segment *s = read_ == nullptr ? first_.load(std::memory_order_acquire) : read_;
    return s == nullptr ||
           (s->next.load(std::memory_order_acquire) == nullptr &&
            s->tail.load(std::memory_order_acquire) == s->head.load(std::memory_order_relaxed));
  }

  // Consumer. Takes what there is, oldest first: each(packed runs, how many).
  template <typename Each>
  void take_all(Each each) {
    Segment *s = read_;
    if (s == nullptr && (s = read_ = first_.load(std::memory_order_acquire)) == nullptr) return;
    for (;;) {
      // Before the tail: what the producer appended before it linked the next segment must be seen below.
      Segment *next = s->next.load(std::memory_order_acquire);
      const u64 head = s->head.load(std::memory_order_relaxed);
      const u64 tail = s->tail.load(std::memory_order_acquire);
      for (u64 at = head; at != tail;) {
        const u64 slot = at & s->mask, n = min_u64(tail - at, s->capacity() - slot);
        each(&s->entries[slot], n);
        at += n;
      }
      if (head != tail) s->head.store(tail, std::memory_order_release);
      if (next == nullptr) return;
      // The producer has left this segment for good.
      (void)sys::munmap(reinterpret_cast<u64>(s), s->mapped_bytes);
      s = read_ = next;
    }
  }

 private:
  struct Segment {
    // Producer's line. limit is the tail at which the segment is full for all that the producer knows.
    std::atomic<u64> tail{0};
    u64 limit = 0;
    u64 mask = 0;
    std::atomic<Segment *> next{nullptr};
    u64 mapped_bytes = 0;
    // Consumer's line
    alignas(64) std::atomic<u64> head{0};
    alignas(64) u64 entries[];

    u64 capacity() const { return mask + 1; }
  };

  static constexpr u64 kEntriesMin = 2 << 10;
  static constexpr u64 kEntriesMax = 128 << 10;

  // Looks where the consumer is by now; if it has not moved, a larger segment.
  SNAPSHOT_SLOW_PATH bool make_room() {
    Segment *s = write_;
    if (s == nullptr) return add_segment(nullptr);
    s->limit = s->head.load(std::memory_order_acquire) + s->capacity();
    return s->limit != s->tail.load(std::memory_order_relaxed) || add_segment(s);
  }

  bool add_segment(Segment *last) {
    const u64 entries = last == nullptr ? kEntriesMin : min_u64(2 * last->capacity(), kEntriesMax);
    const u64 bytes = sizeof(Segment) + entries * sizeof(u64);
    const long page = sys::mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (sys::failed(page)) return false;
    auto *s = reinterpret_cast<Segment *>(page);  // zero-filled pages are a valid empty segment
    s->mapped_bytes = bytes;
    s->mask = entries - 1;
    s->limit = entries;
    if (last == nullptr)
      first_.store(s, std::memory_order_release);
    else
      last->next.store(s, std::memory_order_release);
    write_ = s;
    return true;
  }

  Segment *write_ = nullptr;               // producer
  std::atomic<Segment *> first_{nullptr};  // set once by the producer
  Segment *read_ = nullptr;                // consumer
};

}  // namespace snapshot
