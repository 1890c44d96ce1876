// What the programs that snaprun --crash-test starts have in common: options, exit statuses, interrupts.
#pragma once
#include <stdexcept>

#include "options.h"

namespace crash_test {

struct UsageError : std::runtime_error {
  using runtime_error::runtime_error;
};

// A main program around the test. The exit status: 0 the checker accepted every state; 1 it rejected one; 2
// usage (UsageError); 125 the test could not be done; 130 interrupted.
int main_program(int argc, char **argv, Outcome (*test)(const Options &));

// library, and whatever is preloaded already.
std::string preload(const std::string &library);

}  // namespace crash_test
