// A commit after the library's end (late_commit_test.cc). Claim: it also has what was stored before the exit
// and not committed, which the program still sees.
#include <cstdio>

#include "own_process.h"

using namespace test;

extern "C" void (*at_the_late_end)();  // late_end.c

namespace {

const MappedFile *stored;

void commit_what_is_there() {
  if (stored->begin()[0] != 'x') _exit(3);
  fill(stored->begin() + page, 64, 'y');
  _exit(stored->commit() == 0 ? 0 : 4);
}

}  // namespace

TEST_CASE("a late commit has what was stored before the exit, or says that it has not") {
  TempDir dir;
  std::fflush(nullptr);
  const std::string path = dir / "data";
  const int status = in_child([&] {
    write_file(path, std::string(2 * page, 'a'));
    stored = new MappedFile(path, 2 * page);
    fill(stored->begin(), 64, 'x');
    at_the_late_end = commit_what_is_there;
    std::exit(2);
    return 1;
  });
  REQUIRE((status == 0 || status == 4));
  const std::string found = bytes_in_file(path);
  CHECK(found[page] == (status == 0 ? 'y' : 'a'));
  CHECK(found[0] == (status == 0 ? 'x' : 'a'));
}
