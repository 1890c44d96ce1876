#!/usr/bin/env bash
# Claim: no byte that Kyoto Cabinet's own tests store is untracked (snaprun --audit abort ends a program at the first;
# that it does is tested by tests/wrappers/audit.sh).
. "$(dirname "$0")/testlib.sh"
cd "$scratch"
audited() { "$build/wrappers/snaprun" --audit abort --media memory -- "$@" >out 2>&1 || fail "$*: $(tail -n 5 out)"; }
for test in kchashtest kctreetest; do
  audited "$port/$test" order -th 2 -rnd -etc -tran -bnum 500 -msiz 50000 casket 2000
  audited "$port/$test" wicked -th 2 -it 2 -bnum 500 -msiz 50000 casket 2000
  audited "$port/$test" tran -th 2 -it 2 -bnum 500 -msiz 50000 casket 2000
done
