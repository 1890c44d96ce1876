// Which parts of the process the pass has seen.
#pragma once

namespace snapshot {

// Says once, in one line at level info, which of the program and its libraries have no note of the pass: what
// they store is not marked. libc and the libraries whose writes are tracked otherwise are not meant.
// Libraries that are loaded later are not looked at. Called by the constructor.
void say_what_is_not_instrumented();

}  // namespace snapshot
