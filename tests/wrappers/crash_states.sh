#!/bin/sh
# Claim: snaprun --crash-test --states accepts right programs on both media, finds an msync in the wrong place, a commit
# that is missing and a sync that a kill never misses, and reproduces the image by the command that it prints; what it
# cannot record it refuses; in an installed tree as well.
. "$(dirname "$0")/testlib.sh"
clang=$(default_clang)
for bug in RIGHT EARLY_MSYNC NO_MSYNC BESIDE NO_FSYNC; do
  "$snapcc" -O2 "-D$bug" "$here/counted_records.c" -o "records-$bug"
done
"$clang" -O2 "$here/counted_records.c" -o records-check
runs=$(mktemp -d /dev/shm/snapshot-wrappers.XXXXXX 2>/dev/null || mktemp -d)
trap 'rm -rf "$scratch" "$runs"' EXIT

# Every record that is counted is there, every record that was said to be there, and no more than the file beside says.
cat >check <<E2
#!/bin/sh
[ -e records ] || exit 0
count=\$($scratch/records-check check records) || { echo "\$count" && exit 1; }
said=\$(tail -n 1 "\$SNAPSHOT_CRASH_OUTPUT")
[ "\$count" -ge "\${said:-0}" ] || { echo "said \$said, but \$count are there" && exit 1; }
[ "\$count" = 0 ] || [ ! -e records.beside ] || [ "\$(od -An -tu8 records.beside)" -ge "\$count" ] ||
  { echo "the file beside says \$(od -An -tu8 records.beside), but \$count are there" && exit 1; }
E2
chmod +x check
states() { "$snaprun" --crash-test --states --seed 1 --dir "$runs" --check ./check "$@"; }
nothing_left() { [ -z "$(ls "$runs")" ] || fail "left behind: $(ls "$runs")"; }
accepts() {
  succeeds_quietly states "$@"
  has_text out 'the checker accepts each'
  nothing_left
}
# finds_bug COMMAND...: exit status 1, the files are kept, and the printed command shows the same image.
finds_bug() {
  fails_with 1 "$@"
  image=$(grep '^image [0-9]*/.*: crash [a-z]* commit [0-9]* (of [0-9]*): the checker rejects' out) || fail 'no image'
  has_text out "$expected"
  exists "$(sed -n 's/^files kept in \(.*\); what the program said: .*/\1/p' out)"
  sed -n 's/^reproduce: //p' out >reproduce
  fails_with 1 sh reproduce
  has_text out "$image"
  has_text out "$expected"
  rm -rf "${runs:?}"/*
}

for SNAPSHOT_MEDIA in memory page-cache; do
  export SNAPSHOT_MEDIA
  begin "a right program on $SNAPSHOT_MEDIA"
  accepts ./records-RIGHT run records 30
  has_text out 'recorded: 31 commits, '
  accepts ./records-BESIDE run records 10
  begin "an msync before the record that it is for, on $SNAPSHOT_MEDIA"
  expected='is missing'
  finds_bug states ./records-EARLY_MSYNC run records 30
  begin "a record that is said to be there before its msync, on $SNAPSHOT_MEDIA"
  expected=', but '
  finds_bug states ./records-NO_MSYNC run records 30
  begin "a sync that is missing, on $SNAPSHOT_MEDIA"
  expected='the file beside says'
  finds_bug states ./records-NO_FSYNC run records 10
done
export SNAPSHOT_MEDIA=memory
begin 'the same, by kills'
succeeds_quietly "$snaprun" --crash-test --kills 20 --seed 1 --dir "$runs" --check ./check ./records-NO_FSYNC run records 10

begin 'the example, and the same with its msync in the wrong place'
examples=$source_root/examples
succeeds_quietly "$snapcc" -std=c11 -O2 "$examples/array_append.c" -o array_append
sed -e '/array->sum += element;/d' -e 's/^\( *\)if (array->count % options->commit_every == 0) commit(.*/&\n\1array->sum += element;/' \
  "$examples/array_append.c" >early.c
[ "$(diff "$examples/array_append.c" early.c | grep -c '^[<>]')" = 2 ] || fail 'early.c is not array_append.c with one line moved'
succeeds_quietly "$snapcc" -std=c11 -O2 "-I$examples" early.c -o early_append
array_check="[ ! -e numbers ] || $PWD/array_append check numbers 42 --commit-every 64"
array_states() { states --check "$array_check" "$@" run numbers 6400 42 --commit-every 64; }
succeeds_quietly array_states ./array_append
has_text out 'the checker accepts each'
expected='damaged: sum'
finds_bug array_states ./early_append
begin 'fewer images'
succeeds_quietly array_states --images 100 ./array_append
images=$(sed -n 's/^\([0-9]*\) crash images .*/\1/p' out)
case $images in [1-9] | [1-9][0-9] | [12][0-9][0-9]) ;; *) fail "$images images, not about 100" ;; esac

