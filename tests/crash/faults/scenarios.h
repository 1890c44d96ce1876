// What programs do, and where in it the faults begin.
#pragma once
#include <string>
#include <vector>

#include "world.h"

namespace faults {

// Recovery knows nothing of media and working copies: where all is about it, one setting says all. And a
// commit knows nothing of how the working copy came to be, unless the size changes: for those that take long,
// each medium has the copy that it has by default.
enum class Settings { all, media, one };

struct Scenario {
  const char *name;
  // What lies there at the start: "new" (no log), or what a process left that died: "torn" (in the middle of
  // its second commit), "grown" (the same, and that commit makes the file larger), "shrunk" (after its second
  // commit, before the file was cut to its size), "retired" (after its log's retirement; and the file was
  // changed since).
  const char *start;
  std::uint64_t bytes;  // of the file
  void (*run)(World &world, const Fault &fault);
  Settings settings = Settings::all;
  const char *at_exit = nullptr;  // SNAPSHOT_EXIT: the program ends with exit() and without munmap
  void (*after_exit)(World &world,
                     const Fault &fault) = nullptr;  // when the library has been told of the end
};

// A file each, but for the last.
const std::vector<Scenario> &opening();
const std::vector<Scenario> &committing();
const std::vector<Scenario> &sizes();
const std::vector<Scenario> &leaving();
const std::vector<Scenario> &later();  // what a commit leaves to a later one: a sync, or a fence
std::vector<Scenario> scenarios();

// Where most begin: the file is mapped; and one commit has been made, so that what is needed only once is
// there.
void mapped(World &world);
void committed_once(World &world);

// Makes the start of that name; runs, and kills, a process in the directory.
Start make_start(const std::string &name, std::uint64_t bytes, const std::string &directory);

}  // namespace faults
