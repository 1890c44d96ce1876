#!/bin/sh
# Claim: snaprun preloads the tree's library into a program that was built without snapcc, passes options on as
# environment variables and the exit status back, and refuses in one line what could not be protected.
. "$(dirname "$0")/testlib.sh"
clang=$(default_clang)
"$clang" -O1 "$here/plain.c" -o plain

begin 'a plain program has its file managed'
# It exits without msync: managed, the store is dropped; unmanaged, the kernel keeps it.
succeeds ./plain unmanaged.dat hello
same "$(head -c 5 unmanaged.dat)" hello
SNAPSHOT_MEDIA=memory succeeds "$snaprun" ./plain managed.dat hello
same "$(stat -c %s managed.dat)" 4096
same "$(tr -d '\000' <managed.dat)" ''

cat >show <<'E2'
#!/bin/sh
env | sed -n 's/^\(SNAPSHOT_[A-Z_]*=\|LD_PRELOAD=\)/\1/p' | sort
echo "arguments=$*"
E2
chmod +x show
begin 'options become environment variables'
succeeds "$snaprun" --files '/a/*.db' --files=/b --ignore '*.tmp' --ignore '*~' --media memory --copy=lazy --protocol undo --exit commit --audit warn --track both --pages-from=scan \
  --wait 1 --log error --persist sse2 -- ./show --files 'an argument' ''
for line in 'SNAPSHOT_FILES=/a/*.db:/b' 'SNAPSHOT_IGNORE=*.tmp:*~' SNAPSHOT_MEDIA=memory SNAPSHOT_COPY=lazy \
  SNAPSHOT_PROTOCOL=undo SNAPSHOT_EXIT=commit SNAPSHOT_AUDIT=warn SNAPSHOT_WAIT=1 SNAPSHOT_LOG=error SNAPSHOT_PERSIST=sse2 SNAPSHOT_TRACK=both \
  SNAPSHOT_PAGES_FROM=scan 'arguments=--files an argument '; do
  grep -qxF -- "$line" out || fail "the program did not get $line"
done
succeeds "$snaprun" --pages ./show
has_text out SNAPSHOT_TRACK=pages
begin 'variables are left alone without options'
SNAPSHOT_LOG=warn succeeds "$snaprun" ./show
has_text out SNAPSHOT_LOG=warn
lacks_text out SNAPSHOT_FILES
lacks_text out SNAPSHOT_MEDIA
lacks_text out SNAPSHOT_PROTOCOL
lacks_text out SNAPSHOT_TRACK
begin 'the library is preloaded, and what was preloaded stays'
succeeds "$snaprun" ./show
library=$(sed -n 's/^LD_PRELOAD=//p' out)
exists "$library"
case $library in "$build"/libsnapshot/libsnapshot.so.*) ;; *) fail "an odd place for the library: $library" ;; esac
LD_PRELOAD=libm.so.6 succeeds "$snaprun" ./show
same "$(sed -n 's/^LD_PRELOAD=//p' out)" "$library:libm.so.6"

begin 'the exit status is the program'"'"'s'
fails_with 7 "$snaprun" sh -c 'exit 7'
fails_with 2 "$snaprun" ./plain
fails_with 143 "$snaprun" sh -c 'kill -TERM $$'
begin 'found in PATH, started under its own name'
succeeds "$snaprun" true
fails_with 1 "$snaprun" false
succeeds "$snaprun" sh -c 'echo "$0"'
same "$(cat out)" sh
begin 'through a symbolic link'
ln -s "$snaprun" link-to-snaprun
succeeds ./link-to-snaprun true

begin '--help and --version'
succeeds_quietly "$snaprun" --help
has_text out 'usage: snaprun'
succeeds_quietly "$snaprun" --version
grep -qE '^snaprun [0-9]+\.[0-9]+\.[0-9]+$' out || fail 'not a version'

begin 'wrong usage'
fails_with 125 "$snaprun"
one_error 'snaprun: error: no program given'
fails_with 125 "$snaprun" --files
one_error '--files needs a value'
fails_with 125 "$snaprun" --nonsense true
one_error '--nonsense: unknown option'
fails_with 125 "$snaprun" --nonsense=1 true
one_error '--nonsense: unknown option'
for option in --track --pages-from --media --protocol --copy --exit --wait --log --persist; do
  fails_with 125 "$snaprun" $option perhaps true
  one_error "$option perhaps: must be one of:"
done

begin 'programs that cannot be run'
fails_with 127 "$snaprun" no-such-program-anywhere
one_error 'no-such-program-anywhere: not found in PATH'
fails_with 127 "$snaprun" ./no-such-program
one_error './no-such-program: no such file'
touch text
fails_with 126 "$snaprun" ./text
one_error './text: not executable'
fails_with 126 "$snaprun" /
one_error '/: not a program'

begin 'programs that the library could not get into'
printf 'int main(void) { return 0; }\n' >empty.c
succeeds "$clang" -static empty.c -o static-program
fails_with 126 "$snaprun" ./static-program
one_error './static-program: statically linked'
succeeds "$clang" -static-pie empty.c -o static-pie
fails_with 126 "$snaprun" ./static-pie
one_error './static-pie: statically linked'
# An ELF header with class 1 is all that is looked at.
cp plain plain32
printf '\001' | dd of=plain32 bs=1 seek=4 conv=notrunc 2>/dev/null
fails_with 126 "$snaprun" ./plain32
one_error './plain32: a 32-bit program'
cp plain truncated
truncate -s 40 truncated
fails_with 126 "$snaprun" ./truncated
if [ "$(id -u)" = 0 ]; then
  begin 'setuid to somebody else'
  cp plain setuid-program
  chown 1 setuid-program
  chmod 4755 setuid-program
  fails_with 126 "$snaprun" ./setuid-program
  one_error './setuid-program: setuid or setgid'
fi

begin 'a tree that has lost its library, or whose path cannot be preloaded'
mkdir -p lost/wrappers 'sp ace/wrappers' 'sp ace/libsnapshot'
cp "$snaprun" lost/wrappers/
fails_with 125 lost/wrappers/snaprun true
one_error 'not found; snaprun must stay in the tree'
cp "$snaprun" 'sp ace/wrappers/'
touch "sp ace/libsnapshot/${library##*/}"
fails_with 125 'sp ace/wrappers/snaprun' true
one_error 'cannot take a path with a space'
echo 'snaprun: passed'
