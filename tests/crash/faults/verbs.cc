#include <sys/mman.h>
#include <sys/wait.h>

#include <cerrno>

#include "raw_file.h"
#include "recovery/recover_file.h"
#include "snapshot/snapshot.h"
#include "support/stores.h"
#include "world.h"

namespace faults {
namespace {
constexpr std::uint64_t line = 64;
int error_of(long result) { return result >= 0 ? 0 : errno; }
off_t offset_of(std::uint64_t n) { return static_cast<off_t>(n); }
}  // namespace

// Recovers what another process left, so that the program sees a commit from here on.
void World::open() {
  attempt({.name = "open",
           .act = [&] { return error_of(fd_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC)); },
           .succeed =
               [&] {
                 if (bytes_in(path_) != working_) throw Broken("open succeeds, but recovers nothing");
                 attempted_.clear();
               },
           .words = Words::library});
}

// Recovers first, so that the cut is one of a file that is whole.
void World::open_and_cut() {
  attempt({.name = "open to truncate",
           .act = [&] { return error_of(fd_ = ::open(path_.c_str(), O_RDWR | O_TRUNC | O_CLOEXEC)); },
           .succeed = [&] { working_.clear(); },
           .target = "",
           .durable = false});
}

void World::open_without_library(int flags) {
  fd_ = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path_.c_str(), flags | O_CLOEXEC));
}

