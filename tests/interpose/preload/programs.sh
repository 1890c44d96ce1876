#!/bin/sh
# Programs that know nothing of the library give the same output with it.
# usage: programs.sh LIBSNAPSHOT
set -eu
library=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0

# same NAME COMMAND...: skipped where there is no such program
same() {
  program=$1
  command -v "$program" > /dev/null 2>&1 || return 0
  "$@" > "$work/plain" 2>&1 < /dev/null || true
  LD_PRELOAD=$library "$@" > "$work/loaded" 2>&1 < /dev/null || true
  if ! cmp -s "$work/plain" "$work/loaded"; then
    echo "programs.sh: '$*' differs:" >&2
    diff "$work/plain" "$work/loaded" | head -5 >&2 || true
    status=1
  fi
}

seq 20000 | awk '{ print ($1 * 7919) % 20011 }' > "$work/numbers"
printf 'int main(void) { return 0; }\n' > "$work/program.c"

same ls -la /usr/lib
same sort -n "$work/numbers"
same bash -c 'for i in $(seq 500); do x="$x$i"; done; echo ${#x}; printf "%05d\n" 7; cat <<< here; (echo a | sed s/a/b/)'
same sh -c 'cd /usr; pwd; readlink -f bin; umask; wc -c < /etc/passwd'
same awk 'BEGIN { for (i = 0; i < 50000; i++) s = s i; print length(s), substr(s, 1000, 20) }'
same perl -e 'my %h; $h{$_ % 977} .= sprintf("%05d", $_) for 1..50000; print length join "", sort values %h'
same python3 -c 'import hashlib, json, re, sqlite3, subprocess, threading
c = sqlite3.connect(":memory:"); c.execute("create table t(a)"); c.executemany("insert into t values(?)", [(i,) for i in range(5000)])
print(json.dumps([1, 2.5, "x"]), hashlib.sha256(b"x" * 99999).hexdigest(), c.execute("select sum(a) from t").fetchone())
t = [threading.Thread(target=lambda: re.findall("a+", "ab" * 9999)) for _ in range(4)]; [x.start() for x in t]; [x.join() for x in t]
print(subprocess.check_output(["echo", "child"]))'
same tar -C /usr/include -cf - linux
same gzip -9 -n -c "$work/numbers"
same find /usr/include -name '*.h'
same git --version
same cc -S -O2 -o - "$work/program.c"
same clang-19 -S -O2 -o - "$work/program.c"
exit $status
