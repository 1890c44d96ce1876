#!/bin/sh
# Claim: snaprun --crash-test accepts a right program, finds an msync in the wrong place and a commit that is missing,
# says which seed showed it, and reproduces it by the command that it prints; in an installed tree as well.
. "$(dirname "$0")/testlib.sh"
clang=$(default_clang)
for bug in RIGHT EARLY_MSYNC NO_MSYNC; do
  "$snapcc" -O2 "-D$bug" "$here/counted_records.c" -o "records-$bug"
done
"$clang" -O2 "$here/counted_records.c" -o records-check
# The runs sync a lot; memory is quicker at that.
runs=$(mktemp -d /dev/shm/snapshot-wrappers.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$scratch" "$runs"' EXIT
export SNAPSHOT_MEDIA=memory

# Every record that is counted is there, and so is every record that the program has said to be there.
cat >check <<E2
#!/bin/sh
[ -e records ] || exit 0
count=\$($scratch/records-check check records) || { echo "\$count" && exit 1; }
said=\$(tail -n 1 "\$SNAPSHOT_CRASH_OUTPUT")
[ "\$count" -ge "\${said:-0}" ] || { echo "said \$said, but \$count are there" && exit 1; }
E2
chmod +x check
crash_test() { "$snaprun" --crash-test --dir "$runs" --check ./check "$@"; }
nothing_left() { [ -z "$(ls "$runs")" ] || fail "left behind: $(ls "$runs")"; }

begin 'a right program'
succeeds_quietly crash_test --kills 60 --seed 1 ./records-RIGHT run records 50
has_text out 'undisturbed: '
has_text out ' 51 commits; now 60 kills from seed 1'
has_text out 'the checker accepts every recovered state'
nothing_left

# finds_bug COMMAND...: exit status 1, the files are kept, and the printed command shows the same.
finds_bug() {
  fails_with 1 "$@"
  grep -q '^seed [0-9]*: killed just [a-z]* commit [0-9]* (of [0-9]*): the checker rejects' out || fail 'no seed, or by time'
  has_text out "$expected"
  kept=$(sed -n 's/^files kept in \(.*\); what the program said: .*/\1/p' out)
  exists "$kept/records"
  sed -n 's/^reproduce: //p' out >reproduce
  fails_with 1 sh reproduce
  has_text out "$expected"
  rm -rf "${runs:?}"/*
}
# Even seeds aim at commits, so two in a row have one of them.
begin 'an msync before the record that it is for'
expected='is missing'
finds_bug crash_test --seed 10 --kills 40 ./records-EARLY_MSYNC run records 50
begin 'a record that is said to be there before its msync'
expected=', but '
finds_bug crash_test --seed 10 --kills 40 ./records-NO_MSYNC run records 50

begin 'the example, and the same with its msync in the wrong place'
examples=$source_root/examples
succeeds_quietly "$snapcc" -std=c11 -O2 "$examples/array_append.c" -o array_append
sed -e '/array->sum += element;/d' -e 's/^\( *\)if (array->count % options->commit_every == 0) commit(.*/&\n\1array->sum += element;/' \
  "$examples/array_append.c" >early.c
[ "$(diff "$examples/array_append.c" early.c | grep -c '^[<>]')" = 2 ] || fail 'early.c is not array_append.c with one line moved'
succeeds_quietly "$snapcc" -std=c11 -O2 "-I$examples" early.c -o early_append
array_check="[ ! -e numbers.array ] || $PWD/array_append check numbers.array 42 --commit-every 64"
array_test() { "$snaprun" --crash-test --dir "$runs" --seed 1 --check "$array_check" "$@" run numbers.array 6400 42 --commit-every 64; }
succeeds_quietly array_test ./array_append
has_text out 'the checker accepts every recovered state'
fails_with 1 array_test ./early_append
grep -q '^seed [0-9]*: killed just after commit [0-9]* (of ' out || fail 'not shown by a kill after a commit'
has_text out 'damaged: sum'
rm -rf "${runs:?}"/*

begin 'a template'
mkdir template
succeeds "$scratch/records-RIGHT" run template/records 7
succeeds crash_test --template template --kills 10 --seed 2 ./records-RIGHT run records 20
has_text out ' 14 commits; '
same "$(./records-check check template/records)" 7
nothing_left

begin 'programs with children are killed as a whole'
cat >parent <<E2
#!/bin/sh
$scratch/records-RIGHT run records 30
true
E2
chmod +x parent
succeeds crash_test --kills 20 --seed 4 ./parent
nothing_left

begin 'what cannot be tested'
fails_with 125 crash_test ./records-RIGHT run /nonexistent/records 5
has_text err 'the program fails without being killed, with exit status 2'
fails_with 125 "$snaprun" --crash-test --dir "$runs" --check false ./records-RIGHT run records 5
has_text err 'the checker rejects what the program leaves without being killed'
fails_with 125 "$snaprun" --ignore '*' --crash-test --dir "$runs" --check true --kills 4 ./records-RIGHT run records 5
has_text err 'nothing was tested'
nothing_left

begin 'wrong usage'
fails_with 2 "$snaprun" --crash-test ./records-RIGHT
one_error '--crash-test needs --check CHECKER'
fails_with 125 "$snaprun" --check ./check ./records-RIGHT
one_error 'go with --crash-test'
fails_with 2 crash_test --kills many ./records-RIGHT run records 5
one_error 'kills'
fails_with 2 "$snaprun" --crash-test --dir nowhere --check true ./records-RIGHT
one_error 'nowhere: not a directory'
fails_with 127 crash_test ./no-such-program
one_error './no-such-program: no such file'

begin 'installed, and moved'
succeeds cmake --install "$build" --prefix "$scratch/first"
mv first moved
succeeds_quietly moved/bin/snaprun --crash-test --dir "$runs" --check ./check --kills 6 ./records-RIGHT run records 20
fails_with 1 moved/bin/snaprun --crash-test --dir "$runs" --check ./check --seed 10 --kills 40 ./records-EARLY_MSYNC run records 50
echo 'crash_test: passed'
