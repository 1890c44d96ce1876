// Recovers a file by name, as snapctl does, and can lose its power at each of its actions (cut_observer.cc).
//
//   power_recover FILE     exit status: 0, or the error
#include <cstdio>

#include "recovery/recover_file.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "power_recover: wrong arguments\n");
    return 2;
  }
  snapshot::message_level = snapshot::Level::off;  // it may well fail, with the power gone
  snapshot::FileReport report;
  return snapshot::recover_file(argv[1], &report).error;
}
