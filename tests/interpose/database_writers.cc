#include <aliases.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <grp.h>
#include <gshadow.h>
#include <ifaddrs.h>
#include <mntent.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <pwd.h>
#include <resolv.h>
#include <rpc/netdb.h>
#include <shadow.h>
#include <stdio.h>
#include <sys/socket.h>
#include <utmp.h>
#include <utmpx.h>

#include <catch2/catch.hpp>

#include "tracked_call.h"

using test::at;

extern "C" {
mntent *__getmntent_r(FILE *, mntent *, char *, int);
void getutmp(const utmpx *, utmp *);
void getutmpx(const utmp *, utmpx *);
}

namespace {

struct Stream {
  FILE *file = tmpfile();
  explicit Stream(const char *text) {
    fputs(text, file);
    rewind(file);
  }
  ~Stream() { fclose(file); }
};

char *room() { return at<char>(1); }
constexpr size_t n = 2000;
int *error() { return at<int>(3); }
template <typename T>
T **found() {
  return at<T *>(2);
}

}  // namespace

TEST_CASE("entries of users and groups are tracked") {
  TRACKED(getpwnam_r("root", at<passwd>(0), room(), n, found<passwd>()));
  TRACKED(getpwuid_r(0, at<passwd>(0), room(), n, found<passwd>()));
  TRACKED((setpwent(), getpwent_r(at<passwd>(0), room(), n, found<passwd>())));
  TRACKED(fgetpwent_r(Stream("u:x:1:2:name:/:/bin/sh\n").file, at<passwd>(0), room(), n, found<passwd>()));
  TRACKED(getgrnam_r("root", at<group>(0), room(), n, found<group>()));
  TRACKED(getgrgid_r(0, at<group>(0), room(), n, found<group>()));
  TRACKED((setgrent(), getgrent_r(at<group>(0), room(), n, found<group>())));
  TRACKED(fgetgrent_r(Stream("g:x:5:a,b\n").file, at<group>(0), room(), n, found<group>()));
  TRACKED(getspnam_r("root", at<spwd>(0), room(), n, found<spwd>()));
  TRACKED((setspent(), getspent_r(at<spwd>(0), room(), n, found<spwd>())));
  TRACKED(sgetspent_r("u:x:1:2:3:4:5:6:", at<spwd>(0), room(), n, found<spwd>()));
  TRACKED(fgetspent_r(Stream("u:x:1:2:3:4:5:6:\n").file, at<spwd>(0), room(), n, found<spwd>()));
  TRACKED(getsgnam_r("root", at<sgrp>(0), room(), n, found<sgrp>()));
  TRACKED((setsgent(), getsgent_r(at<sgrp>(0), room(), n, found<sgrp>())));
  TRACKED(sgetsgent_r("g:x:a:b", at<sgrp>(0), room(), n, found<sgrp>()));
  TRACKED(fgetsgent_r(Stream("g:x:a:b\n").file, at<sgrp>(0), room(), n, found<sgrp>()));
  TRACKED_AFTER((*at<int>(1) = 10), getgrouplist("root", 0, at<gid_t>(0), at<int>(1)));
  TRACKED_AFTER((*at<int>(1) = 0), getgrouplist("root", 0, at<gid_t>(0), at<int>(1)));
}

TEST_CASE("entries of mounts and sessions are tracked") {
  TRACKED(getmntent_r(Stream("/dev/x /mnt ext4 rw 0 0\n").file, at<mntent>(0), room(), n));
  TRACKED(__getmntent_r(Stream("/dev/x /mnt ext4 rw 0 0\n").file, at<mntent>(0), room(), n));
  TRACKED_IF_ANY((setutent(), getutent_r(at<utmp>(0), found<utmp>())));
  utmp wanted = {};
  wanted.ut_type = BOOT_TIME;
  TRACKED_IF_ANY((setutent(), getutid_r(&wanted, at<utmp>(0), found<utmp>())));
  TRACKED_IF_ANY((setutent(), getutline_r(&wanted, at<utmp>(0), found<utmp>())));
  const utmpx other = {};
  TRACKED(getutmp(&other, at<utmp>(0)));
  TRACKED(getutmpx(&wanted, at<utmpx>(0)));
}

