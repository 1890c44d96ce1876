// Where the dynamic linker has put this library.
#pragma once

namespace snapshot {

// Says so, as an error, if libc comes before this library in the program's search order: then the program's
// calls, and those of its libraries, go to libc, and no file will be managed. That is how it is when only a
// library was linked by snapcc, be it a dependency or a plugin. For the constructor.
void check_load_order();

}  // namespace snapshot
