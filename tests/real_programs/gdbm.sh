# gdbm 1.23. Sourced by check, which says what is to be defined here.
# shellcheck shell=bash disable=SC2034,SC2154
source_package=gdbm
version=1.23
packages=(libgdbm-dev gdbmtool)
subjects=(gdbm)
# By memcpy alone: there is nothing that the audit could miss.
stores_by_libc=yes
# It maps its file anew in the midst of a batch (README.md here).
export SNAPSHOT_MUNMAP=keep

# What its test suite runs, beside its commands.
test_programs=(closerr fdop g_open_ce g_reorg_ce gtcacheopt gtconv gtdel gtdump gtfetch gtload gtopt gtrecover gtver
  num2word t_wordwrap)

make_recompiled() {
  (
    cd "$1"
    # Debian's changes make its generated files older than their sources; what would make them anew need not be here.
    find . -exec touch -d @0 {} +
    eval "$(snapshot_debian_flags "$1")"
    export CC=$wrappers/snapcc
    ./configure --prefix=/usr --disable-nls --without-readline --disable-shared
    make -j"$(nproc)"
    make -C tests -j"$(nproc)" "${test_programs[@]}"
  )
}

make_unrecompiled() {
  local name tests=$cache/source/tests
  for name in "${test_programs[@]}"; do
    [ "$name" != t_wordwrap ] || continue # of its commands' insides
    "$clang" -O1 -w -I "$recompiled" -I "$recompiled/src" "$tests/$name.c" -o "$1/$name" -lgdbm || return
  done
  cp "$recompiled/tests/t_wordwrap" "$1"
  for name in gdbmtool gdbm_dump gdbm_load; do ln -s "/usr/bin/$name" "$1/$name"; done
}

compile_subjects() {
  compile_plain "$here/gdbm.cc" gdbm-plain -lgdbm
  compile_recompiled "$here/gdbm.cc" gdbm -isystem "$recompiled/src" "$recompiled/src/.libs/libgdbm.a"
}

# Its test suite. amount makes no difference: all of it takes seconds.
own_tests() {
  local programs=$recompiled/tests:$recompiled/tools
  [ "$variant" = recompiled ] || programs=$unrecompiled
  cp "$recompiled/tests/atconfig" .
  # Not the one of its folder, which puts the recompiled commands first.
  printf 'COMPAT=0\n' >atlocal
  "${under[@]}" sh "$cache/source/tests/testsuite" AUTOTEST_PATH="$programs" >out 2>&1 ||
    fail "test suite ($variant): $(grep -h 'FAILED\|left out' out testsuite.log | head -n 4)"
  steps=$(grep -c ' ok$' out) || fail 'its test suite has tested nothing'
}
