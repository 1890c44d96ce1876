// The operations that a test program is put together from, and the sequences that are explored.
#pragma once
#include <string>
#include <vector>

namespace states {

using Sequence = std::vector<std::string>;

struct Operation {
  const char *name;
  const char *what;  // for --help
  bool basic;        // part of every combination; the others are for chosen sequences
};
const std::vector<Operation> &operations();

// All sequences of this many basic operations.
std::vector<Sequence> combinations(unsigned length);
// Chosen ones: large commits, areas that move, failing syncs, logs made the long way.
const std::vector<Sequence> &special_sequences();

Sequence parse_sequence(const std::string &text);  // comma-separated; throws std::runtime_error
std::string to_string(const Sequence &sequence);

}  // namespace states
