// A file system of its own on a loop device, whose power can be cut.
//
// The cut is the file system's shutdown call without a flush of its journal: from that instant nothing more
// reaches the disk, and after the next mount, which replays the journal, exactly what had reached it is
// there. The image is memory without a name, unless a file is given for it, and the loop device clears itself
// when the file system is unmounted, so that nothing is left behind, however the test ends (private_mounts).
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fd.h"

namespace power {

struct DiskKind {
  const char *name;  // as given to --fs
  const char *type;  // as for mount(8)
  const char *mount_options;
  bool writes_back_in_place;  // a page of a file, without its journal
  std::uint64_t bytes;
  std::vector<std::vector<std::string>> mkfs;  // the command without the device, in variations
  std::vector<std::string> repair;             // what a machine runs before it mounts
};
extern const std::vector<DiskKind> disk_kinds;

// Moves this process to mounts of its own, which end with it and its children. Otherwise says why not.
std::optional<std::string> private_mounts();

class LoopDisk {
 public:
  // Makes the file system, in one of the kind's variations, and mounts it on directory. Throws
  // std::runtime_error.
  LoopDisk(const DiskKind &kind, std::uint64_t variation, const std::string &directory);
  // In this file, which takes on the kind's size.
  LoopDisk(const DiskKind &kind, std::uint64_t variation, const std::string &directory, Fd image);
  ~LoopDisk();
  LoopDisk(const LoopDisk &) = delete;
  LoopDisk &operator=(const LoopDisk &) = delete;

  // Everything on it, durable.
  void sync() const;
  // From its return on, nothing reaches the disk.
  void cut() const;
  // After the processes that use it have ended: unmounted, and mounted again as after a reboot.
  void restart();
  // How often it could not be mounted without a repair.
  std::uint64_t repairs() const { return repairs_; }

 private:
  bool mount_device(const std::string &name);

  const DiskKind &kind_;
  std::string directory_;
  std::uint64_t repairs_ = 0;
  Fd image_;
  Fd root_;  // of the mounted file system
};

}  // namespace power
