#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tracked_call.h"

using test::at;

extern "C" {
int __select(int, fd_set *, fd_set *, fd_set *, timeval *);
int __poll(pollfd *, nfds_t, int);
int __poll_chk(pollfd *, nfds_t, int, size_t);
int __ppoll_chk(pollfd *, nfds_t, const timespec *, const sigset_t *, size_t);
pid_t __wait(int *);
pid_t __waitpid(pid_t, int *, int);
}

namespace {

// A pipe with something to read in it.
struct Ready {
  int ends[2];
  Ready() {
    REQUIRE(pipe(ends) == 0);
    REQUIRE(write(ends[1], "x", 1) == 1);
  }
  ~Ready() { close(ends[0]), close(ends[1]); }
  int fd() const { return ends[0]; }
};

// A child that has ended.
pid_t ended() {
  const pid_t child = fork();
  if (child == 0) _exit(3);
  return child;
}

}  // namespace

TEST_CASE("what select, poll and epoll say is tracked") {
  const Ready ready;
  const timespec no_time = {};
  const auto sets = [&] {
    for (int i : {0, 1, 2}) {
      FD_ZERO(at<fd_set>(i));
      FD_SET(ready.fd(), at<fd_set>(i));
    }
    *at<timeval>(3) = {1, 5};
  };
  TRACKED_AFTER(sets(), select(ready.fd() + 1, at<fd_set>(0), at<fd_set>(1), at<fd_set>(2), at<timeval>(3)));
  TRACKED_AFTER(sets(),
                __select(ready.fd() + 1, at<fd_set>(0), at<fd_set>(1), at<fd_set>(2), at<timeval>(3)));
  TRACKED_AFTER(sets(),
                pselect(ready.fd() + 1, at<fd_set>(0), at<fd_set>(1), at<fd_set>(2), &no_time, nullptr));
  const auto one = [&] { *at<pollfd>(0) = {ready.fd(), POLLIN, 0}; };
  TRACKED_AFTER(one(), poll(at<pollfd>(0), 1, 0));
  TRACKED_AFTER(one(), __poll(at<pollfd>(0), 1, 0));
  TRACKED_AFTER(one(), __poll_chk(at<pollfd>(0), 1, 0, 8));
  TRACKED_AFTER(one(), ppoll(at<pollfd>(0), 1, &no_time, nullptr));
  TRACKED_AFTER(one(), __ppoll_chk(at<pollfd>(0), 1, &no_time, nullptr, 8));
  const int epoll = epoll_create1(0);
  epoll_event event = {};
  event.events = EPOLLIN;
  REQUIRE(epoll_ctl(epoll, EPOLL_CTL_ADD, ready.fd(), &event) == 0);
  TRACKED(epoll_wait(epoll, at<epoll_event>(0), 4, 0));
  TRACKED(epoll_pwait(epoll, at<epoll_event>(0), 4, 0, nullptr));
  TRACKED(epoll_pwait2(epoll, at<epoll_event>(0), 4, &no_time, nullptr));
  close(epoll);
  const int counter = eventfd(5, EFD_SEMAPHORE);
  TRACKED(eventfd_read(counter, at<eventfd_t>(0)));
  close(counter);
}

TEST_CASE("how children ended is tracked") {
  TRACKED_AFTER(ended(), wait(at<int>(0)));
  TRACKED_AFTER(ended(), __wait(at<int>(0)));
  TRACKED_AFTER(ended(), waitpid(-1, at<int>(0), 0));
  TRACKED_AFTER(ended(), __waitpid(-1, at<int>(0), 0));
  TRACKED_AFTER(ended(), wait3(at<int>(0), 0, at<rusage>(1)));
  TRACKED_AFTER(ended(), wait4(-1, at<int>(0), 0, at<rusage>(1)));
  TRACKED_AFTER(ended(), waitid(P_ALL, 0, at<siginfo_t>(0), WEXITED));
}

