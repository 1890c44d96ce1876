// A log whose name cannot be looked at for good: recovery says so, and ends.
#include "crash_states.h"
#include "order_of_steps.h"
#include "own_process.h"
#include "recovery/recover_file.h"

using namespace test;

TEST_CASE("recovery ends when the log's name can never be looked at") {
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
