#!/usr/bin/env bash
# Claim: the port passes Kyoto Cabinet's own tests: the commands of its makefile's target, which is the argument
# (check-hash or check-tree: order, queue, wicked, tran, misc, with threads, options, and after each a check of the file).
. "$(dirname "$0")/testlib.sh"
cd "$scratch"
for file in Makefile lab kchashtest kctreetest kchashmgr kctreemgr; do ln -s "$port/$file" .; done
make -s "$1" >out 2>&1 || fail "$(tail -n 20 out)"
# That it did test: each test ends with this word.
passed=$(grep -c '^ok$' out)
[ "$passed" -gt 20 ] || fail "only $passed tests have run"
