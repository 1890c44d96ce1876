#!/bin/sh
# Claim: make's built-in rules with CC=snapcc and CXX=snapc++ are enough: a program that maps a file has it managed.
. "$(dirname "$0")/testlib.sh"
need make

cat >Makefile <<'E2'
CPPFLAGS = $(INCLUDE)
CFLAGS = -O2 -Wall -Werror
CXXFLAGS = -O2 -Wall -Werror
all: managed managedxx
managed: managed.o
	$(CC) $(LDFLAGS) $^ -o $@
managedxx: managedxx.o
	$(CXX) $(LDFLAGS) $^ -o $@
E2
cp "$here/managed.c" managed.c
cp "$here/managed.c" managedxx.cc
begin 'make'
succeeds make CC="$snapcc" CXX="$snapcxx" INCLUDE="-I$source_root/include -I$build/include"
for program in managed managedxx; do
  begin "$program has its file managed"
  linked "$program"
  SNAPSHOT_MEDIA=memory succeeds "./$program" file.dat
  same "$(cat out)" 'managed=1 lines=8'
done
echo 'make_project: passed'
