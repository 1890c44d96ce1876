// Entries of the system's databases, and addresses of the network: an entry, a buffer that holds its texts,
// and a pointer to the entry.
#include <aliases.h>
#include <arpa/inet.h>
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
#include <utmp.h>
#include <utmpx.h>

#include "interpose/writer.h"

using namespace snapshot;

// clang-format off
SNAPSHOT_WRITER(int, getpwnam_r, (const char *name, passwd *to, char *room, size_t n, passwd **found), (name, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getpwuid_r, (uid_t id, passwd *to, char *room, size_t n, passwd **found), (id, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getpwent_r, (passwd *to, char *room, size_t n, passwd **found), (to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, fgetpwent_r, (FILE *file, passwd *to, char *room, size_t n, passwd **found), (file, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getgrnam_r, (const char *name, group *to, char *room, size_t n, group **found), (name, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getgrgid_r, (gid_t id, group *to, char *room, size_t n, group **found), (id, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getgrent_r, (group *to, char *room, size_t n, group **found), (to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, fgetgrent_r, (FILE *file, group *to, char *room, size_t n, group **found), (file, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getspnam_r, (const char *name, spwd *to, char *room, size_t n, spwd **found), (name, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getspent_r, (spwd *to, char *room, size_t n, spwd **found), (to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, sgetspent_r, (const char *from, spwd *to, char *room, size_t n, spwd **found), (from, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, fgetspent_r, (FILE *file, spwd *to, char *room, size_t n, spwd **found), (file, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getsgnam_r, (const char *name, sgrp *to, char *room, size_t n, sgrp **found), (name, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getsgent_r, (sgrp *to, char *room, size_t n, sgrp **found), (to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, sgetsgent_r, (const char *from, sgrp *to, char *room, size_t n, sgrp **found), (from, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, fgetsgent_r, (FILE *file, sgrp *to, char *room, size_t n, sgrp **found), (file, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(mntent *, getmntent_r, (FILE *file, mntent *to, char *room, int n), (file, to, room, n), (object(to), bytes(room, n > 0 ? static_cast<u64>(n) : 0)));
SNAPSHOT_WRITER(mntent *, __getmntent_r, (FILE *file, mntent *to, char *room, int n), (file, to, room, n), (object(to), bytes(room, n > 0 ? static_cast<u64>(n) : 0)));
SNAPSHOT_WRITER(int, getutent_r, (utmp *to, utmp **found), (to, found), objects(to, found));
SNAPSHOT_WRITER(int, getutid_r, (const utmp *id, utmp *to, utmp **found), (id, to, found), objects(to, found));
SNAPSHOT_WRITER(int, getutline_r, (const utmp *line, utmp *to, utmp **found), (line, to, found), objects(to, found));
SNAPSHOT_VOID_WRITER(getutmp, (const utmpx *from, utmp *to), (from, to), object(to));
SNAPSHOT_VOID_WRITER(getutmpx, (const utmp *from, utmpx *to), (from, to), object(to));
SNAPSHOT_WRITER(int, getgrouplist, (const char *user, gid_t id, gid_t *to, int *n), (user, id, to, n), (object(n), result >= 0 ? items(to, static_cast<u64>(*n)) : items(to, 65536)));

SNAPSHOT_WRITER(int, gethostbyname_r, (const char *name, hostent *to, char *room, size_t n, hostent **found, int *error), (name, to, room, n, found, error), (objects(to, found, error), bytes(room, n)));
SNAPSHOT_WRITER(int, gethostbyname2_r, (const char *name, int family, hostent *to, char *room, size_t n, hostent **found, int *error), (name, family, to, room, n, found, error), (objects(to, found, error), bytes(room, n)));
SNAPSHOT_WRITER(int, gethostbyaddr_r, (const void *address, socklen_t length, int family, hostent *to, char *room, size_t n, hostent **found, int *error), (address, length, family, to, room, n, found, error), (objects(to, found, error), bytes(room, n)));
SNAPSHOT_WRITER(int, gethostent_r, (hostent *to, char *room, size_t n, hostent **found, int *error), (to, room, n, found, error), (objects(to, found, error), bytes(room, n)));
SNAPSHOT_WRITER(int, getnetbyname_r, (const char *name, netent *to, char *room, size_t n, netent **found, int *error), (name, to, room, n, found, error), (objects(to, found, error), bytes(room, n)));
SNAPSHOT_WRITER(int, getnetbyaddr_r, (uint32_t net, int family, netent *to, char *room, size_t n, netent **found, int *error), (net, family, to, room, n, found, error), (objects(to, found, error), bytes(room, n)));
SNAPSHOT_WRITER(int, getnetent_r, (netent *to, char *room, size_t n, netent **found, int *error), (to, room, n, found, error), (objects(to, found, error), bytes(room, n)));
SNAPSHOT_WRITER(int, getservbyname_r, (const char *name, const char *protocol, servent *to, char *room, size_t n, servent **found), (name, protocol, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getservbyport_r, (int port, const char *protocol, servent *to, char *room, size_t n, servent **found), (port, protocol, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getservent_r, (servent *to, char *room, size_t n, servent **found), (to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getprotobyname_r, (const char *name, protoent *to, char *room, size_t n, protoent **found), (name, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getprotobynumber_r, (int number, protoent *to, char *room, size_t n, protoent **found), (number, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getprotoent_r, (protoent *to, char *room, size_t n, protoent **found), (to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getrpcbyname_r, (const char *name, rpcent *to, char *room, size_t n, rpcent **found), (name, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getrpcbynumber_r, (int number, rpcent *to, char *room, size_t n, rpcent **found), (number, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getrpcent_r, (rpcent *to, char *room, size_t n, rpcent **found), (to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getaliasbyname_r, (const char *name, aliasent *to, char *room, size_t n, aliasent **found), (name, to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getaliasent_r, (aliasent *to, char *room, size_t n, aliasent **found), (to, room, n, found), (objects(to, found), bytes(room, n)));
SNAPSHOT_WRITER(int, getnetgrent_r, (char **host, char **user, char **domain, char *room, size_t n), (host, user, domain, room, n), (objects(host, user, domain), bytes(room, n)));
SNAPSHOT_WRITER(int, getnetgrent, (char **host, char **user, char **domain), (host, user, domain), objects(host, user, domain));
SNAPSHOT_WRITER(int, getaddrinfo, (const char *name, const char *service, const addrinfo *hints, addrinfo **to), (name, service, hints, to), object(to));
SNAPSHOT_WRITER(int, getnameinfo, (const sockaddr *address, socklen_t length, char *host, socklen_t host_n, char *service, socklen_t service_n, int flags), (address, length, host, host_n, service, service_n, flags), (bytes(host, host_n), bytes(service, service_n)));
SNAPSHOT_WRITER(int, getifaddrs, (ifaddrs **to), (to), object(to));
SNAPSHOT_WRITER(char *, if_indextoname, (unsigned index, char *to), (index, to), bytes(to, IF_NAMESIZE));

SNAPSHOT_WRITER(int, inet_aton, (const char *from, in_addr *to), (from, to), object(to));
SNAPSHOT_WRITER(int, inet_pton, (int family, const char *from, void *to), (family, from, to), bytes(to, family == AF_INET6 ? sizeof(in6_addr) : sizeof(in_addr)));
SNAPSHOT_WRITER(const char *, inet_ntop, (int family, const void *from, char *to, socklen_t n), (family, from, to, n), bytes(to, n));
SNAPSHOT_WRITER(ether_addr *, ether_aton_r, (const char *from, ether_addr *to), (from, to), object(to));
SNAPSHOT_WRITER(char *, ether_ntoa_r, (const ether_addr *from, char *to), (from, to), text(to));
SNAPSHOT_WRITER(int, ether_hostton, (const char *from, ether_addr *to), (from, to), object(to));
SNAPSHOT_WRITER(int, dn_expand, (const unsigned char *message, const unsigned char *end, const unsigned char *from, char *to, int n), (message, end, from, to, n), bytes(to, n > 0 ? static_cast<u64>(n) : 0));
SNAPSHOT_WRITER(int, res_query, (const char *name, int kind, int type, unsigned char *to, int n), (name, kind, type, to, n), bytes(to, n > 0 ? static_cast<u64>(n) : 0));
SNAPSHOT_WRITER(int, res_search, (const char *name, int kind, int type, unsigned char *to, int n), (name, kind, type, to, n), bytes(to, n > 0 ? static_cast<u64>(n) : 0));
// clang-format on
