// Socket calls that write in several places: the data, the sender's address, the control data, and the
// structure that names them.
#include <sys/socket.h>

#include "interpose/stub.h"
#include "interpose/written.h"

namespace snapshot {
namespace {

// Data went into the parts in order. The lengths are now those of what was received: the kernel wrote no
// more, and less where there was less room, which only the structure before the call would tell.
void written_message(const msghdr &message, u64 bytes) {
  for (u64 i = 0; i < message.msg_iovlen && bytes > 0; ++i) {
    const iovec &part = message.msg_iov[i];
    const u64 taken = min_u64(bytes, part.iov_len);
    written(part.iov_base, taken);
    bytes -= taken;
  }
  if (message.msg_name != nullptr) written(message.msg_name, message.msg_namelen);
  if (message.msg_control != nullptr) written(message.msg_control, message.msg_controllen);
  written_object(&message);
}

void written_address(const sockaddr *address, const socklen_t *length) {
  if (address != nullptr && length != nullptr) written(address, *length);
  written_object(length);
}

// After an error nothing is looked at: the program may have passed pointers that do not bear it.
ssize_t written_from(void *to, ssize_t result, size_t n, const sockaddr *from, const socklen_t *length) {
  if (result < 0) return result;
  written(to, min_u64(static_cast<u64>(result), n));
  written_address(from, length);
  return result;
}
int written_peer(int result, const sockaddr *address, const socklen_t *length) {
  if (result >= 0) written_address(address, length);
  return result;
}

}  // namespace

SNAPSHOT_EXPORT ssize_t recvfrom(int fd, void *__restrict to, size_t n, int flags, sockaddr *__restrict from,
                                 socklen_t *__restrict length) {
  return written_from(to, SNAPSHOT_REAL(recvfrom)(fd, to, n, flags, from, length), n, from, length);
}
SNAPSHOT_EXPORT ssize_t __recvfrom_chk(int fd, void *__restrict to, size_t n, size_t size, int flags,
                                       sockaddr *__restrict from, socklen_t *__restrict length) {
  const ssize_t result = real_like<"__recvfrom_chk">(__recvfrom_chk)(fd, to, n, size, flags, from, length);
  return written_from(to, result, n, from, length);
}

SNAPSHOT_EXPORT ssize_t recvmsg(int fd, msghdr *message, int flags) {
  const ssize_t result = SNAPSHOT_REAL(recvmsg)(fd, message, flags);
  if (result >= 0) written_message(*message, static_cast<u64>(result));
  return result;
}
SNAPSHOT_EXPORT int recvmmsg(int fd, mmsghdr *messages, unsigned count, int flags, timespec *timeout) {
  const int result = SNAPSHOT_REAL(recvmmsg)(fd, messages, count, flags, timeout);
  for (int i = 0; i < result; ++i) {
    written_message(messages[i].msg_hdr, messages[i].msg_len);
    written_object(&messages[i]);
  }
  written_object(timeout);
  return result;
}

SNAPSHOT_EXPORT int accept(int fd, sockaddr *__restrict peer, socklen_t *__restrict length) {
  return written_peer(SNAPSHOT_REAL(accept)(fd, peer, length), peer, length);
}
SNAPSHOT_EXPORT int accept4(int fd, sockaddr *__restrict peer, socklen_t *__restrict length, int flags) {
  return written_peer(SNAPSHOT_REAL(accept4)(fd, peer, length, flags), peer, length);
}
SNAPSHOT_EXPORT int getsockname(int fd, sockaddr *__restrict name, socklen_t *__restrict length) noexcept {
  return written_peer(SNAPSHOT_REAL(getsockname)(fd, name, length), name, length);
}
SNAPSHOT_EXPORT int getpeername(int fd, sockaddr *__restrict name, socklen_t *__restrict length) noexcept {
  return written_peer(SNAPSHOT_REAL(getpeername)(fd, name, length), name, length);
}

}  // namespace snapshot
