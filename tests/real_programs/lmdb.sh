# LMDB 0.9.24, with MDB_WRITEMAP. Sourced by check, which says what is to be defined here.
# shellcheck shell=bash disable=SC2034,SC2154
source_package=lmdb
version=0.9.24
# Debian's own: the unrecompiled library and commands.
packages=(liblmdb-dev lmdb-utils)
subjects=(lmdb lmdb_nosync)
# Its lock file is memory that processes share (README.md here).
export SNAPSHOT_IGNORE='*/lock.mdb:*-lock'

# Its own tests come linked with the static library; here they use the shared one, which lmdb_writemap.c stands in
# front of.
tests='mtest mtest2 mtest3 mtest4 mtest5'
make_recompiled() {
  (
    cd "$1/libraries/liblmdb"
    eval "$(snapshot_debian_flags "$1")"
    make CC="$wrappers/snapcc" XCFLAGS="$CFLAGS" CPPFLAGS="$CPPFLAGS" LDFLAGS="$LDFLAGS" liblmdb.a liblmdb.so \
      mdb_stat mdb_copy mdb_dump mdb_load
    for test in $tests; do
      "$wrappers/snapcc" -O2 -w "$test.c" -o "$test" ./liblmdb.so -Wl,-rpath,"$PWD" -pthread
    done
  )
}

make_unrecompiled() {
  for test in $tests; do
    "$clang" -O2 -w "$cache/source/libraries/liblmdb/$test.c" -o "$1/$test" -llmdb -pthread
  done
  "$clang" -O2 -shared -fPIC "$here/lmdb_writemap.c" -o "$1/lmdb_writemap.so" -ldl
}

compile_subjects() {
  local library=$recompiled/libraries/liblmdb name define
  for name in "${subjects[@]}"; do
    define=()
    [ "$name" = lmdb ] || define=(-DNOSYNC)
    compile_plain "$here/lmdb.cc" "$name-plain" "${define[@]}" -llmdb
    compile_recompiled "$here/lmdb.cc" "$name" "${define[@]}" -isystem "$library" "$library/liblmdb.a" -lpthread
  done
  compile_plain "$here/lmdb_reader.cc" lmdb_reader -llmdb
}

# Its makefile's tests and commands, as they are and then with MDB_WRITEMAP.
own_tests() {
  local programs commands preload test
  if [ "$variant" = recompiled ]; then
    programs=$recompiled/libraries/liblmdb commands=$programs
  else
    programs=$unrecompiled commands=/usr/bin
  fi
  for preload in '' "$unrecompiled/lmdb_writemap.so"; do
    # The commands that were recompiled are linked statically.
    for test in $tests; do
      rm -rf testdb && mkdir testdb
      step "$test" preloading "$preload" "$programs/$test"
    done
    rm -rf testdb copy && mkdir testdb copy
    {
      printf '%s\n' VERSION=3 format=print type=btree mapsize=10485760 HEADER=END
      seq -f ' %06.0f' 2 10001
      echo DATA=END
    } >load
    step mdb_load preloading "$preload" "$commands/mdb_load" -f load testdb
    step mdb_copy preloading "$preload" "$commands/mdb_copy" -c testdb copy
    step mdb_stat preloading "$preload" "$commands/mdb_stat" -efa testdb
    mdb_dump -a testdb >dump
    mdb_dump -a copy | cmp - dump || fail 'the copy has other records'
    step mdb_dump preloading "$preload" "$commands/mdb_dump" -p testdb
    diff <(grep '^ ' load) <(grep '^ ' out) >diff || fail "mdb_dump has not what mdb_load was given: $(head -n 3 diff)"
  done
}

# Readers in other processes, unmodified and without Snapshot, beside a writer with it.
check_readers() {
  local reader
  "${under[@]}" "$subject" run data 64 5 --commit-every 64
  for reader in 1 2; do
    mkfifo "seen-$reader"
    "$programs/lmdb_reader" run data 32000 5 --commit-every 64 >"seen-$reader" &
    exec {seen}<"seen-$reader"
    read -r first <&"$seen"
    [ "$first" = 64 ] || fail "reader $reader: has seen $first"
    cat <&"$seen" >"report-$reader" &
  done
  "${under[@]}" "$subject" run data 32000 5 --commit-every 64
  for _ in 1 2 3 4; do wait -n || fail 'a reader has seen what no transaction left'; done
}
