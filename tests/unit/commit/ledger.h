// What threads have stored, and whether a commit has it: the oracle of the tests of invariant 3.
//
// A storer writes the values 1, 2, 3, ... to its slots in turn and says after each, in memory that is not
// managed, how far it is. A committer notes how far every storer is, commits, and then looks into the file:
// every value up to there must be in it, or have been followed by a larger one in the same slot. A lost store
// stays visible until the storer comes back to its slot.
#pragma once
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "support/mapped_file.h"
#include "support/stores.h"

namespace test {

class Storer {
 public:
  explicit Storer(std::vector<std::uint64_t *> slots) : slots_(std::move(slots)) {}

  std::uint64_t *next_slot() const { return slots_[(next_ + 1) % slots_.size()]; }
  std::uint64_t next_value() const { return next_ + 1; }
  // The value has been stored.
  void publish() { done_.store(++next_, std::memory_order_release); }
  void store_next() {
    store(next_slot(), next_value());
    publish();
  }
  std::uint64_t stored() const { return done_.load(std::memory_order_acquire); }

  // The first of the values (from, until] that the file does not have; 0: it has them all.
  std::uint64_t first_lost(std::uint64_t from, std::uint64_t until) const {
    const std::uint64_t count = slots_.size();
    for (std::uint64_t v = until - from > count ? until - count + 1 : from + 1; v <= until; ++v)
      if (backing_word(slots_[v % count]) < v) return v;
    return 0;
  }

  // Called by the storer's thread: lets auditors catch up with it, so that commits and stores meet all the
  // time even where the two threads seldom run at once. The first auditor sets the pace.
  void stay_within(std::uint64_t values, const std::atomic<bool> &stop) const {
    while (next_ - seen_.load(std::memory_order_relaxed) > values && !stop.load(std::memory_order_relaxed))
      std::this_thread::yield();
  }
  void audited(std::uint64_t until) { seen_.store(until, std::memory_order_relaxed); }

 private:
  std::vector<std::uint64_t *> slots_;
  std::uint64_t next_ = 0;
  alignas(64) std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> seen_{0};
};

// Slots of one storer: `count` words, `stride` bytes apart, from `offset` on.
inline std::vector<std::uint64_t *> slots(const MappedFile &file, std::size_t offset, std::size_t stride,
                                          std::size_t count) {
  std::vector<std::uint64_t *> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(file.at(offset + i * stride));
  return all;
}

// One committer's check of all storers.
class Auditor {
 public:
  Auditor(const MappedFile &file, std::vector<Storer *> storers)
      : file_(file), storers_(std::move(storers)), checked_(storers_.size()), before_(storers_.size()) {}

  // false: something was lost or the commit failed; what() says so. Commits only if there is something new.
  bool commit_and_look() {
    for (std::size_t i = 0; i < storers_.size(); ++i) before_[i] = storers_[i]->stored();
    if (before_ == checked_) {
      std::this_thread::yield();
      return true;
    }
    if (file_.commit() != 0) return complain(std::string("msync: ") + snapshot_last_error());
    ++commits_;
    for (std::size_t i = 0; i < storers_.size(); ++i) {
      if (const std::uint64_t lost = storers_[i]->first_lost(checked_[i], before_[i]); lost != 0)
        return complain("commit " + std::to_string(commits_) + " lacks value " + std::to_string(lost) +
                        " of storer " + std::to_string(i) + ", which had stored " +
                        std::to_string(before_[i]) + " before it");
      storers_[i]->audited(checked_[i] = before_[i]);
    }
    return true;
  }
  std::uint64_t commits() const { return commits_; }
  const std::string &what() const { return what_; }

 private:
  bool complain(std::string what) {
    what_ = std::move(what);
    return false;
  }
  const MappedFile &file_;
  std::vector<Storer *> storers_;
  std::vector<std::uint64_t> checked_,
      before_;  // per storer: what was checked, what there was before the commit
  std::uint64_t commits_ = 0;
  std::string what_;
};

// A thread that calls body(stop) again and again until it is destroyed; a body that waits looks at stop.
class Worker {
 public:
  template <typename Body>
  explicit Worker(Body body)
      : thread_([this, body] {
          while (!stop_.load(std::memory_order_relaxed)) body(stop_);
        }) {}
  ~Worker() {
    stop_.store(true, std::memory_order_relaxed);
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace test
