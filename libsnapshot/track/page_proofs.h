// Do the kernel's interfaces to written pages do here what they are documented to do? They exist in kernels
// that answer and never report anything, may be forbidden, or be somebody's imitation of them. So each is
// tried on scratch pages, private ones of a file and anonymous ones, with stores and with what the kernel
// writes.
#pragma once

namespace snapshot {

// write_protection.h: whether each page that was written is reported, once for each time, and no other; then
// it is left open. nullptr, or the words why not, and it is closed.
const char *prove_scan();

// own_pages.h: whether exactly the pages that were stored to are own, and are no longer when they have been
// given back.
bool prove_own_pages();

}  // namespace snapshot
