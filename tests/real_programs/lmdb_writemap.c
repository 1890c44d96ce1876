// LMDB's own tests open their databases without MDB_WRITEMAP. Preloaded, this opens every database that is
// opened for writing with it; the tests themselves stay as they are.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <lmdb.h>
#include <stdlib.h>

int mdb_env_open(MDB_env *env, const char *path, unsigned int flags, mdb_mode_t mode) {
  int (*real)(MDB_env *, const char *, unsigned int, mdb_mode_t) = dlsym(RTLD_NEXT, "mdb_env_open");
  if (real == NULL) abort();
  return real(env, path, (flags & MDB_RDONLY) != 0 ? flags : flags | MDB_WRITEMAP, mode);
}
