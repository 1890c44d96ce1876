// A virtual machine with emulated persistent memory, whose first serial line is a log and whose second one is
// spoken to.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace guest {

struct MachineFiles {
  std::string kernel, initial_disk, memory, console;  // console: written anew at each start
};

class VirtualMachine {
 public:
  // Starts it. what: for the kernel's command line.
  VirtualMachine(const MachineFiles &files, const std::string &what);
  ~VirtualMachine();
  VirtualMachine(const VirtualMachine &) = delete;
  VirtualMachine &operator=(const VirtualMachine &) = delete;

  // The next line from the guest; nothing when it is gone, or silent for so long.
  std::optional<std::string> read_line(double seconds);
  void write_line(const std::string &line) const;
  // At this instant, wherever the emulated processor is; the memory keeps what has been stored to it.
  void kill_now() const;

 private:
  bool fill(double seconds);

  pid_t pid_ = -1;
  int line_ = -1;
  std::string heard_;
};

}  // namespace guest
