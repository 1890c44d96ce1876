// The same images on a real file system: what recovery does there must be what it does on the simulated one.
#pragma once
#include <memory>
#include <vector>

#include "simulated_files.h"

namespace states {

// What recovery of some files came to.
struct Outcome {
  std::vector<int> errors;         // for each file that was recovered; 0: none
  std::vector<std::string> names;  // that exist afterwards
  std::vector<std::string> bytes;  // what they lead to
  bool operator==(const Outcome &) const = default;
};

Outcome outcome_of(const SimulatedFiles &files, const std::vector<int> &errors);

class RealFiles {
 public:
  // In a temporary directory of its own.
  RealFiles();
  ~RealFiles();
  RealFiles(const RealFiles &) = delete;
  RealFiles &operator=(const RealFiles &) = delete;

  // Makes every file that has a name, as it is now, and no other.
  void put(const SimulatedFiles &files);
  // Runs recovery on the copies of these files; the outcome has the names that they have in the simulation.
  Outcome recover(const std::vector<std::string> &names);
  // Where the copy of the file is.
  std::string copy_of(const std::string &name) const;

 private:
  struct Hidden;
  std::unique_ptr<Hidden> hidden_;
};

}  // namespace states
