// Invariant 4 at the edges of what msync is asked for. Claim: a commit of a range takes the lines in it and
// not the dirty ones beside it, whether its lines are in a thread's list still or have been left pending.
#include <vector>

#include "own_process.h"

using namespace test;

namespace {

constexpr std::size_t line = 64;

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what + " (" + snapshot_last_error() + ")");
}

struct Stores {
  const char *what;
  std::size_t first, lines;  // a run, within the page that is committed
  std::size_t beside;        // a line that is dirty, too, and not in it
};

}  // namespace

TEST_CASE("invariant 4: a commit of a page takes nothing of the dirty lines beside it") {
  constexpr std::size_t in_page = page / line;
  const std::vector<Stores> all = {{"a run up to the page's end", 2 * in_page - 4, 4, 2 * in_page},
                                   {"its last line", 2 * in_page - 1, 1, 2 * in_page},
                                   {"a run from its begin", in_page, 4, in_page - 1},
                                   {"its first line", in_page, 1, in_page - 1}};
  TempDir dir;
  for (const bool pending : {false, true})
    for (const bool beside_first : {false, true})
      for (const Stores &s : all)
        in_own_process([&](const std::string &) {
          const MappedFile file(
              dir / (std::string(s.what) + (pending ? "p" : "") + (beside_first ? "f" : "")), 4 * page);
          fill(file.begin(), file.size(), 'a');
          require(file.commit() == 0, "the first commit");
          std::string expected = file.on_file();
          if (beside_first) fill(file.begin() + s.beside * line, 8, 'n');
          fill(file.begin() + s.first * line, s.lines * line, 'b');
          if (!beside_first) fill(file.begin() + s.beside * line, 8, 'n');
          expected.replace(s.first * line, s.lines * line, s.lines * line, 'b');
          if (pending)
            require(snapshot_commit(file.begin() + 3 * page, page) == 0, "a commit of another page");
          require(snapshot_commit(file.begin() + page, page) == 0, "a commit of the page");
          require(file.on_file() == expected, std::string("not exactly the page: ") + s.what);
          require(file.commit() == 0 && file.on_file() == file.working(),
                  std::string("lost beside ") + s.what);
        });
}
