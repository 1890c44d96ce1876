// Probes in a commit: each step at which the crash tests would kill the process (base/step.h) is read off the
// time stamp counter, in a library that is else the one that users get, which has no steps. BENCH_PROBES: the
// file (probes.h). Obeys the runtime's ground rules.
#include "workloads/msync_breakdown/probes.h"

#include "base/bytes.h"
#include "base/step.h"
#include "base/syscall.h"

extern "C" char **environ;

namespace snapshot {

namespace {

constinit bench::Probes unread{};

bench::Probes *open_probes() {
  constexpr char kName[] = "BENCH_PROBES=";
  for (char **entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    if (length_of(*entry) < sizeof kName || !equal_bytes(*entry, kName, sizeof kName - 1)) continue;
    const long fd = sys::open(*entry + sizeof kName - 1, O_RDWR | O_CLOEXEC);
    if (sys::failed(fd)) break;
    const long at =
        sys::mmap(0, sizeof(bench::Probes), PROT_READ | PROT_WRITE, MAP_SHARED, static_cast<int>(fd), 0);
    (void)sys::close(static_cast<int>(fd));
    if (!sys::failed(at)) return reinterpret_cast<bench::Probes *>(at);
  }
  return &unread;
}

// The part that a step ends; count: none. By the letters that tell the names apart: this is being timed.
bench::Part part_that_ends(const char *step) {
  using enum bench::Part;
  if (step[0] != 'c' || step[1] != 'o' || step[6] != '-') return count;
  switch (step[7]) {
    case 'p':  // commit-prepared
      return find;
    case 'c':  // commit-copied
      return log;
    case 'l':  // commit-logged, commit-log-durable
      return step[10] == '-' ? fence : log;
    case 'a':  // commit-applied
      return copy;
  }
  return count;
}

}  // namespace

void reached_step(const char *name) {
  static constinit bench::Probes *probes = nullptr;
  if (probes == nullptr) probes = open_probes();
  const bench::Part part = part_that_ends(name);
  if (part != bench::Part::count) probes->end(part);
}

}  // namespace snapshot
