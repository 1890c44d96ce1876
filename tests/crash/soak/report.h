// The soak's result, for people (report.txt) and for programs (report.json).
#pragma once
#include <string>
#include <vector>

#include "options.h"

namespace soak {

struct Result {
  double seconds = 0;
  bool interrupted = false;
  std::vector<std::string> failures;
};

// Writes both files into options.report_directory and returns the text.
std::string write_report(const Options &options, const Tally &tally, const Result &result);

}  // namespace soak
