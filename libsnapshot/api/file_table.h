// From slot and from (device, inode) to the managed file. Part of the registry.
#pragma once
#include "api/registry.h"

namespace snapshot {

// The object of a slot, made at its first use and never freed; nullptr if there is no memory.
RegisteredFile *object_for(Slot slot);

// Makes an open file findable by its key, or no longer so.
void enter_table(RegisteredFile &file);
void leave_table(RegisteredFile &file);

// In a forked child: forgets all entries, which may be in the middle of a change.
void clear_table();

}  // namespace snapshot
