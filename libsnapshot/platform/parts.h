// Which parts of the process the pass has seen: the program and its libraries as they are now. Not meant are
// libc and the libraries whose writes are tracked otherwise.
#pragma once
#include "base/message.h"

namespace snapshot {

// Names those that have no note of the pass, whose stores are not marked. False if there is none.
bool name_what_is_not_instrumented(Message *names);

// Says the same in one line at level info. Called by the constructor: libraries that are loaded later are not
// in it.
void say_what_is_not_instrumented();

}  // namespace snapshot
