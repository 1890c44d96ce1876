// Runs the real recovery code on what a crash has left, and says what is wrong with the result.
#pragma once
#include <optional>

#include "oracle.h"
#include "real_files.h"
#include "simulated_kernel.h"

namespace states {

// What is wrong, for people; nothing: all is well.
using Complaint = std::optional<std::string>;

class Judge {
 public:
  Judge(SimulatedFiles &files, SimulatedKernel &kernel) : files_(files), kernel_(kernel) {}

  // From here on: what the oracle, which must outlive this, expects now.
  void follow(const Oracle &oracle);

  // Recovers every file. Each must be what the oracle allows.
  Complaint recover();
  // After that: once more, which must change nothing.
  Complaint recover_again();
  // After that: real holds the image as it was before, and must come to the same.
  Complaint recover_for_real(RealFiles &real) const;
  // After that: the command must succeed on each recovered file, {} standing for its name.
  Complaint run_checker(RealFiles &real, const std::string &command) const;

 private:
  struct File {
    std::string name;
    u32 index;  // in the directory
    const Oracle::Allowed *allowed;
  };
  bool exists(const File &file) const { return files_.named(file.index) != SimulatedFiles::none; }

  SimulatedFiles &files_;
  SimulatedKernel &kernel_;
  std::vector<File> expected_;
  std::vector<int> errors_;  // of the last recovery
};

}  // namespace states
