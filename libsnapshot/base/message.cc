#include "base/message.h"

#include "base/syscall.h"

namespace snapshot {

constinit Level message_level = Level::error;

namespace {
// Initial-exec: the library is loaded at start-up, and a lazily allocated block could not be had in a
// handler.
__thread char last_error[640] __attribute__((tls_model("initial-exec")));
}  // namespace

void say(Level level, const Message &text) {
  if (level > message_level) return;
  Text<672> line;
  line << "snapshot: " << text.c_str() << "\n";
  // A message that cannot be written is lost; there is nobody to tell.
  (void)sys::write(2, line.c_str(), line.size());
}

Status fail(int error, const Message &text) {
  copy_bytes(last_error, text.c_str(), text.size() + 1);
  say(Level::error, text);
  return {error};
}

const char *last_error_text() { return last_error; }

const char *error_words(int error) {
  switch (error) {
    case EPERM:
      return "operation not permitted";
    case ENOENT:
      return "no such file or directory";
    case EINTR:
      return "interrupted";
    case EIO:
      return "input/output error";
    case ENXIO:
      return "no such device or address";
    case EAGAIN:
      return "resource temporarily unavailable";
    case ENOMEM:
      return "out of memory";
    case EACCES:
      return "permission denied";
    case EFAULT:
      return "bad address";
    case EEXIST:
      return "file exists";
    case EXDEV:
      return "crosses file systems";
    case ENODEV:
      return "not supported by the device";
    case ENOTDIR:
      return "not a directory";
    case EISDIR:
      return "is a directory";
    case EINVAL:
      return "invalid argument";
    case ENFILE:
    case EMFILE:
      return "too many open files";
    case EFBIG:
      return "file too large";
    case ENOSPC:
      return "no space left on device";
    case EROFS:
      return "read-only file system";
    case ELOOP:
      return "is a symbolic link";
    case ENAMETOOLONG:
      return "name too long";
    case ENOSYS:
      return "not supported by this kernel";
    case EOPNOTSUPP:
      return "not supported by the file system";
    case EDQUOT:
      return "disk quota exceeded";
    case EDEADLK:
      return "would wait for itself";
    case ENODATA:
      return "the file ends too early";
    case EBADMSG:
      return "damaged";
    case ESTALE:
      return "stale";
    default:
      return "unexpected error";
  }
}

}  // namespace snapshot
