# Tkrzw 1.0.25. Sourced by check, which says what is to be defined here.
# shellcheck shell=bash disable=SC2034,SC2154
source_package=tkrzw
version=1.0.25
packages=(libtkrzw-dev tkrzw-utils libgtest-dev libgmock-dev g++ zlib1g-dev libzstd-dev liblz4-dev liblzma-dev)
subjects=(tkrzw_hash tkrzw_tree tkrzw_hash_hard)
# The subject that leaves it to Tkrzw to restore a file (tkrzw.cc).
may_repair() { [[ $1 == *_hard ]]; }

short_tests=(tkrzw_file_mmap_test tkrzw_dbm_tree_test)
# Of these the seconds that threads, large records and thousands of corrupted files take.
short_filter='-*OrderedThread:*LargeRecord:*Basic:*Process*:*Corruption'
# Stores to no file, and fails on a busy machine without Snapshot, too: ten threads get three seconds.
all_filter='-ThreadUtilTest.WaitCounter'
commands=(tkrzw_build_util tkrzw_dbm_perf tkrzw_dbm_tran tkrzw_dbm_util tkrzw_file_perf tkrzw_langc_check tkrzw_str_perf
  tkrzw_ulog_util)
# Of these what its light check needs.
short_commands=(tkrzw_build_util tkrzw_dbm_perf tkrzw_dbm_util tkrzw_file_perf tkrzw_langc_check tkrzw_ulog_util)

make_recompiled() {
  (
    cd "$1"
    eval "$(snapshot_debian_flags "$1")"
    export CC=$wrappers/snapcc CXX=$wrappers/snapc++
    ./configure --enable-zlib --enable-zstd --enable-lz4 --enable-lzma --prefix=/usr
    make -j"$(nproc)" libtkrzw.a libtkrzw.so
    make_with_it "${short_commands[@]}" "${short_tests[@]}"
  )
}

# What uses the library, in the current directory: not optimised, since the tests' templates take longer to optimise than
# the whole library does.
make_with_it() { make -j"$(nproc)" CXXFLAGS="$(sed -n 's/^CXXFLAGS := //p' Makefile) -O0" "$@"; }

# Its tests, and the makefile to run the commands by, for Debian's library.
make_unrecompiled() {
  local directory=$1 test command
  for test in "${short_tests[@]}"; do compile_test "$test" "$directory"; done
  for command in "${commands[@]}"; do ln -s "/usr/bin/$command" "$directory/$command"; done
  ln -s "$recompiled/Makefile" "$directory/Makefile"
}

# The headers of the tests are in the source, those of the library Debian's.
compile_test() {
  "$clangxx" -O0 -w -std=c++17 -pthread -D_TKRZW_COMP_ZLIB -D_TKRZW_COMP_ZSTD -D_TKRZW_COMP_LZ4 -D_TKRZW_COMP_LZMA \
    -I "$cache/source" "$cache/source/$1.cc" -o "$2/$1" -ltkrzw -lgtest -lgmock -lpthread
}

compile_subjects() {
  local name database define
  for name in "${subjects[@]}"; do
    database=HashDBM define=()
    [[ $name != *_tree* ]] || database=TreeDBM
    ! may_repair "$name" || define=(-DHARD)
    compile_plain "$here/tkrzw.cc" "$name-plain" -DDATABASE=$database "${define[@]}" -ltkrzw
    compile_recompiled "$here/tkrzw.cc" "$name" -DDATABASE=$database "${define[@]}" -isystem "$recompiled" \
      "$recompiled/libtkrzw.a" -llzma -llz4 -lzstd -lz -lpthread
  done
}

# Short: the tests of its mapped files and of the tree database, and its light check of the commands. All: its unit
# tests but for one, and all checks of the commands, which it also kills and restores (check-tran).
own_tests() {
  local directory=$unrecompiled filter=$short_filter test check=check-light names=("${short_tests[@]}")
  [ "$variant" != recompiled ] || directory=$recompiled
  if [ "$amount" = all ]; then
    mapfile -t names < <(sed -n 's/^TESTFILES := //p' "$recompiled/Makefile" | tr ' ' '\n')
    filter=$all_filter check=check
    snapshot_quietly "$cache/tests-$variant.log" "make_all_$variant" || fail 'its own tests cannot be compiled'
  fi
  export TMPDIR=$scratch LD_LIBRARY_PATH=$directory
  for test in "${names[@]}"; do
    step "$test" "$directory/$test" --gtest_filter="$filter"
    grep -q '\[  PASSED  \] [1-9]' out || fail "$test: has tested nothing: $(tail -n 3 out)"
  done
  for test in Makefile "${commands[@]}"; do
    ln -sf "$directory/$test" .
  done
  step "$check" make -s "$check" MAKE='make -s'
}

make_all_recompiled() {
  (cd "$recompiled" && make_with_it CC="$wrappers/snapcc" CXX="$wrappers/snapc++" "${commands[@]}" test)
}
make_all_unrecompiled() {
  local test
  for test in "${names[@]}"; do
    [ -x "$unrecompiled/$test" ] || compile_test "$test" "$unrecompiled"
  done
}
