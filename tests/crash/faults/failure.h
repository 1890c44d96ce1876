// How each system call can fail, and which failures the runtime may keep to itself.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace faults {

using Arguments = const long *;  // of a system call, six

struct Failure {
  const char *name;  // as on the command line: an errno's; or "short": half of the bytes; "nothing": none of
                     // them; or a kind of file system, with what it answers here (failure.cc)
  int error;         // 0: short; below: nothing
};

// What a run is to meet: its n-th call (from 1; 0: none) fails, and of those that follow all that can fail
// alike, until so many calls have been made or the fault is cleared.
struct Fault {
  static constexpr std::uint64_t forever = ~std::uint64_t{0};
  std::uint64_t call = 0;
  std::string failure;
  std::uint64_t times = 1;
};

// On local file systems fstat of an open file reads what the kernel has in memory and cannot fail; on some
// network file systems it can. Off unless asked for.
extern bool network_file_system;

// All that this call can answer on a kernel, disk or quota in trouble. Empty where nothing can be tried: then
// why_infallible must say why.
std::vector<Failure> failures_of(long number, Arguments a);

// Why the call, with the arguments that the runtime gives it, cannot fail; nullptr if it can, or if nobody
// has thought about it yet.
const char *why_infallible(long number, Arguments a);

// The same trouble as met by another call: a full disk is ENOSPC to write and EFAULT to madvise. Nothing if
// this call does not meet it.
std::optional<Failure> failure_like(const std::string &name, long number, Arguments a);

// Why nothing is wrong when the call fails and nobody is told; nullptr where somebody must be told. It
// excuses the silence only: what the file holds afterwards is checked as for any other call.
const char *why_harmless(long number, Arguments a, int error);

// Whether it is the program's own call, handed on: its errno says all.
bool is_programs_own(long number, Arguments a);

// "pwrite64", and for some what they do: "madvise HUGEPAGE".
std::string name_of_call(long number, Arguments a);

const char *name_of_error(int error);

// Whether a caller may be given error because its system call failed with injected (0: short).
bool is_translation(int injected, int error);

}  // namespace faults
