// A file whose size, or name, others change past the library while it is mapped. Claim: what they have added
// stays, and what its name leads to then is not taken for it.
#include "own_process.h"
#include "recovery/recover_file.h"

using namespace test;

namespace {

void require(bool holds, const std::string &what) {
  if (!holds) throw std::runtime_error(what);
}

void rename_behind_our_back(const std::string &from, const std::string &to) {
  require(syscall(SYS_rename, from.c_str(), to.c_str()) == 0, "rename");
}

std::size_t descriptors() {
  std::size_t n = 0;
  for (long fd = 0; fd < 1024; ++fd) n += syscall(SYS_fcntl, fd, F_GETFD, 0L) >= 0;
  return n;
}

}  // namespace

TEST_CASE("a store beyond the end does not give the file the size of another one that has its name now") {
  TempDir dir;
  const std::string bytes(3 * page / 2, 'a');
  in_own_process(
      [&](const std::string &medium) {
        const std::string path = dir / medium;
        write_file(path, bytes);
        const MappedFile file(path, 8 * page);
        rename_behind_our_back(path, path + ".moved");
        write_file(path, std::string(6 * page, 'o'));
        fill(file.begin() + bytes.size() + 100, 64, 'x');
        require(file.commit() == 0, snapshot_last_error());
        _exit(0);
      },
      [&](const std::string &medium) {
        const std::string path = dir / medium;
        rename_behind_our_back(path + ".moved", path);
        snapshot::FileReport report;
        REQUIRE(snapshot::recover_file(path.c_str(), &report).ok());
        CHECK(report.findings.verdict != snapshot::Verdict::undo);
        CHECK((read_file(path) == bytes));
      });
}

TEST_CASE("a rollback leaves what others have added to the file") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    const std::string path = dir / medium, added(2 * page, 'o');
    write_file(path, std::string(3 * page, 'a'));
    const MappedFile file(path, 8 * page);
    // The library has changed the size before, and could do it again.
    require(ftruncate(file.fd(), 2 * page) == 0 && file.commit() == 0, snapshot_last_error());
    const long fd = syscall(SYS_openat, AT_FDCWD, path.c_str(), O_RDWR);
    require(syscall(SYS_pwrite64, fd, added.data(), added.size(), 2 * page) == 2 * page, "pwrite");
    fill(file.begin(), 64, 'x');
    require(snapshot_rollback(file.begin(), file.size()) == 0, snapshot_last_error());
    require(file.on_file() == std::string(2 * page, 'a') + added, "the file");
  });
}

TEST_CASE("changes of size open one descriptor, once") {
  TempDir dir;
  in_own_process([&](const std::string &medium) {
    const MappedFile file(dir / medium, 8 * page);
    const std::size_t before = descriptors();
    for (const std::size_t pages : {20u, 3u, 5u, 2u}) {
      require(ftruncate(file.fd(), static_cast<off_t>(pages * page)) == 0, snapshot_last_error());
      if (pages < 4) require(file.commit() == 0, snapshot_last_error());
    }
    require(descriptors() <= before + 1,
            std::to_string(descriptors() - before) + " descriptors are left open");
  });
}
