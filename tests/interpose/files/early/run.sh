#!/bin/sh
# usage: run.sh PROGRAM: runs it with a file of its own
set -eu
work=$(mktemp -d "${SNAPSHOT_TEST_DIRECTORY:-/dev/shm}/snapshot-test-XXXXXX")
trap 'rm -rf "$work"' EXIT
EARLY_FILE=$work/data "$@"
[ ! -e "$work/data.snaplog" ] || { echo "early: the log was left behind" >&2 && exit 1; }
