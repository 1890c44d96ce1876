// What has a log's name: a log whose name cannot be looked at for good, and what is no log.
#include <sys/stat.h>

#include <cstdio>

#include "crash_states.h"
#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/recover_file.h"

using namespace test;

TEST_CASE("what is called like a log and is none keeps nobody from removing or renaming a file", "[log]") {
  TempDir dir;
  const std::string data = dir / "data", log = data + ".snaplog", moved = dir / "moved";
  in_own_process([&](const std::string &) {
    const auto must_be_0 = [](int result, const char *what) {
      if (result != 0) throw std::runtime_error(what);
    };
    for (int kind = 0; kind < 5; ++kind) {
      write_file(data, "d");  // first: with such a neighbour it could not be opened to write
      if (kind == 0) write_file(log, "");
      if (kind == 1) write_file(log, "somebody's");
      if (kind == 2) write_file(log, std::string(1 << 17, 's'));
      if (kind == 3) must_be_0(mkdir(log.c_str(), 0700), "mkdir");
      if (kind == 4) must_be_0(mkfifo(log.c_str(), 0600), "mkfifo");
      must_be_0(rename(data.c_str(), moved.c_str()), "rename");
      must_be_0(rename(moved.c_str(), data.c_str()), "rename back");
      must_be_0(unlink(data.c_str()), "unlink");
      must_be_0(remove(log.c_str()), "remove");
    }
  });
}

TEST_CASE("recovery ends when the log's name can never be looked at", "[log]") {
  TempDir dir;
  const std::string path = make_incomplete(dir);
  const int status = in_child([&] {
    alarm(2);
    snapshot::FileReport report;
    snapshot::Status s;
    (void)Steps::of([&] { s = snapshot::recover_file(path.c_str(), &report); },
                    [](long number, const long *) -> long { return number == SYS_newfstatat ? -EIO : 0; });
    return s.error == EIO ? 0 : 1;
  });
  CHECK(status == 0);  // 142: it never ended
}
