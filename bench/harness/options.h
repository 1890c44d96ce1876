// The command line that all comparing programs have.
#pragma once
#include <string>

namespace bench {

struct Options {
  unsigned rounds = 15;
  bool quick = false;     // fewer rounds and fewer systems: the summary at the end of scripts/test
  bool full = false;      // all sizes
  std::string only;       // of several figures those with this in their names; empty: all
  std::string results;    // the directory for figure.h's CSV; empty: none
  std::string directory;  // where this program, and with it its workers, lies

  bool wants(const std::string &figure) const { return figure.find(only) != std::string::npos; }
  std::string program(const std::string &name) const { return directory + "/" + name; }
};

// usage: PROGRAM [--quick | --full] [--rounds N] [--only TEXT] [--results DIRECTORY]
// Runs body and returns the exit status for main: 0, 1 with a message if body failed, 2 for a wrong command
// line, 77 with a message if body called skip().
int run_program(int argc, char **argv, void (*body)(const Options &));

}  // namespace bench
