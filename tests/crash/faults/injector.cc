#include "injector.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>

#include "base/observer.h"
#include "base/syscall.h"

namespace faults {
namespace {

Record *record = nullptr;
Disk *disks[2] = {};
Fault fault;
bool counting = false, unobserved = false;
// Other threads of the program store while the main one waits for them; their calls are few.
std::mutex one_at_a_time;

long kernel(long number, Arguments a) {
  return snapshot::sys::kernel_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void note_choices(const std::vector<Failure> &all, long number, Arguments a) {
  std::snprintf(record->call, sizeof record->call, "%s", name_of_call(number, a).c_str());
  record->unlisted = all.empty() && why_infallible(number, a) == nullptr;
  for (std::size_t i = 0; i < all.size() && i < std::size(record->choices); ++i)
    std::snprintf(record->choices[i], sizeof record->choices[i], "%s", all[i].name);
}

// What happens to the call, if anything.
std::optional<Failure> failure_now(long number, Arguments a) {
  if (!counting) return std::nullopt;
  const std::uint64_t n = ++record->calls;
  if (fault.call == 0 || n < fault.call || n - fault.call >= fault.times) return std::nullopt;
  // A rename that cannot be undone because that fails as well leaves nothing to ask for.
  if (n > fault.call && number == SYS_renameat) return std::nullopt;
  if (n == fault.call) note_choices(failures_of(number, a), number, a);
  return failure_like(fault.failure, number, a);
}

void note_hit(long number, Arguments a, int error) {
  const std::uint64_t at = record->hit_count;
  Hit &hit = record->hits[at % std::size(record->hits)];
  hit = {number, error, why_harmless(number, a, error) != nullptr, is_programs_own(number, a), {}};
  std::snprintf(hit.call, sizeof hit.call, "%s", name_of_call(number, a).c_str());
  record->hit_count = at + 1;
}

// A small commit that cannot have the thread fence becomes one of the other kind, which asks for it again.
void note_fence() {
  for (Hit &hit : record->hits) hit.harmless = hit.harmless || hit.number == SYS_membarrier;
}

// A close that fails has closed; a short transfer moves half. Anything else that fails has done nothing.
long fail(long number, Arguments a, const Failure &how, long *done) {
  if (how.error < 0) return *done = 0;
  if (how.error == 0) {
    const long half[6] = {a[0], a[1], std::max(a[2] / 2, 1L), a[3], a[4], a[5]};
    return *done = kernel(number, half);
  }
  if (number == SYS_close) (void)kernel(number, a);
  *done = 0;
  return -how.error;
}

long call(long number, const long a[6]) {
  if (unobserved) return kernel(number, a);
  const std::lock_guard lock(one_at_a_time);
  const std::optional<Failure> how = failure_now(number, a);
  long done = 0;
  if (how) note_hit(number, a, how->error);
  const long result = how ? fail(number, a, *how, &done) : (done = kernel(number, a));
  if (!how && number == SYS_membarrier && a[0] == MEMBARRIER_CMD_PRIVATE_EXPEDITED && result == 0)
    note_fence();
  for (Disk *disk : disks) disk->after_call(number, a, result, done);
  return result;
}

void persist(snapshot::Verb verb, void *to, snapshot::u64 bytes) {
  if (unobserved) return;
  const std::lock_guard lock(one_at_a_time);
  for (Disk *disk : disks) {
    if (verb == snapshot::Verb::fence)
      disk->fenced();
    else if (verb != snapshot::Verb::write_back)
      disk->stored(to, bytes, verb == snapshot::Verb::copy_nt);
  }
}

constexpr snapshot::Observer observer = {call, persist};

}  // namespace

void Injector::install(Record *to, Disk *none_taken, Disk *some_taken) {
  record = to;
  disks[0] = none_taken;
  disks[1] = some_taken;
  snapshot::snapshot_observer = &observer;
}

void Injector::arm(const Fault &wanted) {
  fault = wanted;
  counting = true;
}

void Injector::clear() { counting = false; }
bool Injector::armed() { return counting; }

Unobserved::Unobserved() : before_(unobserved) { unobserved = true; }
Unobserved::~Unobserved() { unobserved = before_; }

}  // namespace faults
