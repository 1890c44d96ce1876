// Calls that wait, or receive something, and say in the program's memory what has come.
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "interpose/writer.h"

using namespace snapshot;

namespace {

using FdSet = fd_set;

// A set is as long as it has descriptors: programs make longer ones than fd_set.
void fd_sets(int n, const FdSet *a, const FdSet *b, const FdSet *c) {
  const u64 words = n > 0 ? (static_cast<u64>(n) + 63) / 64 : 0;
  const FdSet *const sets[] = {a, b, c};
  for (const FdSet *set : sets) items(reinterpret_cast<const long *>(set), words);
}

void events(const epoll_event *to, int result) { items(to, result > 0 ? static_cast<u64>(result) : 0); }

// The length is in and out.
void option(const void *to, const socklen_t *length, int result) {
  object(length);
  if (result == 0 && length != nullptr) bytes(to, *length);
}

// The type, then the text.
void message(const void *to, ssize_t result) {
  if (result >= 0) written(to, sizeof(long) + static_cast<u64>(result));
}
void queued(const char *to, ssize_t result, const unsigned *priority) {
  object(priority);
  if (result >= 0) written(to, static_cast<u64>(result));
}

void filled(const iovec *vector, unsigned long count, ssize_t result) {
  u64 left = result > 0 ? static_cast<u64>(result) : 0;
  for (unsigned long i = 0; i < count && left > 0; ++i) {
    const u64 here = min_u64(vector[i].iov_len, left);
    written(vector[i].iov_base, here);
    left -= here;
  }
}

}  // namespace

// clang-format off
SNAPSHOT_WRITER(int, select, (int n, FdSet *a, FdSet *b, FdSet *c, timeval *time), (n, a, b, c, time), (fd_sets(n, a, b, c), object(time)));
SNAPSHOT_WRITER(int, __select, (int n, FdSet *a, FdSet *b, FdSet *c, timeval *time), (n, a, b, c, time), (fd_sets(n, a, b, c), object(time)));
SNAPSHOT_WRITER(int, pselect, (int n, FdSet *a, FdSet *b, FdSet *c, const timespec *time, const sigset_t *mask), (n, a, b, c, time, mask), fd_sets(n, a, b, c));
SNAPSHOT_WRITER(int, poll, (pollfd *to, nfds_t n, int time), (to, n, time), items(to, n));
SNAPSHOT_WRITER(int, __poll, (pollfd *to, nfds_t n, int time), (to, n, time), items(to, n));
SNAPSHOT_WRITER(int, __poll_chk, (pollfd *to, nfds_t n, int time, size_t size), (to, n, time, size), items(to, n));
SNAPSHOT_WRITER(int, ppoll, (pollfd *to, nfds_t n, const timespec *time, const sigset_t *mask), (to, n, time, mask), items(to, n));
SNAPSHOT_WRITER(int, __ppoll_chk, (pollfd *to, nfds_t n, const timespec *time, const sigset_t *mask, size_t size), (to, n, time, mask, size), items(to, n));
SNAPSHOT_WRITER(int, epoll_wait, (int fd, epoll_event *to, int n, int time), (fd, to, n, time), events(to, result));
SNAPSHOT_WRITER(int, epoll_pwait, (int fd, epoll_event *to, int n, int time, const sigset_t *mask), (fd, to, n, time, mask), events(to, result));
SNAPSHOT_WRITER(int, epoll_pwait2, (int fd, epoll_event *to, int n, const timespec *time, const sigset_t *mask), (fd, to, n, time, mask), events(to, result));
SNAPSHOT_WRITER(int, eventfd_read, (int fd, eventfd_t *to), (fd, to), object(to));

