#include "api/names.h"

#include "api/registry.h"
#include "base/syscall.h"
#include "log/log_reader.h"

namespace snapshot {
namespace {

bool log_name(const char *path, Path *out) {
  *out << path << ".snaplog";
  return out->complete();
}

// Whose log it is, by its header; false for anything that is not a log.
Status owner_of_log(int directory, const char *path, FileIdentity *out, bool *is_log) {
  Path log;
  *is_log = false;
  if (!log_name(path, &log)) return kOk;
  const long fd = sys::openat(directory, log.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd == -ENOENT || fd == -ELOOP || fd == -ENXIO) return kOk;
  if (sys::failed(fd)) return sys::status(fd);
  format::Header h{};
  struct stat st;
  Status s = sys::status(sys::fstat(static_cast<int>(fd), &st));
  if (s.ok())
    s = S_ISREG(st.st_mode) ? read_exactly(static_cast<int>(fd), &h, sizeof h, format::kHeaderOffset)
                            : Status{ENODATA};
  (void)sys::close(static_cast<int>(fd));
  *out = {h.file_inode, h.file_birth_ns};
  *is_log = s.ok() && h.magic == format::kMagic;
  return s.error == ENODATA ? kOk : s;  // too short, or no file
}

}  // namespace

Status look_at_name(int directory, const char *path, NameAndLog *out) {
  if (path == nullptr || !has_log(directory, path)) return kOk;
  struct stat st;
  const long found = sys::newfstatat(directory, path, &st, AT_SYMLINK_NOFOLLOW);
  if (found == -ENOENT) return kOk;
  if (sys::failed(found)) return sys::status(found);
  if (!S_ISREG(st.st_mode)) return kOk;
  const long fd = sys::openat(directory, path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
  if (sys::failed(fd)) return sys::status(fd);
  FileIdentity owner;
  bool is_log = false;
  Status s = identify(static_cast<int>(fd), &out->identity);
  if (s.ok()) s = owner_of_log(directory, path, &owner, &is_log);
  out->has_log = s.ok() && is_log && same_file(out->identity, owner);
  out->last_name = st.st_nlink == 1;
  (void)sys::close(static_cast<int>(fd));
  return s;
}

void forget_log(int directory, const char *path, const NameAndLog &was) {
  Path log;
  if (!was.has_log || !was.last_name || !log_name(path, &log)) return;
  (void)sys::call(SYS_unlinkat, directory, sys::as_long(log.c_str()), 0);
}

long move_log(int from_directory, const char *from, int to_directory, const char *to, const NameAndLog &was) {
  Path old_log, new_log;
  if (!was.has_log || !log_name(from, &old_log)) return 0;
  if (!log_name(to, &new_log)) return -ENAMETOOLONG;
  const long moved = sys::call(SYS_renameat, from_directory, sys::as_long(old_log.c_str()), to_directory,
                               sys::as_long(new_log.c_str()));
  if (sys::failed(moved)) return moved;
  (void)sync_directory_of(new_log.c_str());
  const long fd = sys::openat(to_directory, to, O_PATH | O_CLOEXEC | O_NOFOLLOW);
  if (sys::failed(fd)) return 0;
  renamed(static_cast<int>(fd));
  (void)sys::close(static_cast<int>(fd));
  return 0;
}

void say_log_stayed(const char *from, const char *to, long error) {
  Message m;
  m << to << ": its log could not follow the rename: " << error_words(static_cast<int>(-error)) << "; rename "
    << from << ".snaplog to " << to << ".snaplog by hand before the file is opened again";
  say(Level::error, m);
}

}  // namespace snapshot
