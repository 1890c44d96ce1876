// The random programs that the soak kills. Built twice: by snapc++, with plain stores, and without it, with
// libc's writers only, to be run under snaprun or (the canary) alone.
//
// It is a server: for each byte on request_fd it forks a child that runs the program that the shared memory
// names, waits for the child's end and writes the wait status to reply_fd. The child is killed by a timer of
// the kernel's, whose signal is SIGKILL: see kill_timer.h.
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "program.h"

namespace soak {

Shared *shared;

namespace {

void set_environment(const Plan &plan) {
  setenv("SNAPSHOT_MEDIA", plan.place == Place::memory ? "memory" : "page-cache", 1);
  setenv("SNAPSHOT_COPY", copy_names[static_cast<u32>(plan.copy)], 1);
}

[[noreturn]] void be_child() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const Plan plan = plan_of(shared->seed, shared->unmanaged != 0);
  set_environment(plan);
  KillTimer at_start;
  if (shared->aim == Aim::opening) at_start.arm(shared->opening_ns.load() * shared->per_mille / 1000);
  Program program(plan);
  program.open_all();
  if (shared->aim == Aim::nowhere) _exit(0);
  program.run();
  _exit(0);
}

int serve() {
  void *address = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
  if (address == MAP_FAILED) return 1;
  shared = static_cast<Shared *>(address);
  char request;
  while (read(request_fd, &request, 1) == 1) {
    const pid_t child = fork();
    if (child == 0) be_child();
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child) return 1;
    if (write(reply_fd, &status, sizeof status) != sizeof status) return 1;
  }
  return 0;
}

}  // namespace
}  // namespace soak

int main() { return soak::serve(); }
