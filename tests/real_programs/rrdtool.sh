# RRDtool 1.7.2. Sourced by check, which says what is to be defined here.
# shellcheck shell=bash disable=SC2034,SC2154
source_package=rrdtool
version=1.7.2
packages=(rrdtool rrdcached librrd-dev libglib2.0-dev libxml2-dev libcairo2-dev libpango1.0-dev dc perl)
subjects=(rrdtool)

make_recompiled() {
  (
    cd "$1"
    eval "$(snapshot_debian_flags "$1")"
    CC=$wrappers/snapcc ./configure --disable-rrdcgi --disable-perl --disable-python --disable-ruby --disable-lua \
      --disable-tcl --disable-docs --disable-nls --disable-libdbi --disable-librados --disable-libwrap --disable-static
    make -j"$(nproc)" -C src librrd.la rrdtool rrdcached
  )
}

make_unrecompiled() { :; }

compile_subjects() {
  local library=$recompiled/src/.libs
  compile_plain "$here/rrdtool.cc" rrdtool-plain -lrrd
  compile_recompiled "$here/rrdtool.cc" rrdtool -isystem "$recompiled/src" "$library/librrd.so" "-Wl,-rpath,$library"
}

# Its makefile's tests: scripts that make, update, tune, dump and draw files with the command, and list them by the daemon.
own_tests() {
  local test names directory=/usr/bin
  if [ "$variant" = recompiled ]; then
    directory=$recompiled/src/.libs
    export LD_LIBRARY_PATH=$directory
  fi
  mkdir src
  ln -s "$directory/rrdtool" "$directory/rrdcached" src
  cp -r "$cache/source/tests" .
  # They expect to be run in the folder that they write to.
  cd tests
  export TOP_BUILDDIR=$scratch BASEDIR=$PWD BUILDDIR=$PWD
  mapfile -t names < <(sed -n '/^TESTS = /,/[^\\]$/p' "$BASEDIR/Makefile.am" | sed 's/^TESTS = //; s/\\$//' | xargs -n 1)
  for test in "${names[@]}"; do
    step "$test" bash "$BASEDIR/$test"
  done
}
