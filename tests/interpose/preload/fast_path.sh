#!/bin/sh
# A call with a destination that is not managed costs five instructions before libc's own (interpose/stub.h).
# usage: fast_path.sh LIBSNAPSHOT
set -eu
library=$1
status=0
for name in memcpy memmove memset mempcpy __memcpy_chk strcpy strncpy stpcpy strcat wmemcpy wcscpy sprintf snprintf \
  __snprintf_chk fread fgets recv clock_gettime qsort; do
  count=$(objdump -d --no-show-raw-insn --disassemble="$name" "$library" |
    awk '/^ +[0-9a-f]+:/ { n++; if ($2 ~ /^jmp/) { if ($3 !~ /^\*/) n = -1; print n; exit } }')
  if [ "$count" != 5 ]; then
    echo "fast_path.sh: $name: ${count:-no} instructions, not 5" >&2
    status=1
  fi
done
exit $status
