#!/bin/sh
# Claim: an installed tree, moved to another place afterwards, is all that a separate project needs: with
# find_package and snapshot_instrument, with pkg-config, with its snapcc, and with its snaprun.
. "$(dirname "$0")/testlib.sh"
need cmake pkg-config
clang=$(default_clang)
clangxx=$(printf '%s' "$clang" | sed 's/clang\(-[0-9]*\)\{0,1\}$/clang++\1/')
major=$(clang_major "$clang")

begin 'cmake --install'
succeeds cmake --install "$build" --prefix "$scratch/first"
mv first moved
prefix=$scratch/moved
cd moved
found=$(find . -name SnapshotConfig.cmake -o -name snapshot.pc -o -name snapshot-pass.so -o -name 'libsnapshot.so*' \
  -o -name '*.cfg' -o -name 'snap*' -path '*/bin/*' -o -name snapshot.h -o -name abi.h -o -name version.h)
for name in bin/snapcc bin/snapc++ bin/snaprun bin/snapctl SnapshotConfig.cmake snapshot.pc snapshot-pass.so \
  libsnapshot.so libsnapshot.so.0 snapshot-compile.cfg snapshot-link.cfg include/snapshot/snapshot.h \
  include/snapshot/abi.h include/snapshot/version.h; do
  case "$found
" in *"/$name
"*) ;; *) fail "$name was not installed" ;; esac
done
! grep -rIlF -e "$build" -e "$source_root" -e "$scratch/first" . >../paths ||
  fail "installed files name the tree they came from: $(cat ../paths)"
library=$(find "$prefix" -name libsnapshot.so)
readelf -d "$library" | grep -q 'SONAME.*\[libsnapshot\.so\.0\]' || fail 'SONAME is not libsnapshot.so.0'
cd ..

# is_managed PROGRAM: it runs without any help, and its file is managed and tracked by the pass.
is_managed() {
  linked "$1"
  rm -f file.dat
  SNAPSHOT_MEDIA=memory succeeds "$1" file.dat
  same "$(cat out)" 'managed=1 lines=8'
}
cp "$here/managed.c" managed.c
cp "$here/managed.c" managed.cc

begin 'the installed snapcc and snapc++'
succeeds_quietly "$prefix/bin/snapcc" -O2 -Wall -Werror "-I$prefix/include" managed.c -o with_snapcc
is_managed ./with_snapcc
succeeds_quietly "$prefix/bin/snapc++" -O2 -Wall -Werror "-I$prefix/include" managed.cc -o with_snapcxx
is_managed ./with_snapcxx
begin 'the installed snaprun'
succeeds_quietly "$clang" -O1 "$here/plain.c" -o plain
SNAPSHOT_MEDIA=memory succeeds "$prefix/bin/snaprun" ./plain plain.dat hello
same "$(tr -d '\000' <plain.dat)" ''
begin 'the installed snapctl'
succeeds "$prefix/bin/snapctl" info file.dat
not_linked "$prefix/bin/snapctl" # it recovers where no library is, or a broken one

begin 'pkg-config'
PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name snapshot.pc)")
export PKG_CONFIG_PATH
flags=$(pkg-config --cflags --libs snapshot)
# shellcheck disable=SC2086
succeeds_quietly "$clang" -O2 -Wall -Werror managed.c $flags -o with_pkg_config
is_managed ./with_pkg_config
# shellcheck disable=SC2046
succeeds_quietly "$clang" -Wall -Werror $(pkg-config --cflags snapshot) -c managed.c -o managed.o
# shellcheck disable=SC2086
succeeds_quietly "$clang" -Wall -Werror managed.o $flags -o in_two_steps
is_managed ./in_two_steps
printf 'int main(void) { return 0; }\n' >empty.c
# shellcheck disable=SC2086
succeeds_quietly "$clang" -Wl,--as-needed empty.c $flags -o without_a_store
linked without_a_store
exists "$(pkg-config --variable=plugin snapshot)"
case " $(pkg-config --variable=clang_majors snapshot) " in
  *" $major "*) ;;
  *) fail "clang_majors does not name $major" ;;
esac

# configure_project DIRECTORY CMAKE-ARGUMENT...: the project of another author.
configure_project() {
  directory=$1
  shift
  run cmake -S project -B "$directory" "-DCMAKE_PREFIX_PATH=$prefix" -DCMAKE_BUILD_TYPE=Release "$@"
}
mkdir project
cp managed.c managed.cc project/
echo 'void keep(char *p) { *p = 1; }' >project/keep.c
cat >project/CMakeLists.txt <<'E2'
cmake_minimum_required(VERSION 3.20)
project(other_authors C CXX)
find_package(Snapshot 0.1 REQUIRED)
add_compile_options(-Wall -Werror)
add_library(keep STATIC keep.c)
add_executable(managed managed.c)
add_executable(managedxx managed.cc)
target_link_libraries(managed keep) # the plain signature has to keep working beside snapshot_instrument
target_link_libraries(managedxx PRIVATE keep)
snapshot_instrument(keep)
snapshot_instrument(managed managedxx)
E2
begin 'find_package and snapshot_instrument'
configure_project built "-DCMAKE_C_COMPILER=$clang" "-DCMAKE_CXX_COMPILER=$clangxx"
same "$status" 0
succeeds cmake --build built -j2
is_managed built/managed
is_managed built/managedxx
instrumented built/libkeep.a
begin 'snapshot_instrument with the wrappers as compilers does no harm'
configure_project wrapped "-DCMAKE_C_COMPILER=$prefix/bin/snapcc" "-DCMAKE_CXX_COMPILER=$prefix/bin/snapc++"
same "$status" 0
succeeds cmake --build wrapped -j2
is_managed wrapped/managed
begin 'another version is not found'
sed -i 's/Snapshot 0\.1/Snapshot 7.0/' project/CMakeLists.txt
configure_project version "-DCMAKE_C_COMPILER=$clang" "-DCMAKE_CXX_COMPILER=$clangxx"
same "$status" 1
has_text err 'version "7.0"'
sed -i 's/Snapshot 7\.0/Snapshot/' project/CMakeLists.txt

if command -v gcc >/dev/null && command -v g++ >/dev/null; then
  begin 'a compiler that is not clang stops the configuration'
  configure_project gcc -DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++
  same "$status" 1
  tr -s '\n ' ' ' <err >err.line
  has_text err.line 'snapshot_instrument: the C compiler is GNU'
fi
# A clang of any unsupported version: what counts is what it says of itself.
begin 'a clang without a plugin stops the configuration'
configure_project clang99 "-DCMAKE_C_COMPILER=$clang" "-DCMAKE_CXX_COMPILER=$clangxx" -DCMAKE_C_COMPILER_FORCED=1 \
  -DCMAKE_C_COMPILER_ID=Clang -DCMAKE_C_COMPILER_VERSION=99.0
same "$status" 1
tr -s '\n ' ' ' <err >err.line
has_text err.line 'snapshot_instrument: the C compiler is Clang 99.0'
echo 'install: passed'
