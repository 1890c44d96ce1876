// A read into a managed file whose descriptor cannot be looked at. Claim: it fails, and what the kernel has
// stored by then is committed like any other store.
#include "order_of_steps.h"
#include "own_process.h"

using namespace test;

TEST_CASE("what a read has stored before it failed is committed") {
  TempDir dir;
  in_own_process([&](const std::string &) {
    write_file(dir / "source", std::string(100, 's'));
    write_file(dir / "data", std::string(page, 'a'));
    const MappedFile file(dir / "data", page);
    const int fd = open((dir / "source").c_str(), O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;
    int error = 0;
    (void)Steps::of([&] { n = read(fd, file.begin() + 64, 100), error = errno; },
                    [](long number, const long *) -> long { return number == SYS_fstat ? -EIO : 0; });
    if (n != -1 || error != EIO) throw std::runtime_error("no error");
    if (file.commit() != 0 || file.on_file() != file.working()) throw std::runtime_error("not committed");
  });
}
