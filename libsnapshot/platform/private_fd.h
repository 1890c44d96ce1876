// File descriptors that belong to the library, inside a program that may close or overwrite any number it
// likes. They are kept high and the interposed close and dup2 leave them alone, so that the library never
// writes to a file of the program's that has taken over a number.
#pragma once
#include "base/layout.h"

namespace snapshot {

// Moves fd to a private number, close-on-exec; the old number is closed. Returns the new one, or a negative
// errno (then fd is closed).
int make_private(int fd);

// Closes a descriptor that make_private returned.
void close_private(int fd);

// Whether fd is one of ours. Async-signal-safe, one load for the usual small numbers.
bool is_private(int fd);

// Whether there are any.
bool any_private();

// The lowest of ours in [first, last], or last + 1.
u64 first_private_from(u64 first, u64 last);

}  // namespace snapshot
