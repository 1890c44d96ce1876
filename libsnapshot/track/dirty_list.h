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
    Segment *const s = write_;
    const u64 tail = s == nullptr ? 0 : s->tail.load(std::memory_order_relaxed);
    if (SNAPSHOT_UNLIKELY(s == nullptr || tail == s->limit)) return append_slowly(run);
    s->entries[tail] = run.packed();
    s->tail.store(tail + 1, std::memory_order_release);
    return true;
  }

  // Producer, before the first append: so that there is a segment. false: no memory.
  bool prepare() { return add_segment(nullptr) != nullptr; }
  // Of one that was prepared, and that nobody has used.
  void release() { (void)sys::munmap(reinterpret_cast<u64>(write_), write_->mapped_bytes); }

  // Consumer. Whether there is nothing to take.
  bool empty() const {
    const Segment *s = read_ == nullptr ? first_.load(std::memory_order_acquire) : read_;
    return s == nullptr ||
           (s->next.load(std::memory_order_acquire) == nullptr &&
            s->tail.load(std::memory_order_acquire) == s->head.load(std::memory_order_relaxed));
  }

  // Consumer. Packed runs, oldest first, which stay where they are until they are dropped.
  struct Entries {
    const u64 *begin = nullptr;
    u64 count = 0;
  };

  // Consumer. What there is; false if that does not lie together.
  bool look(Entries *out) {
    Segment *s = first_to_read();
    if (SNAPSHOT_UNLIKELY(s == nullptr)) return true;
    const bool last = s->next.load(std::memory_order_acquire) == nullptr;
    const u64 head = s->head.load(std::memory_order_relaxed);
    const u64 tail = s->tail.load(std::memory_order_acquire);
    if (SNAPSHOT_UNLIKELY(!last || tail < head)) return false;
    *out = {&s->entries[head], tail - head};
    return true;
  }

  // Consumer. Takes all of what look() has found.
  void drop(const Entries &seen) {
    read_->head.store(read_->head.load(std::memory_order_relaxed) + seen.count, std::memory_order_release);
  }

  // Producer and consumer at once: a thread that commits what it has itself stored, and of which no handler
  // can append meanwhile. The next entries go where the first went, and are in the caches: a ring that was
  // made large by some large commit would have small ones walk all through it.
  void rewind() {
    Segment *s = read_;
    if (s != write_ || s->head.load(std::memory_order_relaxed) != s->tail.load(std::memory_order_relaxed))
      return;
    s->head.store(0, std::memory_order_relaxed);
    s->tail.store(0, std::memory_order_relaxed);
    s->limit = s->capacity() - 1;
  }

  // Consumer. Takes what there is, oldest first: each(packed runs, how many).
  template <typename Each>
  void take_all(Each each) {
    Segment *s = first_to_read();
    if (s == nullptr) return;
    for (;;) {
      // Before the tail: what the producer appended before it linked the next segment must be seen below.
      Segment *next = s->next.load(std::memory_order_acquire);
      const u64 head = s->head.load(std::memory_order_relaxed);
      const u64 tail = s->tail.load(std::memory_order_acquire);
      if (tail < head) each(&s->entries[head], s->capacity() - head);
      const u64 from = tail < head ? 0 : head;
      if (from != tail) each(&s->entries[from], tail - from);
      if (head != tail) s->head.store(tail, std::memory_order_release);
      if (next == nullptr) return;
      // The producer has left this segment for good.
      (void)sys::munmap(reinterpret_cast<u64>(s), s->mapped_bytes);
      s = read_ = next;
    }
  }

 private:
  friend struct MarkLayout;

  // A ring. One entry stays free, so that head == tail means empty.
  struct Segment {
    // Producer's line. The next entry goes to the tail; at limit it may not be moved on without a look at the
    // head.
    std::atomic<u64> tail;
    u64 limit;
    std::atomic<Segment *> next;
    u64 mapped_bytes;
    // Consumer's line
    alignas(64) std::atomic<u64> head;
    alignas(64) u64 entries[];

    u64 capacity() const { return (mapped_bytes - sizeof(Segment)) / sizeof(u64); }
  };

  static constexpr u64 kSegmentMin = 16 << 10;  // bytes
  static constexpr u64 kSegmentMax = 1 << 20;

  Segment *first_to_read() {
    if (SNAPSHOT_UNLIKELY(read_ == nullptr)) read_ = first_.load(std::memory_order_acquire);
    return read_;
  }

  SNAPSHOT_SLOW_PATH bool append_slowly(Run run) {
    Segment *s = write_;
    if (s == nullptr && (s = add_segment(nullptr)) == nullptr) return false;
    u64 at = s->tail.load(std::memory_order_relaxed);
    u64 head = s->head.load(std::memory_order_acquire);
    u64 after = at + 1 == s->capacity() ? 0 : at + 1;
    if (after == head) {
      if ((s = add_segment(s)) == nullptr) return false;
      head = at = 0;
      after = 1;
    }
    s->entries[at] = run.packed();
    s->limit = (head > after ? head : s->capacity()) - 1;
    s->tail.store(after, std::memory_order_release);
    return true;
  }

  Segment *add_segment(Segment *last) {
    const u64 bytes = last == nullptr ? kSegmentMin : min_u64(2 * last->mapped_bytes, kSegmentMax);
    const long page = sys::mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (sys::failed(page)) return nullptr;
    auto *s = reinterpret_cast<Segment *>(page);  // zero-filled pages have head and tail of an empty segment
    s->mapped_bytes = bytes;
    s->limit = s->capacity() - 1;
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
