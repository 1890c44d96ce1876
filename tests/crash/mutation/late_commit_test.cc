// A commit after the library has put its logs away at exit: by the destructor of a library that ends later.
// Claim: it is a commit like any other, with a log of its own.
#include <cstdio>

#include "own_process.h"
#include "recovery/recover_file.h"

using namespace test;

extern "C" void (*at_the_late_end)();  // late_end.c

namespace {

// Set by the child that is about to exit.
const MappedFile *to_commit = nullptr;

// After the library's own end: exit status 0 if the commit has succeeded, and the log that had been put away
// is back.
void commit_late() {
  const bool was_closed = !exists(to_commit->path() + ".snaplog");
  fill(to_commit->begin(), 200, 'l');
  const bool committed = to_commit->commit() == 0;
  _exit(!was_closed ? 3 : committed && exists(to_commit->path() + ".snaplog") ? 0 : 4);
}

}  // namespace

TEST_CASE("a commit after the logs were put away at exit is a commit, and a crash after it loses nothing") {
  for (const bool resized : {false, true}) {
    INFO((resized ? "after a change of size" : "by the file's name"));
    TempDir dir;
    const std::string path = dir / "data";
    std::fflush(nullptr);  // the child will flush what is left here
    in_own_process(
        [&](const std::string &) {
          write_file(path, std::string(2 * page, 'a'));
          const auto *file = new MappedFile(path, 2 * page);
          fill(file->begin() + page, 64, 'b');
          if (resized && ftruncate(file->fd(), static_cast<off_t>(page + 100)) != 0)
            throw std::runtime_error("size");
          if (file->commit() != 0) throw std::runtime_error("commit");
          to_commit = file, at_the_late_end = commit_late;
          std::exit(2);
        },
        [&](const std::string &) {
          std::string expected = std::string(200, 'l') + std::string(2 * page - 200, 'a');
          expected.replace(page, 64, std::string(64, 'b'));
          if (resized) expected.resize(page + 100);
          snapshot::FileReport report;
          REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
          CHECK(report.findings.verdict == snapshot::Verdict::complete);
          CHECK(report.findings.sequence == 1);
          CHECK((read_file(path) == expected));
        });
  }
}