SNAPSHOT_WRITER(pid_t, wait, (int *status), (status), object(status));
SNAPSHOT_WRITER(pid_t, __wait, (int *status), (status), object(status));
SNAPSHOT_WRITER(pid_t, waitpid, (pid_t pid, int *status, int flags), (pid, status, flags), object(status));
SNAPSHOT_WRITER(pid_t, __waitpid, (pid_t pid, int *status, int flags), (pid, status, flags), object(status));
SNAPSHOT_WRITER(pid_t, wait3, (int *status, int flags, rusage *usage), (status, flags, usage), objects(status, usage));
SNAPSHOT_WRITER(pid_t, wait4, (pid_t pid, int *status, int flags, rusage *usage), (pid, status, flags, usage), objects(status, usage));
SNAPSHOT_WRITER(int, waitid, (int which, id_t id, siginfo_t *to, int flags), (which, id, to, flags), object(to));

SNAPSHOT_WRITER(int, sigprocmask, (int how, const sigset_t *now, sigset_t *old), (how, now, old), object(old));
SNAPSHOT_WRITER(int, pthread_sigmask, (int how, const sigset_t *now, sigset_t *old), (how, now, old), object(old));
SNAPSHOT_WRITER(int, sigpending, (sigset_t *to), (to), object(to));
SNAPSHOT_WRITER(int, sigwait, (const sigset_t *set, int *to), (set, to), object(to));
SNAPSHOT_WRITER(int, sigwaitinfo, (const sigset_t *set, siginfo_t *to), (set, to), object(to));
SNAPSHOT_WRITER(int, sigtimedwait, (const sigset_t *set, siginfo_t *to, const timespec *time), (set, to, time), object(to));
SNAPSHOT_WRITER(int, sigemptyset, (sigset_t *to), (to), object(to));
SNAPSHOT_WRITER(int, sigfillset, (sigset_t *to), (to), object(to));
SNAPSHOT_WRITER(int, sigaddset, (sigset_t *to, int signal), (to, signal), object(to));
SNAPSHOT_WRITER(int, sigdelset, (sigset_t *to, int signal), (to, signal), object(to));
SNAPSHOT_WRITER(int, sigandset, (sigset_t *to, const sigset_t *a, const sigset_t *b), (to, a, b), object(to));
SNAPSHOT_WRITER(int, sigorset, (sigset_t *to, const sigset_t *a, const sigset_t *b), (to, a, b), object(to));

SNAPSHOT_WRITER(int, getsockopt, (int fd, int level, int name, void *to, socklen_t *length), (fd, level, name, to, length), option(to, length, result));
SNAPSHOT_WRITER(int, sendmmsg, (int fd, mmsghdr *messages, unsigned n, int flags), (fd, messages, n, flags), items(messages, result > 0 ? static_cast<u64>(result) : 0));
SNAPSHOT_WRITER(ssize_t, process_vm_readv, (pid_t pid, const iovec *to, unsigned long n, const iovec *from, unsigned long m, unsigned long flags), (pid, to, n, from, m, flags), filled(to, n, result));
SNAPSHOT_WRITER(ssize_t, msgrcv, (int queue, void *to, size_t n, long type, int flags), (queue, to, n, type, flags), message(to, result));
SNAPSHOT_WRITER(int, msgctl, (int queue, int command, msqid_ds *to), (queue, command, to), object(to));
SNAPSHOT_WRITER(int, shmctl, (int segment, int command, shmid_ds *to), (segment, command, to), object(to));
SNAPSHOT_WRITER(int, mq_getattr, (mqd_t queue, mq_attr *to), (queue, to), object(to));
SNAPSHOT_WRITER(int, mq_setattr, (mqd_t queue, const mq_attr *now, mq_attr *old), (queue, now, old), object(old));
SNAPSHOT_WRITER(ssize_t, mq_receive, (mqd_t queue, char *to, size_t n, unsigned *priority), (queue, to, n, priority), queued(to, result, priority));
SNAPSHOT_WRITER(ssize_t, mq_timedreceive, (mqd_t queue, char *to, size_t n, unsigned *priority, const timespec *until), (queue, to, n, priority, until), queued(to, result, priority));
// clang-format on
