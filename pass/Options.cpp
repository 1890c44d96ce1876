#include "Options.h"

#include "llvm/Support/CommandLine.h"

using namespace llvm;

namespace snapshot {

static cl::OptionCategory Category("Snapshot store tracking");

static cl::opt<Mode> ModeOption(
    "snapshot-mode", cl::desc("What is emitted for a tracked write"),
    cl::values(clEnumValN(Mode::Off, "off", "nothing"),
               clEnumValN(Mode::Call, "call", "a call that returns at once"),
               clEnumValN(Mode::Check, "check", "the range check alone"),
               clEnumValN(Mode::Outline, "outline",
                          "calls of the runtime without inline checks"),
               clEnumValN(Mode::Full, "full", "everything (default)")),
    cl::init(Mode::Full), cl::cat(Category));

static cl::opt<bool> TrackAllocations(
    "snapshot-track-allocations",
    cl::desc("Track stores into fresh results of malloc, operator new, ...; "
             "needed by a program that replaces them with an allocator over a "
             "mapped file"),
    cl::init(false), cl::cat(Category));

static cl::opt<bool>
    GroupStores("snapshot-group",
                cl::desc("Let stores to one base share a check"),
                cl::init(true), cl::cat(Category));

static cl::opt<std::string>
    StatsFile("snapshot-stats-file",
              cl::desc("Append each module's counts to this file, as JSON"),
              cl::value_desc("path"), cl::cat(Category));

Options currentOptions() {
  return {ModeOption, TrackAllocations, GroupStores, StatsFile};
}

static const char *name(Mode M) {
  switch (M) {
  case Mode::Off:
    return "off";
  case Mode::Call:
    return "call";
  case Mode::Check:
    return "check";
  case Mode::Outline:
    return "outline";
  case Mode::Full:
    return "full";
  }
  return "?";
}

std::string describe(const Options &Opts) {
  std::string Text = std::string("mode=") + name(Opts.InstrumentationMode);
  if (Opts.TrackAllocations)
    Text += " track-allocations";
  if (!Opts.GroupStores)
    Text += " no-group";
  return Text;
}

} // namespace snapshot
