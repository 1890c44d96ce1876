// Its threads: rounds and commits, one after the other, until the kill.
#include <sys/mman.h>

#include <thread>
#include <vector>

#include "program.h"
#include "shared_cells.h"

namespace soak {

// Returns when the timer is going to strike so long after the return. Setting it takes a while by itself, in
// a virtual machine longer than a short commit.
void Program::aim_at_commit() {
  constexpr u64 lead = 25'000;
  const u64 begin = nanoseconds_now();
  timer_.arm(lead + shared->commit_ns.load() * shared->per_mille / 1000);
  spin_until(begin + lead);
}

// Commits, and is killed in this one if that is the aim.
template <typename Commit>
void Program::timed_commit(Commit commit) {
  if (shared->aim == Aim::in_commit && commits_begun_.fetch_add(1) == shared->reports_before) aim_at_commit();
  const u64 begin = nanoseconds_now();
  shared->committing.fetch_add(1);
  commit();
  shared->committing.fetch_sub(1);
  note_duration(shared->commit_ns, nanoseconds_now() - begin);
}

void Program::report() {
  if (reports_.fetch_add(1) + 1 == shared->reports_before && shared->aim == Aim::after_report)
    timer_.arm(shared->round_ns.load() * shared->per_mille / 1000);
}

void Program::run_part(unsigned number) {
  Part &part = parts_[number];
  for (u64 k = part.round() + 1;; ++k) {
    const u64 begin = nanoseconds_now();
    if (rolls_back(plan_, number, k)) roll_back(number, k);
    shared->started[number].store(k);
    do_round<Writer>(plan_, number, part, k);
    if (k % 16 == 0) compare_with_read(number);
    timed_commit([&] { commit_part(number, k); });
    shared->returned[number].store(k);
    note_duration(shared->round_ns, nanoseconds_now() - begin);
    report();
  }
}

// For all parts: their threads stand still, but some of them have changed lines that this thread never saw.
void Program::commit_group() {
  auto *head = reinterpret_cast<GroupHead *>(files_[0].begin);
  GroupHead next = {head->commit + 1, {}};
  for (unsigned p = 0; p < plan_.parts; ++p) next.round[p] = parts_[p].round();
  Writer::copy(head, &next, sizeof next);
  timed_commit([&] { check(msync(files_[0].begin, map_bytes, MS_SYNC) == 0, "msync"); });
  for (unsigned p = 0; p < plan_.parts; ++p) shared->group_rounds[next.commit % 2][p] = next.round[p];
  shared->group_commit.store(next.commit);
  for (unsigned p = 0; p < plan_.parts; ++p) shared->returned[p].store(next.round[p]);
}

void Program::run_group_member(unsigned number) {
  Part &part = parts_[number];
  for (u64 k = part.round() + 1;; ++k) {
    const u64 begin = nanoseconds_now();
    const std::lock_guard<std::mutex> lock(group_lock_);
    shared->started[number].store(k);
    do_round<Writer>(plan_, number, part, k);
    if (!Random(plan_.seed, number + 300, k).one_in(3)) continue;
    commit_group();
    note_duration(shared->round_ns, nanoseconds_now() - begin);
    report();
  }
}

// The interrupted round is not done again: which of its cells are there is anybody's guess.
void Program::run_cells(unsigned number) {
  auto *cells = reinterpret_cast<u64 *>(files_[0].begin);
  for (u64 k = shared->started[number].load() + 1;; ++k) {
    const u64 begin = nanoseconds_now();
    shared->started[number].store(k);
    for_each_cell(plan_, number, k, [&](u64 cell) {
      if (k % 2 == 0)
        Writer::put(cells + cell, k);
      else
        Writer::exchange(cells + cell, k);
    });
    timed_commit([&] { check(msync(files_[0].begin, map_bytes, MS_SYNC) == 0, "msync"); });
    shared->returned[number].store(k);
    note_duration(shared->round_ns, nanoseconds_now() - begin);
    report();
  }
}

void Program::run_thread(unsigned number) {
  switch (plan_.shape) {
    case Shape::group:
      return run_group_member(number);
    case Shape::shared:
      return run_cells(number);
    default:
      return run_part(number);
  }
}

void Program::run() {
  if (plan_.shape == Shape::group) {
    const auto *head = reinterpret_cast<const GroupHead *>(files_[0].begin);
    if (shared->unmanaged == 0)
      check(head->commit >= shared->group_commit.load(), "a group commit is missing");
    for (unsigned p = 0; p < plan_.parts; ++p) shared->group_rounds[head->commit % 2][p] = head->round[p];
    shared->group_commit.store(head->commit);
    for (unsigned p = 0; p < plan_.parts; ++p) shared->returned[p].store(head->round[p]);
  }
  if (shared->aim == Aim::after_report && shared->reports_before == 0)
    timer_.arm(shared->round_ns.load() * shared->per_mille / 1000);
  std::vector<std::thread> threads;
  for (unsigned p = 1; p < plan_.parts; ++p) threads.emplace_back([this, p] { run_thread(p); });
  run_thread(0);
}

}  // namespace soak
