// Named steps of commit and recovery, at which tests kill the process. They exist only in the libraries that
// the tests build for themselves (SNAPSHOT_TESTING), and in one of the benchmarks' that has nothing else of
// these (SNAPSHOT_STEPS); in the one that users get they are nothing.
#pragma once

#if defined(SNAPSHOT_TESTING) || defined(SNAPSHOT_STEPS)
namespace snapshot {
// Kills the process with SIGKILL if SNAPSHOT_TEST_KILL is "NAME" or "NAME:N" and this is the N-th time (from
// 1).
void reached_step(const char *name);
}  // namespace snapshot
#define SNAPSHOT_STEP(name) ::snapshot::reached_step(name)
#else
#define SNAPSHOT_STEP(name) static_cast<void>(0)
#endif
