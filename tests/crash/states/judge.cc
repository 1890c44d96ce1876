#include "judge.h"

#include <sys/wait.h>

#include <cstdlib>

#include "recovery/recover_file.h"

namespace states {

void Judge::follow(const Oracle &oracle) {
  expected_.clear();
  for (const auto &[name, allowed] : oracle.files())
    expected_.push_back({name, files_.add_name(name), &allowed});
}

Complaint Judge::recover() {
  errors_.clear();
  for (const File &file : expected_) {
    if (!exists(file)) {
      if (file.allowed->known) return file.name + ": is not there any more";
      continue;
    }
    snapshot::FileReport report;
    errors_.push_back(snapshot::recover_file(file.name.c_str(), &report).error);
    if (errors_.back() != 0) return std::string("recovery refuses: ") + snapshot::last_error_text();
    const auto &bytes = files_[files_.named(file.index)].bytes;
    if (!accepts(*file.allowed, bytes)) return file.name + ": " + explain(*file.allowed, bytes);
  }
  if (kernel_.open_descriptors() != 0) return "recovery has left descriptors open";
  return std::nullopt;
}

Complaint Judge::recover_again() {
  const SimulatedFiles::Mark mark = files_.mark();
  for (const File &file : expected_) {
    if (!exists(file)) continue;
    snapshot::FileReport report;
    if (!snapshot::recover_file(file.name.c_str(), &report).ok() || files_.mark() != mark)
      return file.name + ": a second recovery fails or changes something";
  }
  return std::nullopt;
}

Complaint Judge::recover_for_real(RealFiles &real) const {
  std::vector<std::string> names;
  for (const File &file : expected_)
    if (exists(file)) names.push_back(file.name);
  if (real.recover(names) == outcome_of(files_, errors_)) return std::nullopt;
  return "recovery on a real file system comes to something else than on the simulated one";
}

Complaint Judge::run_checker(RealFiles &real, const std::string &command) const {
  real.put(files_);
  for (const File &file : expected_) {
    if (!exists(file) || !file.allowed->known) continue;
    std::string line = command;
    for (std::size_t at; (at = line.find("{}")) != line.npos;) line.replace(at, 2, real.copy_of(file.name));
    const int status = std::system((line + " >/dev/null 2>&1").c_str());
    if (status == 0) continue;
    return file.name + ": the checker ends with status " +
           std::to_string(WIFEXITED(status) ? WEXITSTATUS(status) : 128);
  }
  return std::nullopt;
}

}  // namespace states