fails_with 125 array_states --images 1 ./array_append
one_error 'nothing was tested'

begin 'a template, folders, and a program behind a script'
mkdir -p template/a
succeeds "$scratch/records-RIGHT" run template/a/records 7
echo 'not to be touched' >template/text
cat >inside <<E2
#!/bin/sh
cmp text $scratch/template/text && [ "\$($scratch/records-check check a/records)" -ge 7 ]
E2
chmod +x inside
succeeds_quietly states --check ./inside --template template ./records-RIGHT run a/records 12
has_text out ' 6 commits, '
cat >script <<E2
#!/bin/sh
$scratch/records-RIGHT run records 5
E2
cat >twice <<E2
#!/bin/sh
$scratch/records-RIGHT run records 5
$scratch/records-RIGHT run others 5
E2
chmod +x script twice
accepts ./script
cat >appends.c <<'E2'
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {  // FILE COMMAND
  if (argc != 3 || system(argv[2]) != 0) return 1;
  FILE *file = fopen(argv[1], "a");
  return file == NULL || fputs("text", file) < 0 || fclose(file) != 0;
}
E2
succeeds_quietly "$clang" -O2 -Wall appends.c -o appends
accepts ./appends text "$PWD/records-RIGHT run records 5"
has_text out 'not recorded, so in the images it is as before the run: text'

begin 'two managed files, each of a thread'
cat >threads.c <<'E2'
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>
static void *count(void *name) {
  int fd = open(name, O_RDWR | O_CREAT, 0644);
  if (fd < 0 || ftruncate(fd, 8192) != 0) return NULL;
  long *words = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  for (int i = 0; i < 20; i++) {
    words[0]++, words[600]++;
    if (msync(words, 8192, MS_SYNC) != 0) return NULL;
  }
  return words;
}
int main(void) {
  pthread_t other;
  void *done = NULL;
  return pthread_create(&other, NULL, count, "one") != 0 || count("two") == NULL ||
         pthread_join(other, &done) != 0 || done == NULL;
}
E2
succeeds_quietly "$snapcc" -O2 threads.c -o threads -pthread
cat >equal <<'E2'
#!/bin/sh
for file in one two; do
  [ ! -s $file ] || [ "$(od -An -td8 -N8 $file)" = "$(od -An -td8 -j4800 -N8 $file)" ] || exit 1
done
E2
chmod +x equal
succeeds_quietly states --check ./equal ./threads
has_text out 'recorded: 40 commits, '
nothing_left

begin 'what cannot be explored'
fails_with 125 states ./appends records "$PWD/records-RIGHT run records 5"
one_error 'records: changed by what --states cannot record'
fails_with 125 states ./twice
has_text err 'another process'
fails_with 125 states ./records-RIGHT run /nonexistent/records 5
has_text err 'with exit status 2'
fails_with 125 states --check false ./records-RIGHT run records 5
has_text err 'the checker rejects what the program leaves without being killed'
fails_with 125 "$snaprun" --ignore '*' --crash-test --states --dir "$runs" --check true ./records-RIGHT run records 5
has_text err 'snaprun: error: --crash-test: '
nothing_left

begin 'wrong usage'
fails_with 2 states --kills 5 ./records-RIGHT run records 5
one_error '--kills and --states exclude each other'
fails_with 2 states --images none ./records-RIGHT run records 5
one_error 'images'
fails_with 2 states --recorded "$runs" ./records-RIGHT run records 5
one_error '--recorded and --image go together'
fails_with 2 states --recorded "$runs" --image first ./records-RIGHT run records 5
one_error 'first: not the name of an image'
fails_with 2 "$snaprun" --crash-test --images 5 --check ./check ./records-RIGHT run records 5
one_error 'go with --states'
fails_with 125 "$snaprun" --states ./records-RIGHT run records 5
one_error 'go with --crash-test'
fails_with 125 states --recorded nowhere --image 1/0x1 ./records-RIGHT run records 5
one_error 'nowhere/trace: not a trace'
nothing_left

begin 'installed, and moved'
succeeds cmake --install "$build" --prefix "$scratch/first"
mv first moved
snaprun=$PWD/moved/bin/snaprun
accepts ./records-RIGHT run records 10
begin 'without the recorder, and without the explorer'
tools=$(dirname "$(find moved -name crash-test-states)")
rm "$tools/recording/libsnapshot_recorder.so"
fails_with 125 states ./records-RIGHT run records 10
one_error 'libsnapshot_recorder.so: not found'
rm "$tools/crash-test-states"
fails_with 125 states ./records-RIGHT run records 10
one_error 'crash-test-states: not found; for --states build Snapshot with its tests'
nothing_left
echo 'crash_states: passed'
