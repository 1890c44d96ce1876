// What getdents64 puts one after the other into the buffer.
#pragma once
#include "base/layout.h"

namespace snapshot {

// linux_dirent64 (getdents(2)).
struct DirectoryEntry {
  u64 inode;
  u64 offset;
  u16 bytes;  // of this entry
  u8 type;
  char name[];
};

}  // namespace snapshot
