// One part of a random program, as the program and the model see it: memory at a fixed address. The model
// maps its copy where the program has its own, so that pointers in it, and code that follows them, are the
// same in both.
#pragma once
#include "plan.h"

namespace soak {

struct PartHeader {
  u64 magic;
  u64 seed;
  u64 part;
  u64 round;  // that the part is in the state after
  u64 base;   // address it was made at
  u64 reserved[3];
};
static_assert(sizeof(PartHeader) == 64);

inline constexpr u64 part_magic = 0x74726170;

// A group's head page. Only commits change it.
struct GroupHead {
  u64 commit;            // its number
  u64 round[parts_max];  // that each part was at
};

struct Part {
  char *begin = nullptr;
  u64 size = 0;
  int fd = -1;  // of its file; not in the model
  u64 file_offset = 0;

  PartHeader *header() const { return reinterpret_cast<PartHeader *>(begin); }
  u64 round() const { return header()->round; }
};

}  // namespace soak
