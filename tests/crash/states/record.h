// Traces of test programs, each of which runs in a process of its own.
#pragma once
#include "trace.h"

namespace states {

// Runs states_subject in a temporary directory. settings: "NAME=value", for its environment. keep: where to
// leave a copy of the trace, or empty. Throws if the program fails, or if it has written records of another
// protocol than its SNAPSHOT_PROTOCOL.
std::vector<Event> record_sequence(const std::string &sequence, const std::string &media,
                                   const std::vector<std::string> &settings = {},
                                   const std::string &keep = "");

// Throws unless the replay of the trace gives the file at path, under its real name, the bytes that it has.
void require_complete(const std::vector<Event> &events, const std::string &path);

}  // namespace states