// A machine need not know them; that nothing is found is written, too.
TEST_CASE("entries of hosts, networks, services and protocols are tracked") {
  const in_addr local = {htonl(INADDR_LOOPBACK)};
  TRACKED(gethostbyname_r("127.0.0.1", at<hostent>(0), room(), n, found<hostent>(), error()));
  TRACKED(gethostbyname2_r("127.0.0.1", AF_INET, at<hostent>(0), room(), n, found<hostent>(), error()));
  TRACKED(gethostbyaddr_r(&local, 4, AF_INET, at<hostent>(0), room(), n, found<hostent>(), error()));
  TRACKED(gethostent_r(at<hostent>(0), room(), n, found<hostent>(), error()));
  TRACKED(getnetbyname_r("loopback", at<netent>(0), room(), n, found<netent>(), error()));
  TRACKED(getnetbyaddr_r(127, AF_INET, at<netent>(0), room(), n, found<netent>(), error()));
  TRACKED(getnetent_r(at<netent>(0), room(), n, found<netent>(), error()));
  TRACKED(getservbyname_r("domain", "udp", at<servent>(0), room(), n, found<servent>()));
  TRACKED(getservbyport_r(htons(53), "udp", at<servent>(0), room(), n, found<servent>()));
  TRACKED(getservent_r(at<servent>(0), room(), n, found<servent>()));
  TRACKED(getprotobyname_r("tcp", at<protoent>(0), room(), n, found<protoent>()));
  TRACKED(getprotobynumber_r(6, at<protoent>(0), room(), n, found<protoent>()));
  TRACKED(getprotoent_r(at<protoent>(0), room(), n, found<protoent>()));
  TRACKED(getrpcbyname_r("portmapper", at<rpcent>(0), room(), n, found<rpcent>()));
  TRACKED(getrpcbynumber_r(100000, at<rpcent>(0), room(), n, found<rpcent>()));
  TRACKED(getrpcent_r(at<rpcent>(0), room(), n, found<rpcent>()));
  TRACKED(getaliasbyname_r("postmaster", at<aliasent>(0), room(), n, found<aliasent>()));
  TRACKED(getaliasent_r(at<aliasent>(0), room(), n, found<aliasent>()));
  TRACKED_IF_ANY(getnetgrent(at<char *>(0), at<char *>(2), at<char *>(3)));
  TRACKED_IF_ANY(getnetgrent_r(at<char *>(0), at<char *>(2), at<char *>(3), room(), n));
}

TEST_CASE("addresses and their names are tracked") {
  addrinfo hints = {};
  hints.ai_flags = AI_NUMERICHOST;
  TRACKED(getaddrinfo("127.0.0.1", nullptr, &hints, at<addrinfo *>(0)));
  sockaddr_in local = {};
  local.sin_family = AF_INET, local.sin_addr.s_addr = htonl(INADDR_LOOPBACK), local.sin_port = htons(7);
  TRACKED(getnameinfo(reinterpret_cast<sockaddr *>(&local), sizeof local, at<char>(0), 100, at<char>(1), 100,
                      NI_NUMERICHOST | NI_NUMERICSERV));
  TRACKED(getifaddrs(at<ifaddrs *>(0)));
  TRACKED_IF_ANY(if_indextoname(1, at<char>(0)));
  TRACKED(inet_aton("127.0.0.1", at<in_addr>(0)));
  TRACKED(inet_pton(AF_INET, "127.0.0.1", at<in_addr>(0)));
  TRACKED(inet_pton(AF_INET6, "::1", at<in6_addr>(0)));
  TRACKED(inet_ntop(AF_INET, &local.sin_addr, at<char>(0), 100));
  TRACKED(ether_aton_r("1:2:3:4:5:6", at<ether_addr>(0)));
  const ether_addr ethernet = {{1, 2, 3, 4, 5, 6}};
  TRACKED(ether_ntoa_r(&ethernet, at<char>(0)));
  TRACKED_IF_ANY(ether_hostton("nobody", at<ether_addr>(0)));
  const unsigned char name[] = "\3one\3two";
  TRACKED(dn_expand(name, name + sizeof name, name, at<char>(0), 100));
}

// Without a name server they fail; what they had built by then is lost by nobody.
TEST_CASE("answers of name servers are tracked") {
  REQUIRE(res_init() == 0);
  _res.nscount = 0, _res.retry = 1, _res.retrans = 1;
  TRACKED_IF_ANY(res_query("snapshot.invalid", C_IN, T_A, at<unsigned char>(0), 2000));
  TRACKED_IF_ANY(res_search("snapshot.invalid", C_IN, T_A, at<unsigned char>(0), 2000));
}
