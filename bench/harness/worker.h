// The worker's half of a measurement. Each system runs in a process of its own, compiled by its own compiler,
// so that none runs under another's interposition; the comparing process (worker_process.h) tells all of them
// in turn what to do.
//
// Commands on standard input, one per line, each answered by one line of KEY=VALUE words:
//   run OPERATIONS PER_COMMIT    does so many operations more         ns=... wall_ns=...
//   use LETTER                   of a workload that has several mixes: from now on this one
//   PHASE OPERATIONS PER_COMMIT  the same, for workloads that have phases with names (insert, ...)
//   check                        looks at the contents and the facts  digest=... and whatever the backend
//   says
// End of input ends the worker. What a workload has to do for a run before the clock starts, its prepare
// does.
#pragma once
#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

#include "harness/clock.h"

namespace bench {

[[noreturn]] inline void worker_fails(const char *what) {
  std::perror(what);
  std::exit(1);
}

// Emulated media (cxl_ssd/attach.cc) take over the files when they are mapped and filled.
inline void tell_preloaded_medium() {
  if (void *const ready = dlsym(RTLD_DEFAULT, "bench_worker_ready")) reinterpret_cast<void (*)()>(ready)();
}

// A workload without phases knows one command, run.
template <typename Workload>
void run_phase(Workload &workload, const char *phase, std::uint64_t operations, std::uint64_t per_commit) {
  if constexpr (requires { workload.run(phase, operations, per_commit); })
    workload.run(phase, operations, per_commit);
  else
    workload.run(operations, per_commit);
}

template <typename Workload>
int serve(Workload &workload) {
  tell_preloaded_medium();
  char line[256], phase[32];
  while (std::fgets(line, sizeof line, stdin) != nullptr) {
    unsigned long long operations = 0, per_commit = 0;
    char letter = 0;
    if (std::sscanf(line, "%31s %llu %llu", phase, &operations, &per_commit) == 3) {
      if constexpr (requires { workload.prepare(operations, per_commit); })
        workload.prepare(operations, per_commit);
      const std::uint64_t wall = wall_ns(), cpu = cpu_ns();
      run_phase(workload, phase, operations, per_commit);
      const std::uint64_t cpu_end = cpu_ns(), wall_end = wall_ns();
      std::printf("ns=%llu wall_ns=%llu\n", static_cast<unsigned long long>(cpu_end - cpu),
                  static_cast<unsigned long long>(wall_end - wall));
    } else if (std::sscanf(line, "use %c", &letter) == 1) {
      if constexpr (requires { workload.use(letter); }) workload.use(letter);
      std::putchar('\n');
    } else {
      workload.check();
      std::putchar('\n');
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace bench
