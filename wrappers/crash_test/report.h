// What the user is told.
#pragma once
#include "attempt.h"

namespace crash_test {

// Why the test cannot be done, on standard error.
void complain(const std::string &text);

// What the file holds, ending with a newline unless it is empty.
std::string text_of(const std::string &path);

// Whether program and checker agree on a run that nobody disturbed; complains if not.
bool agrees(const Attempt &attempt, const Ended &program);

// A state that was rejected: what and when, what the checker said, the files that the attempt keeps, and the
// command that reproduces it, with these options.
void report(const Options &options, Attempt &attempt, const std::string &what, const Words &reproduce);

}  // namespace crash_test
