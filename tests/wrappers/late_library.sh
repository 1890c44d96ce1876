#!/bin/sh
# Claim: a program that was not linked by snapcc, but uses a library that was, is told in one line that its files are not
# managed; snaprun makes it right. A plugin that brings libsnapshot along can be unloaded: threads end and processes
# fork afterwards.
. "$(dirname "$0")/testlib.sh"
clang=$(default_clang)
unmanaged='libsnapshot was loaded behind libc, with a library: no file of this program is managed'

cat >library.c <<'E2'
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
char *library_map(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT, 0644);
  if (fd < 0 || ftruncate(fd, 4096) != 0) return 0;
  char *m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return m == MAP_FAILED ? 0 : m;
}
void library_store(char *to) { to[0] = 's'; }
int library_sync(char *m) { return msync(m, 4096, MS_SYNC); }
E2
cat >program.c <<'E2'
char *library_map(const char *path);
void library_store(char *to);
int library_sync(char *m);
int main(void) {
  char *m = library_map("data");
  if (!m) return 1;
  library_store(m);
  if (library_sync(m) != 0) return 2;
  library_store(m + 64);
  return 0;
}
E2
cat >plugins.c <<'E2'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static void *plugin;
static void *work(void *unused) {
  void (*store)(char *) = (void (*)(char *))dlsym(plugin, "library_store");
  char *(*map)(const char *) = (char *(*)(const char *))dlsym(plugin, "library_map");
  int (*sync)(char *) = (int (*)(char *))dlsym(plugin, "library_sync");
  char *m = map("data");
  if (!m) return work;
  store(m);
  if (sync(m) != 0 || dlclose(plugin) != 0) return work;
  return unused;
}
int main(void) {
  /* With its own dependencies before libc's functions: this one is managed, whatever the rest of the program does. */
  plugin = dlopen("./liblibrary.so", RTLD_NOW | RTLD_DEEPBIND);
  if (!plugin) return fprintf(stderr, "%s\n", dlerror()), 1;
  pthread_t thread;
  void *failed;
  if (pthread_create(&thread, 0, work, 0) != 0 || pthread_join(thread, &failed) != 0 || failed) return 2;
  pid_t child = fork();
  if (child == 0) _exit(3);
  int status;
  return waitpid(child, &status, 0) == child && WEXITSTATUS(status) == 3 ? 0 : 4;
}
E2
succeeds_quietly "$snapcc" -O2 -fPIC -shared library.c -o liblibrary.so
# shellcheck disable=SC2016
succeeds "$clang" -O2 program.c -L. -llibrary -Wl,-rpath,'$ORIGIN' -o program

begin 'a plain program that is linked to an instrumented library'
succeeds ./program
one_error "$unmanaged"
begin 'the same when it is not to say anything'
SNAPSHOT_LOG=off succeeds_quietly ./program
begin 'the same under snaprun'
rm data
succeeds_quietly "$snaprun" --audit abort ./program
same "$(od -An -c -N1 data | tr -d ' ')" s
same "$(od -An -tu1 -j64 -N1 data | tr -d ' ')" 0
begin 'the same linked by snapcc'
# shellcheck disable=SC2016
succeeds_quietly "$snapcc" -O2 program.c -L. -llibrary -Wl,-rpath,'$ORIGIN' -o program
succeeds_quietly ./program

begin 'a plugin that brings the library along, and is unloaded'
succeeds_quietly "$clang" -O2 plugins.c -lpthread -o plugins
succeeds ./plugins
one_error "$unmanaged"
echo 'late_library: passed'
