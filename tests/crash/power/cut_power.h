// The call that cuts the power of a file system: FS_IOC_SHUTDOWN with the flag that ext4 and XFS both call
// NOLOGFLUSH. What has not reached the disk by then never does.
#pragma once
#include <sys/ioctl.h>

namespace power {

inline constexpr unsigned long shutdown_request = _IOR('X', 125, unsigned);
inline constexpr unsigned without_log_flush = 2;

// fd: anything on the file system.
inline int cut_power(int fd) {
  unsigned how = without_log_flush;
  return ioctl(fd, shutdown_request, &how);
}

}  // namespace power
