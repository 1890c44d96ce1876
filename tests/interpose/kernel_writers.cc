#include <fcntl.h>
#include <limits.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>

#include "temp_dir.h"
#include "writer_check.h"

using test::check, test::distance, test::fills_in, test::text, test::Writer;

extern "C" {
ssize_t __recv_chk(int, void *, size_t, size_t, int);
ssize_t __recvfrom_chk(int, void *, size_t, size_t, int, sockaddr *, socklen_t *);
ssize_t __readlink_chk(const char *, char *, size_t, size_t);
ssize_t __readlinkat_chk(int, const char *, char *, size_t, size_t);
char *__getcwd_chk(char *, size_t, size_t);
char *__getwd_chk(char *, size_t);
char *getwd(char *);
char *__realpath_chk(const char *, char *, size_t);
int __gethostname_chk(char *, size_t, size_t);
int __getdomainname_chk(char *, size_t, size_t);
}

namespace {

struct Datagrams {
  int out, in;
  Datagrams() {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0);
    out = ends[0], in = ends[1];
  }
  ~Datagrams() { close(out), close(in); }
  void send(size_t n) const { REQUIRE(::send(out, text(n), n, 0) == static_cast<ssize_t>(n)); }
};

void check_received(const char *name, std::function<ssize_t(int fd, char *to, size_t n)> call) {
  check({name, [=](char *to, size_t n) {
           const Datagrams sockets;
           sockets.send(n);
           return long(call(sockets.in, to, n));
         }});
}

// A bound socket and one connected to it: a sender with an address.
struct Named {
  test::TempDir dir;
  int in = socket(AF_UNIX, SOCK_DGRAM, 0), out = socket(AF_UNIX, SOCK_DGRAM, 0);
  static sockaddr_un address(const std::string &path) {
    sockaddr_un a = {};
    a.sun_family = AF_UNIX;
    path.copy(a.sun_path, sizeof a.sun_path - 1);
    return a;
  }
  static const sockaddr *plain(const sockaddr_un &a) { return reinterpret_cast<const sockaddr *>(&a); }
  Named() {
    const sockaddr_un to = address(dir / "in"), from = address(dir / "out");
    REQUIRE(bind(in, plain(to), sizeof to) == 0);
    REQUIRE(bind(out, plain(from), sizeof from) == 0);
    REQUIRE(connect(out, plain(to), sizeof to) == 0);
  }
  ~Named() { close(in), close(out); }
};

}  // namespace

TEST_CASE("received data is tracked") {
  check_received("recv", [](int fd, char *to, size_t n) { return recv(fd, to, n, 0); });
  check_received("recv, truncated",
                 [](int fd, char *to, size_t n) { return recv(fd, to, (n + 1) / 2, MSG_TRUNC); });
  check_received("__recv_chk", [](int fd, char *to, size_t n) { return __recv_chk(fd, to, n, n, 0); });
  check_received("recvfrom",
                 [](int fd, char *to, size_t n) { return recvfrom(fd, to, n, 0, nullptr, nullptr); });
  check_received("__recvfrom_chk", [](int fd, char *to, size_t n) {
    return __recvfrom_chk(fd, to, n, n, 0, nullptr, nullptr);
  });
  check_received("recvmsg in two parts", [](int fd, char *to, size_t n) {
    iovec parts[2] = {{to + n - n / 3, n / 3}, {to, n - n / 3}};
    msghdr message = {};
    message.msg_iov = parts, message.msg_iovlen = 2;
    return recvmsg(fd, &message, 0);
  });
  check({"recvmmsg", [](char *to, size_t n) {
           const Datagrams sockets;
           sockets.send(n / 2);
           sockets.send(n - n / 2);
           iovec parts[2] = {{to, n / 2}, {to + n / 2, n - n / 2}};
           mmsghdr messages[2] = {};
           for (int i : {0, 1}) messages[i].msg_hdr.msg_iov = &parts[i], messages[i].msg_hdr.msg_iovlen = 1;
           return long(recvmmsg(sockets.in, messages, 2, 0, nullptr));
         }});
}

