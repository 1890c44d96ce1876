// LMDB with MDB_WRITEMAP, for the kill rounds. Compiled twice with each library:
//   lmdb          a batch is one transaction
//   lmdb_nosync   (NOSYNC defined) each operation is a transaction of its own, none of them synced
//                 (MDB_NOSYNC), and mdb_env_sync is what makes a batch durable: LMDB promises nothing for a
//                 crash in between, Snapshot makes it one commit
#include "lmdb_store.h"

int main(int argc, char **argv) {
  real_programs::Lmdb lmdb;
  return real_programs::main_of(lmdb, argc, argv);
}
