#include "api/names.h"

#include "api/registry.h"
#include "base/syscall.h"

namespace snapshot {
namespace {

bool log_name(const char *path, Path *out) {
  *out << path << ".snaplog";
  return out->complete();
}

// Whose log it is, by its header; false for anything that is not a log.
bool owner_of_log(int directory, const char *path, FileIdentity *out) {
  Path log;
  if (!log_name(path, &log)) return false;
  const long fd = sys::openat(directory, log.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (sys::failed(fd)) return false;
  format::Header h;
  const bool read = sys::pread(static_cast<int>(fd), &h, sizeof h, format::kHeaderOffset) == sizeof h;
  (void)sys::close(static_cast<int>(fd));
  *out = {h.file_inode, h.file_birth_ns};
  return read && h.magic == format::kMagic;
}

}  // namespace

void look_at_name(int directory, const char *path, NameAndLog *out) {
  if (path == nullptr || !has_log(directory, path)) return;
  struct stat st;
  if (sys::failed(sys::newfstatat(directory, path, &st, AT_SYMLINK_NOFOLLOW)) || !S_ISREG(st.st_mode)) return;
  const long fd = sys::openat(directory, path, O_PATH | O_CLOEXEC | O_NOFOLLOW);
  if (sys::failed(fd)) return;
  FileIdentity owner;
  out->has_log = identify(static_cast<int>(fd), &out->identity).ok() &&
                 owner_of_log(directory, path, &owner) && same_file(out->identity, owner);
  out->last_name = st.st_nlink == 1;
  (void)sys::close(static_cast<int>(fd));
}

void forget_log(int directory, const char *path, const NameAndLog &was) {
  Path log;
  if (!was.has_log || !was.last_name || !log_name(path, &log)) return;
  (void)sys::call(SYS_unlinkat, directory, sys::as_long(log.c_str()), 0);
}

void move_log(int from_directory, const char *from, int to_directory, const char *to, const NameAndLog &was) {
  Path old_log, new_log;
  if (!was.has_log || !log_name(from, &old_log) || !log_name(to, &new_log)) return;
  const long moved = sys::call(SYS_renameat, from_directory, sys::as_long(old_log.c_str()), to_directory,
                               sys::as_long(new_log.c_str()));
  if (sys::failed(moved)) {
    Message m;
    m << to << ": its log could not follow the rename: " << error_words(static_cast<int>(-moved))
      << "; rename " << old_log.c_str() << " to " << new_log.c_str()
      << " by hand before the file is opened again";
    say(Level::error, m);
    return;
  }
  (void)sync_directory_of(new_log.c_str());
  const long fd = sys::openat(to_directory, to, O_PATH | O_CLOEXEC | O_NOFOLLOW);
  if (sys::failed(fd)) return;
  renamed(static_cast<int>(fd));
  (void)sys::close(static_cast<int>(fd));
}

}  // namespace snapshot
