// A trace replayed without a crash: the files as the running system saw them.
#pragma once
#include "simulated_files.h"
#include "trace.h"

namespace states {

class Replay {
 public:
  // Throws std::runtime_error at a check event that does not hold: the trace misses something.
  void apply(const Event &event);
  const SimulatedFiles &files() const { return files_; }
  // Contents of the file of this name; nullptr if there is none.
  const std::vector<u8> *contents(const std::string &name) const;

 private:
  void name(const std::string &name, u32 file) { files_.name_leads_to(files_.add_name(name), file); }
  void check(const Event &event) const;
  SimulatedFiles files_;
};

// The data files of a trace: those beside which a log appears.
std::vector<std::string> data_files_of(const std::vector<Event> &events);

// Adds what the files must hold at the commits, for a trace that has commits but no expectations: the
// contents at the return of each. Until the first one has returned nothing is expected. What the program
// changes while no log protects the file (before it maps it) is allowed from then on, and expected with the
// next commit.
std::vector<Event> with_expectations(const std::vector<Event> &events);

// So that the data files are recovered and anything is accepted.
std::vector<Event> without_expectations(const std::vector<Event> &events);

}  // namespace states
