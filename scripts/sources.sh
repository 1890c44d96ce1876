# shellcheck shell=bash
# Fetching and building Debian's source packages. To be sourced, after lib.sh; nothing of theirs is kept in this repository.

# snapshot_wrappers: sets wrappers, and clang and clangxx to the compilers that they call. Snapshot has been built.
snapshot_wrappers() {
  snapshot_build=$(cd "$snapshot_build" && pwd) || exit 1
  wrappers=$snapshot_build/wrappers
  clang=$(sed -n 's/^clang=.*:-\(.*\)}$/\1/p' "$wrappers/snapcc" 2>/dev/null || true)
  clangxx=$(sed -n 's/^clang=.*:-\(.*\)}$/\1/p' "$wrappers/snapc++" 2>/dev/null || true)
  { [ -x "$clang" ] && [ -x "$clangxx" ]; } || snapshot_fail "$wrappers/snapc++: not found; build Snapshot first"
}

# snapshot_enter_cache DIRECTORY: sets cache to its absolute path, for this process alone until it ends or closes
# descriptor 9: two builds at once would be in each other's way.
snapshot_enter_cache() {
  mkdir -p "$1"
  cache=$(cd "$1" && pwd)
  exec 9>"$cache/lock"
  flock 9
}

# snapshot_fetch_source PACKAGE VERSION: into $cache/source, unless it is there. Whoever has no network has no sources:
# exit status 77.
snapshot_fetch_source() {
  local package=$1 version=$2
  [ ! -e "$cache/source/.done" ] || return 0
  rm -rf "$cache/source" "$cache/download"
  snapshot_download_source "$package" "$cache/download" >&2 || exit 77
  snapshot_quietly "$cache/unpack.log" dpkg-source --no-check -x "$cache/download/${package}_$version"-*.dsc \
    "$cache/source" ||
    snapshot_fail "Debian's source package $package $version cannot be unpacked; see $cache/unpack.log"
  touch "$cache/source/.done"
}

# snapshot_debian_flags DIRECTORY: Debian's flags for the compilers, without debugging information, as exports.
snapshot_debian_flags() { (cd "$1" && DEB_CFLAGS_STRIP=-g DEB_CXXFLAGS_STRIP=-g dpkg-buildflags --export=sh); }

# snapshot_build_source NAME KEY EDIT COMMAND [ARGUMENT]...: COMMAND $cache/NAME ARGUMENT... in a copy of the source that
# EDIT has changed, unless it was built with the same key.
snapshot_build_source() {
  local name=$1 key=$2 edit=$3 command=$4
  shift 4
  [ "$(cat "$cache/$name/.done" 2>/dev/null)" != "$key" ] || return 0
  rm -rf "${cache:?}/$name"
  cp -r "$cache/source" "$cache/$name"
  rm -f "$cache/$name/.done"
  "$edit" "$cache/$name"
  snapshot_quietly "$cache/$name.log" "$command" "$cache/$name" "$@" ||
    snapshot_fail "$name cannot be built; see $cache/$name.log"
  echo "$key" >"$cache/$name/.done"
}

# snapshot_toolchain_key [FILE]...: changes with the compiler pass, the headers and these files.
# shellcheck disable=SC2154  # lib.sh sets snapshot_root
snapshot_toolchain_key() {
  cat "$@" "$wrappers/snapc++" "$snapshot_root"/include/snapshot/*.h | sha256sum | cut -c1-64
}

# What the build directory of Snapshot adds to the name of a build made with it.
snapshot_build_name() { echo "$1-$(echo "$snapshot_build" | sha256sum | cut -c1-8)"; }
