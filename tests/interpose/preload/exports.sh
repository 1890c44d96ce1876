#!/bin/sh
# What libsnapshot.so exports: its API with the version SNAPSHOT_0.1; libc's names with none, or programs would not
# bind to them (libsnapshot/snapshot.map); and nothing else.
# usage: exports.sh LIBSNAPSHOT
set -eu
library=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
status=0
fail() {
  echo "exports.sh: $*" >&2
  status=1
}

libc=$(LC_ALL=C ldd "$library" | awk '$1 ~ /^libc\.so/ { print $3 }')
nm -D --defined-only "$libc" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u > "$work/libc"
nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" { print $3 }' | sort -u > "$work/ours"
[ -s "$work/ours" ] || fail "no symbols in $library"

while read -r symbol; do
  name=${symbol%%@*}
  case $symbol in
    snapshot_*@@SNAPSHOT_0.1 | __snapshot_*@@SNAPSHOT_0.1) ;;
    _ZSt2[89]*_Rb_tree_* | _ZNSt8__detail15_List_node_base*[!@]) ;; # libstdc++'s, interpose/cxx_nodes.cc
    *@*) fail "$symbol has a version" ;;
    *) grep -qx "$name" "$work/libc" || fail "$name is neither in the API nor in libc" ;;
  esac
done < "$work/ours"
for name in memcpy __memcpy_chk strcpy wmemcpy snprintf fread recv qsort mmap msync; do
  grep -qx "$name" "$work/ours" || fail "$name is not exported without a version"
done

# The only libraries that a program gets into the bargain.
needed=$(readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -Ev '^(libc\.so|ld-linux|lib(asan|tsan|ubsan))' || true)
[ -z "$needed" ] || fail "needs libraries that programs did not ask for:" $needed

# References with versions, of a program that nobody has prepared, bind to it.
bindings=$(LC_ALL=C LD_PRELOAD=$library LD_DEBUG=bindings sort --version 2>&1 >/dev/null |
  grep -c "binding file .*sort .* to .*libsnapshot.* \[GLIBC_" || true)
[ "$bindings" -gt 0 ] || fail "no reference of sort is bound to $library"
exit $status