TEST_CASE("sets of signals, and signals, are tracked") {
  sigset_t one, two;
  sigemptyset(&one), sigaddset(&one, SIGUSR1);
  sigemptyset(&two), sigaddset(&two, SIGUSR2), sigaddset(&two, SIGUSR1);
  TRACKED(sigprocmask(SIG_BLOCK, nullptr, at<sigset_t>(0)));
  TRACKED(pthread_sigmask(SIG_BLOCK, &one, at<sigset_t>(0)));
  TRACKED(sigpending(at<sigset_t>(0)));
  const auto sent = [] { raise(SIGUSR1); };
  const timespec no_time = {};
  TRACKED_AFTER(sent(), sigwait(&one, at<int>(0)));
  TRACKED_AFTER(sent(), sigwaitinfo(&one, at<siginfo_t>(0)));
  TRACKED_AFTER(sent(), sigtimedwait(&one, at<siginfo_t>(0), &no_time));
  TRACKED(sigemptyset(at<sigset_t>(0)));
  TRACKED(sigfillset(at<sigset_t>(0)));
  TRACKED_AFTER((*at<sigset_t>(0) = one), sigaddset(at<sigset_t>(0), SIGHUP));
  TRACKED_AFTER((*at<sigset_t>(0) = one), sigdelset(at<sigset_t>(0), SIGUSR1));
  TRACKED(sigandset(at<sigset_t>(0), &one, &two));
  TRACKED(sigorset(at<sigset_t>(0), &one, &two));
}

TEST_CASE("what sockets and pipes tell is tracked") {
  int ends[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
  TRACKED_AFTER((*at<socklen_t>(1) = 4),
                getsockopt(ends[0], SOL_SOCKET, SO_TYPE, at<int>(0), at<socklen_t>(1)));
  static iovec part = {const_cast<char *>("x"), 1};
  const auto message = [] {
    *at<mmsghdr>(0) = {};
    at<mmsghdr>(0)->msg_hdr.msg_iov = &part, at<mmsghdr>(0)->msg_hdr.msg_iovlen = 1;
  };
  TRACKED_AFTER(message(), sendmmsg(ends[0], at<mmsghdr>(0), 1, 0));
  close(ends[0]), close(ends[1]);
  static char source[100] = "what another process has";
  const iovec from = {source, sizeof source};
  const auto vector = [&] { *at<iovec>(0) = {at<char>(1), 60}; };
  TRACKED_AFTER(vector(), process_vm_readv(getpid(), at<iovec>(0), 1, &from, 1, 0));
  const Ready ready;
  const int file = fileno(tmpfile());
  TRACKED_AFTER((*at<off64_t>(0) = 0, (void)!write(ready.ends[1], "abc", 3)),
                splice(ready.fd(), nullptr, file, at<off64_t>(0), 3, 0));
}

TEST_CASE("System V's messages and memory are tracked") {
  const int queue = msgget(IPC_PRIVATE, 0600);
  REQUIRE(queue >= 0);
  const struct {
    long type;
    char text[80];
  } letter = {1, "a message of some length, longer than what a line of the cache has room for"};
  TRACKED_AFTER(msgsnd(queue, &letter, sizeof letter.text, 0), msgrcv(queue, at<char>(0), 80, 0, 0));
  TRACKED(msgctl(queue, IPC_STAT, at<msqid_ds>(0)));
  msgctl(queue, IPC_RMID, nullptr);
  const int segment = shmget(IPC_PRIVATE, 4096, 0600);
  REQUIRE(segment >= 0);
  TRACKED(shmctl(segment, IPC_STAT, at<shmid_ds>(0)));
  shmctl(segment, IPC_RMID, nullptr);
}

TEST_CASE("POSIX's message queues are tracked") {
  const std::string name = "/snapshot-test-" + std::to_string(getpid());
  mq_attr attributes = {};
  attributes.mq_maxmsg = 4, attributes.mq_msgsize = 100;
  const mqd_t queue = mq_open(name.c_str(), O_RDWR | O_CREAT, 0600, &attributes);
  const auto writes =
      queue >= 0 ? test::Writes::always : test::Writes::perhaps;  // not where they are disabled
  mq_unlink(name.c_str());
  const auto sent = [&] { mq_send(queue, "letter", 7, 3); };
  const timespec no_time = {};
  test::tracked("mq_getattr", [] {}, [&] { mq_getattr(queue, at<mq_attr>(0)); }, writes);
  test::tracked("mq_setattr", [] {}, [&] { mq_setattr(queue, &attributes, at<mq_attr>(0)); }, writes);
  test::tracked("mq_receive", sent, [&] { mq_receive(queue, at<char>(0), 100, at<unsigned>(1)); }, writes);
  test::tracked(
      "mq_timedreceive", sent, [&] { mq_timedreceive(queue, at<char>(0), 100, at<unsigned>(1), &no_time); },
      writes);
  mq_close(queue);
}