TEST_CASE("what else a message brings is tracked") {
  static const Named sockets;
  const auto send_one = [] { REQUIRE(::send(sockets.out, "x", 1, 0) == 1); };
  const auto address = [&](const char *name, std::function<long(char *)> call) {
    check(fills_in(name, sizeof(sockaddr_un), 2, call));
  };
  static char data[8];
  address("recvfrom's address", [=](char *to) {
    send_one();
    socklen_t length = sizeof(sockaddr_un);
    return long(recvfrom(sockets.in, data, 8, 0, reinterpret_cast<sockaddr *>(to), &length));
  });
  address("recvmsg's address", [=](char *to) {
    send_one();
    iovec part = {data, 8};
    msghdr message = {};
    message.msg_iov = &part, message.msg_iovlen = 1, message.msg_name = to,
    message.msg_namelen = sizeof(sockaddr_un);
    return long(recvmsg(sockets.in, &message, 0));
  });
  address("getsockname", [](char *to) {
    socklen_t length = sizeof(sockaddr_un);
    return long(getsockname(sockets.in, reinterpret_cast<sockaddr *>(to), &length));
  });
  address("getpeername", [](char *to) {
    socklen_t length = sizeof(sockaddr_un);
    return long(getpeername(sockets.out, reinterpret_cast<sockaddr *>(to), &length));
  });

  // The structures themselves in the file.
  static iovec part = {data, 8};
  Writer header = fills_in("recvmsg's header", sizeof(msghdr), 8, [=](char *to) {
    send_one();
    return long(recvmsg(sockets.in, reinterpret_cast<msghdr *>(to), 0));
  });
  header.prepare = [](char *to) {
    msghdr message = {};
    message.msg_iov = &part, message.msg_iovlen = 1, message.msg_flags = -1;
    memcpy(to, &message, sizeof message);
  };
  check(header);
  Writer headers = fills_in("recvmmsg's headers", sizeof(mmsghdr), 8, [=](char *to) {
    send_one();
    return long(recvmmsg(sockets.in, reinterpret_cast<mmsghdr *>(to), 1, 0, nullptr));
  });
  headers.prepare = [](char *to) {
    mmsghdr message = {};
    message.msg_hdr.msg_iov = &part, message.msg_hdr.msg_iovlen = 1;
    memcpy(to, &message, sizeof message);
  };
  check(headers);
  Writer timeout = fills_in("recvmmsg's timeout", sizeof(timespec), 8, [=](char *to) {
    send_one();
    mmsghdr message = {};
    message.msg_hdr.msg_iov = &part, message.msg_hdr.msg_iovlen = 1;
    return long(recvmmsg(sockets.in, &message, 1, 0, reinterpret_cast<timespec *>(to)));
  });
  timeout.prepare = [](char *to) {
    const timespec soon = {5, 0};
    memcpy(to, &soon, sizeof soon);
  };
  check(timeout);
  Writer length = fills_in("recvfrom's length", sizeof(socklen_t), 4, [=](char *to) {
    send_one();
    sockaddr_un from;
    return long(recvfrom(sockets.in, data, 8, 0, reinterpret_cast<sockaddr *>(&from),
                         reinterpret_cast<socklen_t *>(to)));
  });
  length.prepare = [](char *to) {
    const socklen_t room = sizeof(sockaddr_un);
    memcpy(to, &room, sizeof room);
  };
  check(length);
  check(fills_in("recvmsg's control data", CMSG_SPACE(sizeof(int)), 8, [](char *to) {
    const Datagrams pair;
    alignas(8) char control[CMSG_SPACE(sizeof(int))] = {};
    iovec one = {data, 1};
    msghdr message = {};
    message.msg_iov = &one, message.msg_iovlen = 1, message.msg_control = control,
    message.msg_controllen = sizeof control;
    cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET, c->cmsg_type = SCM_RIGHTS, c->cmsg_len = CMSG_LEN(sizeof(int));
    *reinterpret_cast<int *>(CMSG_DATA(c)) = pair.in;
    REQUIRE(sendmsg(pair.out, &message, 0) == 1);
    message.msg_control = to;
    const long result = recvmsg(pair.in, &message, 0);
    close(*reinterpret_cast<int *>(CMSG_DATA(reinterpret_cast<cmsghdr *>(to))));
    return result;
  }));
}

