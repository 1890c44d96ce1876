// A log on a file system that can make no file without a name, or no hard links: the ways that the tests' own
// file systems do not take. Method: the calls that such a file system lacks fail.
#include <filesystem>

#include "crash_states.h"
#include "log/log_reader.h"
#include "order_of_steps.h"
#include "own_process.h"

using namespace test;

namespace {

std::size_t files_in(const TempDir &dir) {
  const auto all = std::filesystem::directory_iterator(dir.path());
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

struct Lacking {
  bool unnamed_files, links;
  int error;  // that a missing link gives
  int links_tried = 0, renames_tried = 0;

  long operator()(long number, const long *a) {
    if (!unnamed_files && number == SYS_openat && (a[2] & O_TMPFILE) == O_TMPFILE) return -EOPNOTSUPP;
    if (number == SYS_renameat2) ++renames_tried;
    if (number != SYS_linkat) return 0;
    ++links_tried;
    return links ? 0 : -error;
  }
};

// The log of dir/data, made on such a file system.
struct Made {
  Made(const TempDir &dir, Lacking *lacking) {
    const std::string data = dir / "data", log = data + ".snaplog";
    // Past the interposer, which would look at what is in the log's place.
    const int data_fd = static_cast<int>(syscall(SYS_openat, AT_FDCWD, data.c_str(), O_RDWR | O_CREAT, 0600));
    snapshot::FileIdentity identity;
    REQUIRE(snapshot::identify(data_fd, &identity).ok());
    (void)Steps::of([&] { s = snapshot::create_log(log.c_str(), data_fd, identity, 0, &fd, &header); },
                    [lacking](long number, const long *a) { return (*lacking)(number, a); });
    (void)close(data_fd);
  }
  ~Made() {
    if (fd >= 0) snapshot::close_private(fd);
  }
  snapshot::Status s;
  int fd = -1;
  snapshot::format::Header header;
};

}  // namespace

TEST_CASE("without unnamed files, or links, a log is made all the same, and nothing else is left", "[log]") {
  for (Lacking lacking : {Lacking{true, true, 0}, Lacking{false, true, 0}, Lacking{false, false, EPERM},
                          Lacking{false, false, EOPNOTSUPP}}) {
    INFO(lacking.unnamed_files << lacking.links << lacking.error);
    TempDir dir;
    const Made made(dir, &lacking);
    INFO(last_error());
    REQUIRE(made.s.ok());
    CHECK(files_in(dir) == 2);  // data and log
    CHECK(lacking.links_tried == 1);
    CHECK(lacking.renames_tried == (lacking.links ? 0 : 1));
    snapshot::LogView view;
    CHECK(snapshot::read_log(made.fd, "log", &view).ok());
    CHECK(view.header.log_id == made.header.log_id);
    int other = -1;
    CHECK(
        snapshot::lock_existing_log((dir / "data.snaplog").c_str(), snapshot::Contention::quiet, true, &other)
            .error == EAGAIN);
  }
}

TEST_CASE("a log that has the name already is never replaced, and nothing else is left", "[log]") {
  for (Lacking lacking : {Lacking{true, true, 0}, Lacking{false, true, 0}, Lacking{false, false, EPERM}}) {
    TempDir dir;
    write_file(dir / "data.snaplog", "somebody's");
    const Made made(dir, &lacking);
    CHECK(made.s.error == EEXIST);
    CHECK(made.fd == -1);
    CHECK(read_file(dir / "data.snaplog") == "somebody's");
    CHECK(files_in(dir) == 2);
  }
}

TEST_CASE("a log that cannot get its name leaves nothing behind", "[log]") {
  for (const bool unnamed : {true, false}) {
    TempDir dir;
    Lacking lacking{unnamed, false, EIO};
    const Made made(dir, &lacking);
    CHECK(made.s.error == EIO);
    CHECK(made.fd == -1);
    CHECK(files_in(dir) == 1);
  }
}

// A commit must not be the first to ask for them.
TEST_CASE("where blocks cannot be allocated a new log has them written; where there are none it is not made",
          "[log]") {
  for (const long result : {-EOPNOTSUPP, -ENOSPC}) {
    TempDir dir;
    const std::string log = dir / "data.snaplog";
    write_file(dir / "data", "");
    const int data_fd = open((dir / "data").c_str(), O_RDWR | O_CLOEXEC);
    snapshot::FileIdentity identity;
    REQUIRE(snapshot::identify(data_fd, &identity).ok());
    snapshot::Status s;
    int fd = -1;
    snapshot::format::Header header;
    (void)Steps::of([&] { s = snapshot::create_log(log.c_str(), data_fd, identity, 0, &fd, &header); },
                    [result](long number, const long *) { return number == SYS_fallocate ? result : 0; });
    (void)close(data_fd);
    CHECK(s.error == (result == -ENOSPC ? ENOSPC : 0));
    CHECK(exists(log) == s.ok());
    if (!s.ok()) continue;
    struct stat st;
    REQUIRE(fstat(fd, &st) == 0);
    CHECK(st.st_size > 0);
    CHECK(st.st_blocks * 512 >= st.st_size);
    snapshot::close_private(fd);
  }
}
