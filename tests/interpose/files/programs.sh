#!/bin/sh
# Programs that were never compiled for Snapshot, and that map files or copy mapped ones, under LD_PRELOAD: they do what
# they do without it.
# usage: programs.sh LIBSNAPSHOT
set -eu
library=$1
work=$(mktemp -d "${SNAPSHOT_TEST_DIRECTORY:-/dev/shm}/snapshot-test-XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() {
  echo "programs.sh: $*" >&2
  exit 1
}
loaded() { LD_PRELOAD=$library "$@"; }
have() { command -v "$1" >/dev/null 2>&1 || { echo "SKIPPED: $1 is not installed" && false; }; }

# Python's mmap copies slices with memcpy, single items by a plain store; both must survive, the second because the
# interpreter ends with munmap only if something tracked it. What is not tracked is not promised: slices it is.
if have python3; then
  loaded python3 - <<'EOF' || fail "python3: mmap"
import mmap, os
fd = os.open("python.dat", os.O_RDWR | os.O_CREAT)
os.ftruncate(fd, 8192)
m = mmap.mmap(fd, 8192)
m[100:105] = b"slice"
assert os.pread(fd, 5, 100) == b"slice"
assert open("python.dat", "rb").read()[100:105] == b"slice"
m.flush()
m.write(b"written")
m.move(4000, 100, 5)
m.flush(0, 4096)
os.ftruncate(fd, 16384)
m.resize(16384)
m[16380:16384] = b"tail"
os.pwrite(fd, b"pwrite", 9000)
assert m[9000:9006] == b"pwrite"
m.seek(0, 2)
assert m.find(b"tail", 0) == 16380
m.close()
os.close(fd)
EOF
  [ ! -e python.dat.snaplog ] || fail "python3: the log was left behind"
  [ "$(dd if=python.dat bs=1 skip=100 count=5 status=none)" = slice ] || fail "python3: a slice is lost"
  [ "$(dd if=python.dat bs=1 count=7 status=none)" = written ] || fail "python3: write is lost"
  [ "$(dd if=python.dat bs=1 skip=4000 count=5 status=none)" = slice ] || fail "python3: move is lost"
  [ "$(tail -c 4 python.dat)" = tail ] || fail "python3: the resized end is lost"
  [ "$(dd if=python.dat bs=1 skip=9000 count=6 status=none)" = pwrite ] || fail "python3: os.pwrite is lost"

  # A database in WAL mode maps its index, shared and writable, from several connections and processes.
  loaded python3 - <<'EOF' || fail "python3: sqlite3 in WAL mode"
import os, sqlite3
a = sqlite3.connect("wal.db")
print(a.execute("pragma journal_mode=wal").fetchone(), a.execute("pragma mmap_size=1000000").fetchone())
a.execute("create table t(a)")
b = sqlite3.connect("wal.db")
for i in range(200):
    (a if i % 2 else b).execute("insert into t values(?)", (i,))
    (a if i % 2 else b).commit()
assert a.execute("select count(*), sum(a) from t").fetchone() == (200, 19900)
assert b.execute("pragma integrity_check").fetchone() == ("ok",)
EOF
  python3 -c 'import sqlite3; assert sqlite3.connect("wal.db").execute("select sum(a) from t").fetchone() == (19900,)' ||
    fail "sqlite3: the database differs without the library"
fi

head -c 300000 /dev/urandom >source
for copier in "cp --reflink=auto" "cp --sparse=always" "install -m 600" "rsync -q" "mv"; do
  have "${copier%% *}" || continue
  cp source from
  # shellcheck disable=SC2086
  loaded $copier from copy
  cmp -s source copy || fail "$copier makes a different copy"
  rm -f copy
done
loaded dd if=source of=copy bs=777 status=none
cmp -s source copy || fail "dd makes a different copy"
loaded sh -c "cat <source >copy2"
cmp -s source copy2 || fail "cat makes a different copy"
if have perl; then
  loaded perl -e 'open(F, "+<", "copy") or die; seek(F, 1000, 0); print F "perl"; truncate(F, 2000) or die; close F' ||
    fail perl
  [ "$(stat -c %s copy)" = 2000 ] || fail "perl: truncate"
fi
if have git; then
  loaded sh -c 'git init -q repo && cd repo && cp ../source f && git add f &&
    git -c user.name=a -c user.email=a@b commit -qm one && git gc -q && git fsck' >/dev/null 2>&1 || fail git
fi