TEST_CASE("the peer's address that accept brings is tracked") {
  const test::TempDir dir;
  const int server = socket(AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un at = Named::address(dir / "server"), from = Named::address(dir / "client");
  REQUIRE(bind(server, Named::plain(at), sizeof at) == 0);
  REQUIRE(listen(server, 1) == 0);
  const auto accepted = [&](std::function<int(sockaddr *, socklen_t *)> call) {
    return [&, call](char *to) {
      const int client = socket(AF_UNIX, SOCK_STREAM, 0);
      unlink((dir / "client").c_str());
      REQUIRE(bind(client, Named::plain(from), sizeof from) == 0);
      REQUIRE(connect(client, Named::plain(at), sizeof at) == 0);
      socklen_t length = sizeof(sockaddr_un);
      const int fd = call(reinterpret_cast<sockaddr *>(to), &length);
      REQUIRE(fd >= 0);
      close(fd), close(client);
      return 0L;
    };
  };
  check(fills_in("accept", sizeof from, 2,
                 accepted([=](sockaddr *a, socklen_t *n) { return accept(server, a, n); })));
  check(fills_in("accept4", sizeof from, 2,
                 accepted([=](sockaddr *a, socklen_t *n) { return accept4(server, a, n, SOCK_CLOEXEC); })));
  close(server);
}

TEST_CASE("random bytes from the kernel are tracked") {
  Writer random{"getrandom", [](char *to, size_t n) { return long(getrandom(to, n, 0)); }};
  random.sizes = {0, 7, 64, 65, 255, 4097};
  random.repeatable = false;
  check(random);
  Writer entropy{"getentropy", [](char *to, size_t n) { return long(getentropy(to, n)); }};
  entropy.sizes = {0, 7, 64, 65, 255};
  entropy.repeatable = false;
  check(entropy);
}

TEST_CASE("names and paths are tracked") {
  const test::TempDir dir;
  const auto link_of = [&](size_t n) {
    const std::string path = dir / std::to_string(n);
    (void)!symlink(text(n), path.c_str());
    return path;
  };
  const std::vector<size_t> sizes = {1, 7, 63, 64, 65, 1000, 4095};
  for (Writer w :
       {Writer{"readlink", [&](char *to, size_t n) { return readlink(link_of(n).c_str(), to, n); }},
        {"__readlink_chk", [&](char *to, size_t n) { return __readlink_chk(link_of(n).c_str(), to, n, n); }},
        {"readlinkat", [&](char *to, size_t n) { return readlinkat(AT_FDCWD, link_of(n).c_str(), to, n); }},
        {"__readlinkat_chk",
         [&](char *to, size_t n) { return __readlinkat_chk(AT_FDCWD, link_of(n).c_str(), to, n, n); }}}) {
    w.sizes = sizes;
    check(w);
  }
  const auto name = [](const char *what, std::function<long(char *)> call) {
    check(fills_in(what, PATH_MAX, 1, call, true));
  };
  name("getcwd", [](char *to) { return distance(getcwd(to, PATH_MAX), to); });
  name("__getcwd_chk", [](char *to) { return distance(__getcwd_chk(to, PATH_MAX, PATH_MAX), to); });
  name("getwd", [](char *to) { return distance(getwd(to), to); });
  name("__getwd_chk", [](char *to) { return distance(__getwd_chk(to, PATH_MAX), to); });
  name("realpath", [&](char *to) { return distance(realpath(dir.path().c_str(), to), to); });
  name("realpath that fails", [&](char *to) { return distance(realpath((dir / "none").c_str(), to), to); });
  name("__realpath_chk",
       [&](char *to) { return distance(__realpath_chk(dir.path().c_str(), to, PATH_MAX), to); });
  name("gethostname", [](char *to) { return gethostname(to, PATH_MAX); });
  name("__gethostname_chk", [](char *to) { return __gethostname_chk(to, PATH_MAX, PATH_MAX); });
  name("getdomainname", [](char *to) { return getdomainname(to, PATH_MAX); });
  name("__getdomainname_chk", [](char *to) { return __getdomainname_chk(to, PATH_MAX, PATH_MAX); });
}

TEST_CASE("clocks are tracked") {
  check(fills_in("time", 8, 8, [](char *to) { return long(time(reinterpret_cast<time_t *>(to)) != -1); }));
  const auto at = [](char *to) { return reinterpret_cast<timespec *>(to); };
  check(fills_in("clock_gettime", 16, 8, [=](char *to) { return clock_gettime(CLOCK_REALTIME, at(to)); }));
  check(
      fills_in("clock_getres", 16, 8, [=](char *to) { return clock_getres(CLOCK_REALTIME, at(to)); }, true));
  check(fills_in("timespec_get", 16, 8, [=](char *to) { return timespec_get(at(to), TIME_UTC); }));
  check(fills_in("gettimeofday", 16, 8,
                 [](char *to) { return gettimeofday(reinterpret_cast<timeval *>(to), nullptr); }));
}

TEST_CASE("the time zone that gettimeofday fills in is tracked") {
  check(fills_in("gettimeofday's zone", 8, 4, [](char *to) {
    timeval now;
    return long(gettimeofday(&now, to));
  }));
}

TEST_CASE("pairs of descriptors are tracked") {
  const auto closed = [](int result, char *to) {
    REQUIRE(result == 0);
    int ends[2];
    memcpy(ends, to, sizeof ends);
    close(ends[0]), close(ends[1]);
    return 0L;
  };
  const auto pair = [](char *to) { return reinterpret_cast<int *>(to); };
  check(fills_in("pipe", 8, 4, [=](char *to) { return closed(pipe(pair(to)), to); }));
  check(fills_in("pipe2", 8, 4, [=](char *to) { return closed(pipe2(pair(to), O_CLOEXEC), to); }));
  check(fills_in("socketpair", 8, 4,
                 [=](char *to) { return closed(socketpair(AF_UNIX, SOCK_STREAM, 0, pair(to)), to); }));
}
