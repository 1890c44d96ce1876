// Invariant 5 on an ordinary file system: every error leaves the file at a commit boundary and the program
// able to retry: a full ext4, whose blocks are allocated late. Each case fills one of its own (root only),
// meets ENOSPC and never a signal, frees the space and goes on; and each with every medium and working copy.
// (full_disk_test.cc is the same for tmpfs.) In children, so that a signal is a failure here.
#include <catch2/catch.hpp>
#include <cerrno>
#include <functional>

#include "in_child.h"
#include "loop_disk.h"
#include "small_disk.h"
#include "support/mapped_file.h"
#include "support/stores.h"

using namespace test;

namespace {

constexpr std::size_t page = 4096;
int error_of(int result) { return result == 0 ? 0 : errno; }

// Everything that is left, with the blocks that are kept for root. Synced: until then ext4 only guesses.
class Ballast {
 public:
  explicit Ballast(const std::string &directory) : path_(directory + "/ballast") {
    const power::Fd fd(open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const std::string block(64 * page, 'b');
    for (std::size_t size = block.size(); size >= 512;)
      if (syscall(SYS_write, fd.get(), block.data(), size) <= 0) size /= 2;
    (void)syscall(SYS_fsync, fd.get());
  }
  void free() const {
    (void)unlink(path_.c_str());
    const power::Fd root(open(path_.substr(0, path_.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    (void)syncfs(root.get());  // freed blocks can be had after the journal's commit
  }

 private:
  std::string path_;
};

using Body = std::function<int(const std::string &directory)>;

// On a full disk of its own, with each way to manage the file.
void with_each_setting(const std::string &contents, const Body &body) {
  static const auto why_not = power::private_mounts();
  for (const char *media : {"page-cache", "memory"})
    for (const char *copy : {"lazy", "eager"}) {
      INFO("SNAPSHOT_MEDIA=" << media << " SNAPSHOT_COPY=" << copy);
      const TempDir directory;
      try {
        if (why_not) throw std::runtime_error(*why_not);
        const power::LoopDisk disk(power::disk_kinds[0], 0, directory.path());
        write_file(directory / "data", contents);
        disk.sync();
        CHECK(in_child([&] {
                setenv("SNAPSHOT_MEDIA", media, 1);
                setenv("SNAPSHOT_COPY", copy, 1);
                return body(directory.path());
              }) == 0);
      } catch (const std::runtime_error &e) {
        say_skipped("full ext4", e.what());
        return;
      }
    }
}

}  // namespace

TEST_CASE("invariant 5: errors: full ext4: no space for the log makes mmap fail, and it can be repeated") {
  const std::string contents(16 * page, 'd');
  with_each_setting(contents, [&](const std::string &directory) {
    const std::string path = directory + "/data";
    const Ballast ballast(directory);
    const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) != MAP_FAILED) return 1;
    if (errno != ENOSPC) return 2;
    if (bytes_in_file(path) != contents || exists(path + ".snaplog")) return 3;
    ballast.free();
    MappedFile file(path, contents.size());
    store(file.begin(), 'x');
    return file.commit() == 0 && file.on_file()[0] == 'x' ? 0 : 4;
  });
}

TEST_CASE("invariant 5: errors: full ext4: no space for a larger log makes msync fail, and nothing is lost") {
  const std::string contents(1 << 20, 'd');
  with_each_setting(contents, [&](const std::string &directory) {
    MappedFile file(directory + "/data", contents.size());
    const Ballast ballast(directory);
    fill(file.begin(), 'n', file.size());
    for (int i = 0; i < 3; ++i)
      if (error_of(file.commit()) != ENOSPC) return 1;
    if (file.on_file() != contents) return 2;
    // What the log has room for can be committed.
    if (msync(file.begin(), page, MS_SYNC) != 0) return 3;
    if (file.on_file() != std::string(page, 'n') + contents.substr(page)) return 4;
    ballast.free();
    if (file.commit() != 0) return 5;
    return file.on_file() == std::string(contents.size(), 'n') ? 0 : 6;
  });
}

TEST_CASE("invariant 5: errors: full ext4: holes that cannot be filled make msync fail") {
  with_each_setting("", [&](const std::string &directory) {
    MappedFile file(directory + "/data", 1 << 20);
    // Room for the log's next area, but not for the holes.
    const Ballast ballast(directory);
    for (std::size_t i = 0; i < 64; ++i) store(file.begin() + i * 4 * page, 'n');
    if (error_of(file.commit()) != ENOSPC) return 1;
    if (file.on_file() != std::string(file.size(), 0)) return 2;
    ballast.free();
    if (file.commit() != 0) return 3;
    return file.on_file() == file.working() ? 0 : 4;
  });
}

TEST_CASE("invariant 5: errors: full ext4: write, and growing by ftruncate") {
  const std::string contents(2 * page, 'd');
  with_each_setting(contents, [&](const std::string &directory) {
    MappedFile file(directory + "/data", 64 * page);
    const Ballast ballast(directory);
    // A larger size needs no blocks; what is stored there does, and only the commit can say so.
    if (ftruncate(file.fd(), 64 * page) != 0) return errno == ENOSPC ? 0 : 1;
    for (std::size_t i = 0; i < file.size(); i += page) store(file.begin() + i, 'n');
    if (error_of(file.commit()) != ENOSPC) return 2;
    if (file.on_file().substr(0, 2 * page) != contents) return 3;
    const std::string bytes(8 * page, 'w');
    if (pwrite(file.fd(), bytes.data(), bytes.size(), 70 * page) >= 0 || errno != ENOSPC) return 4;
    ballast.free();
    if (pwrite(file.fd(), bytes.data(), bytes.size(), 56 * page) != 8 * page) return 5;
    if (file.commit() != 0) return 6;
    return file.on_file() == file.working() ? 0 : 7;
  });
}

TEST_CASE("invariant 5: errors: full ext4: killed after a commit that failed") {
  const std::string contents(1 << 20, 'd');
  with_each_setting(contents, [&](const std::string &directory) {
    const std::string path = directory + "/data";
    const int killed = in_child([&] {
      MappedFile file(path, contents.size());
      const Ballast ballast(directory);
      fill(file.begin(), 'n', file.size());
      if (error_of(file.commit()) != ENOSPC) return 1;
      ballast.free();
      return raise(SIGKILL);
    });
    if (killed != 128 + SIGKILL) return killed;
    MappedFile file(path, contents.size());
    return file.on_file() == contents ? 0 : 2;
  });
}
