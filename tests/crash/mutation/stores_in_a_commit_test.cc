// Invariant 1 against stores of other threads. Claim: what a commit copies to the file is what it has logged,
// be its record kept in memory or read from the log. Method: the lines change when the log has just become
// durable, as another thread can change them at any time.
#include "order_of_steps.h"
#include "own_process.h"

using namespace test;

namespace {

char *lines;
std::size_t bytes;

// Not marked yet: the store comes first.
void store_once() {
  for (std::size_t i = 0; i < bytes; ++i) static_cast<volatile char *>(lines)[i] = 's';
  bytes = 0;
}

const snapshot::Observer storing = {[](long number, const long a[6]) {
                                      const long result = snapshot::sys::kernel_call(number, a[0], a[1], a[2],
                                                                                     a[3], a[4], a[5]);
                                      if (number == SYS_fdatasync) store_once();
                                      return result;
                                    },
                                    [](snapshot::Verb verb, void *, snapshot::u64) {
                                      if (verb == snapshot::Verb::fence) store_once();
                                    }};

}  // namespace

TEST_CASE("invariant 1: a commit copies what it has logged, whatever is stored meanwhile", "[protocol]") {
  for (const std::size_t count : {1u, 2u, 3u, 255u, 256u, 257u, 1100u}) {
    INFO(count << " lines");
    TempDir dir;
    in_own_process([&](const std::string &) {
      const MappedFile file(dir / "data", count * 64);
      // The log's areas are large enough after these, so that the next sync of the log is a record's.
      for (const char letter : {'a', 'b'}) {
        fill(file.begin(), file.size(), letter);
        if (file.commit() != 0) throw std::runtime_error("no commit");
      }
      fill(file.begin(), file.size(), 'n');
      lines = file.begin(), bytes = file.size();
      snapshot::snapshot_observer = &storing;
      const int result = file.commit();
      snapshot::snapshot_observer = nullptr;
      if (result != 0 || bytes != 0) throw std::runtime_error("no commit, or none with a fence");
      if (file.on_file() != std::string(file.size(), 'n')) throw std::runtime_error("a mixture");
      __snapshot_mark(file.begin(), file.size());
      if (file.commit() != 0 || file.on_file() != file.working()) throw std::runtime_error("a store is lost");
    });
  }
}
