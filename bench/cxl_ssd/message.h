// What a worker tells the device: its userfaultfd (as SCM_RIGHTS, with the first byte), a count, and so many
// mappings. The device answers with one byte when it has taken them over.
#pragma once
#include <cstdint>

namespace bench {

struct DeviceMapping {
  std::uint64_t address, bytes, file_offset;
  bool shared;
  char path[255];
};

}  // namespace bench