void World::map() {
  void *address = nullptr;
  attempt({.name = "mmap",
           .act =
               [&] {
                 address = mmap(nullptr, map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
                 return address == MAP_FAILED ? errno : 0;
               },
           .succeed =
               [&] {
                 begin_ = static_cast<char *>(address);
                 mapped_ = map_bytes;
                 const Unobserved ours;
                 if (snapshot_is_managed(begin_, map_bytes) != 1)
                   throw Broken("mmap succeeds, but manages nothing");
               },
           .words = Words::library});
}

void World::store(std::uint64_t offset, char letter, std::uint64_t bytes) {
  test::fill(begin_ + offset, static_cast<unsigned char>(letter), bytes);
  working_.replace(offset, bytes, bytes, letter);
}

std::string World::with_range_committed(std::uint64_t offset, std::uint64_t bytes) const {
  std::string state = committed_;
  state.resize(working_.size());
  const std::uint64_t first = offset / line * line;
  const std::uint64_t end = std::min((offset + bytes + line - 1) / line * line, working_.size());
  return state.replace(first, end - first, working_, first, end - first);
}

void World::commit(const std::function<void()> &once_tried) {
  attempt({.name = "msync",
           .act =
               [&] {
                 const int error = error_of(msync(begin_, mapped_, MS_SYNC));
                 if (once_tried) once_tried();
                 return error;
               },
           .words = Words::library,
           .target = working_});
}

void World::commit_later() {
  attempt({.name = "msync with MS_ASYNC",
           .act = [&] { return error_of(msync(begin_, mapped_, MS_ASYNC)); },
           .words = Words::library,
           .target = working_,
           .durable = false});
}

void World::try_to_commit() {
  attempt({.name = "msync",
           .act = [&] { return error_of(msync(begin_, mapped_, MS_SYNC)); },
           .words = Words::library,
           .target = working_,
           .once = true});
}

void World::commit_range(std::uint64_t offset, std::uint64_t bytes) {
  attempt({.name = "snapshot_commit of a range",
           .act = [&] { return error_of(snapshot_commit(begin_ + offset, bytes)); },
           .words = Words::library,
           .target = with_range_committed(offset, bytes)});
}

void World::commit_by_fsync() {
  attempt({.name = "fsync",
           .act = [&] { return error_of(fsync(fd_)); },
           .words = Words::library,
           .target = working_});
}

void World::roll_back() {
  attempt({.name = "snapshot_rollback",
           .act = [&] { return error_of(snapshot_rollback(begin_, mapped_)); },
           .succeed = [&] { working_ = committed_; },
           .words = Words::library});
}

void World::roll_back_range(std::uint64_t offset, std::uint64_t bytes) {
  attempt({.name = "snapshot_rollback of a range",
           .act = [&] { return error_of(snapshot_rollback(begin_ + offset, bytes)); },
           .succeed =
               [&] {
                 const std::uint64_t first = offset / line * line;
                 const std::uint64_t end = (offset + bytes + line - 1) / line * line;
                 working_.replace(first, end - first, committed_, first, end - first);
               },
           .words = Words::library});
}

void World::resize(std::uint64_t size) {
  attempt({.name = "ftruncate",
           .act = [&] { return error_of(ftruncate(fd_, offset_of(size))); },
           .succeed = [&] { working_.resize(size); }});
}

void World::grow_without_library(std::uint64_t size) {
  if (syscall(SYS_ftruncate, fd_, size) != 0) throw Broken("ftruncate");
  working_.resize(size);
}

void World::rename_without_library(const std::string &name) {
  const std::string to = directory_ + "/" + name;
  for (const char *suffix : {"", ".snaplog"})
    syscall(SYS_rename, (path_ + suffix).c_str(), (to + suffix).c_str());
  put_bytes(path_, "another file");
  log_stays_ = true;
  path_ = to;
}

void World::store_beyond_end(std::uint64_t bytes) { snapshot_log_range(begin_ + working_.size(), bytes); }

void World::resize_by_name(std::uint64_t size) {
  attempt({.name = "truncate",
           .act = [&] { return error_of(truncate(path_.c_str(), offset_of(size))); },
           .succeed = [&] { working_.resize(size); }});
}

void World::write(std::uint64_t offset, char letter, std::uint64_t bytes, bool synchronous) {
  const std::string text(bytes, letter);
  std::string after = working_;
  after.resize(std::max(after.size(), offset + bytes));
  after.replace(offset, bytes, text);
  Verb verb{.name = synchronous ? "synchronous pwrite" : "pwrite",
            .act =
                [&] {
                  const long n = pwrite(fd_, text.data(), bytes, offset_of(offset));
                  if (n >= 0 && n != static_cast<long>(bytes)) throw Broken("a short pwrite");
                  return error_of(n);
                },
            .succeed = [&] { working_ = after; }};
  // As with the kernel's own: what has been written and cannot be synced is in the file all the same.
  if (synchronous) verb.target = after, verb.shows_early = true;
  attempt(verb);
}

void World::allocate(std::uint64_t size) {
  attempt({.name = "posix_fallocate",
           .act = [&] { return posix_fallocate(fd_, 0, offset_of(size)); },
           .succeed = [&] { working_.resize(std::max(working_.size(), size)); }});
}

void World::read_all() {
  std::string bytes(map_bytes, 0);
  attempt({.name = "pread",
           .act =
               [&] {
                 const long n = pread(fd_, bytes.data(), bytes.size(), 0);
                 if (n >= 0) bytes.resize(static_cast<std::size_t>(n));
                 return error_of(n);
               },
           .succeed =
               [&] {
                 if (bytes != working_) throw Broken("pread does not show what the program stored");
               }});
}

void World::unmap() {
  attempt({.name = "munmap",
           .act = [&] { return error_of(munmap(begin_, mapped_)); },
           .succeed = [&] { begin_ = nullptr; },
           .words = Words::library,
           .target = working_,
           .closes = true});
}

void World::unmap_from(std::uint64_t offset) {
  attempt({.name = "munmap of a part",
           .act = [&] { return error_of(munmap(begin_ + offset, map_bytes - offset)); },
           .succeed = [&] { mapped_ = offset; },
           .words = Words::library,
           .target = with_range_committed(offset, map_bytes - offset)});
}

void World::rename_to(const std::string &name) {
  const std::string to = directory_ + "/" + name;
  attempt({.name = "rename",
           .act = [&] { return error_of(rename(path_.c_str(), to.c_str())); },
           .succeed = [&] { path_ = to; }});
}

void World::unlink() {
  attempt({.name = "unlink",
           .act = [&] { return error_of(::unlink(path_.c_str())); },
           .succeed =
               [&] {
                 if (find_log() && record_->hit_count == 0) throw Broken("unlink leaves the log behind");
                 named_ = false;
               }});
}

// The child reads what the parent had stored, and cannot commit it.
void World::fork_and_look() {
  const auto look = [&]() -> int {
    if (std::string(begin_, working_.size()) != working_) return 1;
    if (msync(begin_, map_bytes, MS_SYNC) == 0) return 2;
    return 0;
  };
  attempt({.name = "fork", .act = [&] {
             const pid_t child = fork();
             if (child == 0) _exit(look());
             int status = 0;
             if (child < 0 || waitpid(child, &status, 0) != child) return errno;
             if (status != 0) throw Broken("the forked child ends with status " + std::to_string(status));
             return 0;
           }});
}

void World::recover_by_name() {
  snapshot::FileReport report;
  attempt({.name = "recover_file",
           .act = [&] { return snapshot::recover_file(path_.c_str(), &report).error; },
           .succeed =
               [&] {
                 if (bytes_in(path_) != working_) throw Broken("recover_file succeeds, but recovers nothing");
                 attempted_.clear();
               },
           .words = Words::tool});
}

void World::inspect_by_name() {
  const std::string before = bytes_in(path_);
  snapshot::FileReport report;
  attempt({.name = "inspect_file",
           .act = [&] { return snapshot::inspect_file(path_.c_str(), &report).error; },
           .succeed =
               [&] {
                 if (bytes_in(path_) != before || report.findings.size_recovered != working_.size())
                   throw Broken("inspect_file finds something else, or changes something");
               },
           .words = Words::tool});
}

}  // namespace faults
