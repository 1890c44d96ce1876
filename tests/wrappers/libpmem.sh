#!/bin/sh
# Claim: SNAPSHOT_PERSIST=libpmem commits with libpmem's verbs, and its word on what is memory counts where the program
# has loaded it.
. "$(dirname "$0")/testlib.sh"
LD_PRELOAD=libpmem.so.1 true 2>err
[ ! -s err ] || skip 'libpmem.so.1 is not installed'
succeeds_quietly "$snapcc" -O2 "-I$source_root/include" "-I$build/include" "$here/managed.c" -o managed
export SNAPSHOT_LOG=info

# commits_on MEDIUM VERBS VARIABLE=VALUE...: one commit, and what the library says that it was made with.
commits_on() {
  medium="medium $1, verbs $2"
  shift 2
  rm -f file.dat
  succeeds env "$@" ./managed file.dat
  has_text err "$medium"
  same "$(cat out)" 'managed=1 lines=8'
  same "$(tr -d '\000' <file.dat)" abcdefgh
}
begin 'libpmem by name'
commits_on memory libpmem SNAPSHOT_PERSIST=libpmem SNAPSHOT_MEDIA=memory
begin 'a program without libpmem does not get it'
commits_on page-cache fdatasync PMEM_IS_PMEM_FORCE=1
begin 'a program with libpmem'
commits_on page-cache fdatasync LD_PRELOAD=libpmem.so.1
commits_on memory '' LD_PRELOAD=libpmem.so.1 PMEM_IS_PMEM_FORCE=1
echo 'libpmem: passed'
