//===- Options.h - command line of the plugin -----------------------------===//
//
// Given with -mllvm; README.md, "Options", tells what else the compiler needs
// to know them. They change the generated code, so they are on the command
// line, where compiler caches see them, and never in the environment.
//
//===----------------------------------------------------------------------===//
#ifndef SNAPSHOT_PASS_OPTIONS_H
#define SNAPSHOT_PASS_OPTIONS_H

#include <string>

namespace snapshot {

/// What is emitted for a write. All but Full exist for measuring and debugging.
enum class Mode {
  Off,     ///< nothing at all
  Call,    ///< a call, unconditionally, of a function that returns at once
  Check,   ///< the range check, with nothing to do in the cold block
  Outline, ///< calls of the runtime, unconditionally, without inline checks
  Full,    ///< range check, dirty test, call of the runtime
};

struct Options {
  Mode InstrumentationMode;
  bool TrackAllocations; ///< results of malloc, new, ... may be managed
  bool GroupStores;      ///< stores to one base share a check
  std::string StatsFile; ///< append one line of JSON per module; empty: don't
};

/// The options of this compilation.
Options currentOptions();

/// The options that change the generated code, as text, for the object's note.
std::string describe(const Options &Opts);

} // namespace snapshot

#endif
