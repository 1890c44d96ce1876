// A read into a managed file whose descriptor cannot be looked at. Claim: it fails, and what the kernel has
// stored by then is committed like any other store. And a change of size whose last page, which has to read
// as zeros from there on, cannot be read: it fails, with no signal, and changes nothing.
#include <sys/vfs.h>

#include "order_of_steps.h"
#include "own_process.h"
#include "small_disk.h"

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

TEST_CASE("a file is not cut within a page that cannot be read") {
  TempDir dir(".");
  struct statfs fs;
  constexpr long tmpfs = 0x01021994;  // whose pages do not come from a disk
  if (statfs(dir.path().c_str(), &fs) == 0 && fs.f_type == tmpfs)
    return say_skipped("last pages that cannot be read", "the build directory lies on tmpfs");
  in_own_process([&](const std::string &medium) {
    if (medium == "memory") return;
    write_file(dir / "data", std::string(2 * page, 'a'));
    const MappedFile file(dir / "data", 2 * page);
    const auto cut = [&] {
      int result = 0, error = 0;
      (void)Steps::of([&] { result = ftruncate(file.fd(), page + 100), error = errno; },
                      [](long number, const long *arguments) -> long {
                        return number == SYS_madvise && arguments[2] == MADV_POPULATE_READ ? -EFAULT : 0;
                      });
      return result == 0 ? 0 : error;
    };
    if (cut() != EIO) throw std::runtime_error("no EIO");
    struct stat st;
    if (fstat(file.fd(), &st) != 0 || st.st_size != 2 * page)
      throw std::runtime_error("the size has changed");
    if (file.begin()[page + 100] != 'a') throw std::runtime_error("the bytes have changed");
    if (ftruncate(file.fd(), page + 100) != 0 || file.commit() != 0) throw std::runtime_error("not cut");
    if (file.on_file() != std::string(page + 100, 'a')) throw std::runtime_error("not what is left");
  });
}
