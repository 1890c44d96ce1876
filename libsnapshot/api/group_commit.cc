#include "api/group_commit.h"

#include <time.h>

#include "api/range.h"
#include "base/syscall.h"
#include "commit/commit.h"
#include "platform/signals.h"

namespace snapshot {

// On the stack of the thread that waits for it; signals are blocked there, so that no handler can leave it or
// wait for itself.
struct CommitRequest {
  LineRange range{};
  CommitRequest *next = nullptr;  // handed in before it
  u64 sequence = 0;               // of the newest record that it needs
  Status status;
  std::atomic<u32> done{0};  // a futex; the last access of whoever does it, before waking
};

namespace {

constexpr u64 kWaitMaxNs = 2'000'000;
// They are on their way, as a rule: it takes less time than going to sleep and being woken.
constexpr u64 kYieldNs = 50'000;

u64 now_ns() {
  struct timespec t;
  if (sys::failed(sys::call(SYS_clock_gettime, CLOCK_MONOTONIC, sys::as_long(&t)))) return 0;
  return static_cast<u64>(t.tv_sec) * 1'000'000'000 + static_cast<u64>(t.tv_nsec);
}

// Whether it is the first of a new group.
bool hand_in(CommitGroup &group, CommitRequest &request) {
  CommitRequest *before = group.newest.load(std::memory_order_relaxed);
  do request.next = before;
  while (!group.newest.compare_exchange_weak(before, &request, std::memory_order_release,
                                             std::memory_order_relaxed));
  // Whoever waits says so before it looks at the number again (futex_wait), and we add before we ask.
  const u32 joined = group.joined.fetch_add(1, std::memory_order_seq_cst) + 1;
  if (group.wake_at.load(std::memory_order_seq_cst) == joined) (void)sys::futex_wake(&group.joined, 1);
  return before == nullptr;
}

// The number is exact but for threads that are just between the two steps of handing in: a hint.
void wait_for_others(CommitGroup &group) {
  const u64 begin = now_ns(), end = begin + min_u64(group.sync_ns / 2, kWaitMaxNs);
  group.wake_at.store(group.left + group.wanted, std::memory_order_seq_cst);
  for (;;) {
    const u32 joined = group.joined.load(std::memory_order_seq_cst);
    const u64 now = now_ns();
    if (joined - group.left >= group.wanted || now >= end) break;
    if (now < begin + kYieldNs) {
      (void)sys::call(SYS_sched_yield);
      continue;
    }
    const struct timespec rest = {0, static_cast<long>(end - now)};
    (void)sys::futex_wait(&group.joined, joined, &rest);
  }
  group.wake_at.store(0, std::memory_order_relaxed);
}

// All that wait, in the order in which they came.
CommitRequest *take_all(CommitGroup &group, u32 *count) {
  CommitRequest *first = nullptr;
  CommitRequest *r = group.newest.exchange(nullptr, std::memory_order_acquire);
  for (*count = 0; r != nullptr; ++*count) {
    CommitRequest *const before = r->next;
    r->next = first;
    first = r;
    r = before;
  }
  return first;
}

void commit_all(RegisteredFile &file, CommitRequest *first) SNAPSHOT_REQUIRES(file.commit_lock) {
  if (first->next == nullptr) {
    first->status = commit_range(file, first->range, Durability::now);
    return;
  }
  const u64 sequence_before = file.log.sequence;
  for (CommitRequest *r = first; r != nullptr; r = r->next) {
    r->status = commit_range(file, r->range, Durability::group);
    r->sequence = file.log.sequence;
  }
  const Status synced = finish_group(file, sequence_before);
  if (synced.ok()) return;
  for (CommitRequest *r = first; r != nullptr; r = r->next) {
    if (!r->status.ok() || r->sequence <= file.log.tail.durable) continue;
    r->status = synced;
    ++file.counters.commits_failed;
  }
  (void)report_failure(file, synced);
}

void lead(RegisteredFile &file) SNAPSHOT_NO_THREAD_SAFETY_ANALYSIS {
  const Status locked = lock_for_commit(file);
  CommitGroup &group = file.group;
  u32 count;
  if (locked.ok() && group.wanted > 1) wait_for_others(group);
  CommitRequest *first = take_all(group, &count);
  if (locked.ok()) {
    group.left += count;
    group.wanted = count;
    const u64 begin = now_ns();
    commit_all(file, first);
    group.sync_ns = now_ns() - begin;
    file.commit_lock.unlock();
  }
  while (first != nullptr) {
    CommitRequest *const next = first->next;
    if (!locked.ok()) first->status = locked;
    first->done.store(1, std::memory_order_release);
    (void)sys::futex_wake(&first->done, 1);
    first = next;
  }
}

}  // namespace

Status commit_in_group(RegisteredFile &file, LineRange range) {
  // Not at all by a handler that interrupted a commit of this file: lock_for_commit says why.
  if (file.commit_lock.held_by_this_thread()) return lock_for_commit(file);
  const SignalsBlocked blocked;
  CommitRequest request;
  request.range = range;
  if (hand_in(file.group, request)) {
    lead(file);
    return request.status;
  }
  while (request.done.load(std::memory_order_acquire) == 0) (void)sys::futex_wait(&request.done, 0, nullptr);
  // The leader's words are of its thread.
  const int error = request.status.error;
  const bool explained = error == 0 || error == EINVAL || error == EPERM;
  return explained ? request.status : report_failure(file, request.status);
}

void forget_group_after_fork(RegisteredFile &file) {
  file.group.newest.store(nullptr, std::memory_order_relaxed);
  file.group.left = file.group.joined.load(std::memory_order_relaxed);
}

}  // namespace snapshot
