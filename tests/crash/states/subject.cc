// Records one sequence.
//   states_subject SEQUENCE DIRECTORY TRACE      the medium is what SNAPSHOT_MEDIA says
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "program.h"
#include "protocol.h"
#include "recorder.h"
#include "sequences.h"

namespace {

using states::faults;

long fail_if_armed(long number, const long *) {
  int *armed = number == SYS_fdatasync ? &faults.log_syncs
               : number == SYS_msync   ? &faults.data_syncs
                                       : nullptr;
  if (armed == nullptr || *armed == 0) return 0;
  --*armed;
  return -EIO;
}

// A first process, which is not recorded, leaves the files for recovery: its record is durable, its lines are
// not all in place. Undone, that is the state before; redone, the one after.
void die_in_a_commit(states::Program &program) {
  int channel[2];
  if (pipe(channel) != 0) throw std::runtime_error("pipe");
  const pid_t child = fork();
  if (child == 0) {
    program.start();
    program.run("store");
    program.run("grow");
    const std::string after = program.first_if_committed();
    if (write(channel[1], after.data(), after.size()) != static_cast<ssize_t>(after.size())) _exit(1);
    setenv("SNAPSHOT_TEST_KILL", "commit-run-copied:2", 1);
    program.run("msync");
    _exit(1);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFSIGNALED(status))
    throw std::runtime_error("the first process was not killed in its commit");
  (void)close(channel[1]);
  std::string after;
  char piece[4096];
  for (ssize_t n; (n = read(channel[0], piece, sizeof piece)) > 0;)
    after.append(piece, static_cast<std::size_t>(n));
  (void)close(channel[0]);
  if (test::commits_by_redo()) program.found_in_first(after);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: states_subject SEQUENCE DIRECTORY TRACE\n"), 2;
  try {
    const states::Sequence sequence = states::parse_sequence(argv[1]);
    const auto asks = [&](const char *name) {
      return std::count(sequence.begin(), sequence.end(), name) != 0;
    };
    states::Program program(argv[2]);
    states::RecorderOptions options;
    // The log that was left names the file as it is.
    options.deterministic = !asks("die");
    options.no_tmpfile = asks("no-tmpfile") || asks("no-links");
    options.no_hard_links = asks("no-links");
    options.no_fallocate = asks("no-fallocate");
    options.fault = fail_if_armed;
    if (asks("die")) die_in_a_commit(program);
    if (!states::start_recording(argv[3], options, &snapshot::snapshot_observer))
      return std::perror(argv[3]), 2;
    program.start();
    for (const std::string &operation : sequence) program.run(operation);
    program.finish();
  } catch (const std::exception &e) {
    return std::fprintf(stderr, "states_subject: %s\n", e.what()), 2;
  }
  return 0;
}
