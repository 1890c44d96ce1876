# shellcheck shell=bash
# What the scripts in this folder share. To be sourced, with `set -euo pipefail`.

snapshot_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
snapshot_build=${SNAPSHOT_BUILD_DIR:-$snapshot_root/build}

# Enough for the compiler pass, the runtime, the wrappers and the examples.
# shellcheck disable=SC2034  # the scripts use these lists
snapshot_packages_quickstart=(
  clang-19 llvm-19-dev lld-19 cmake ninja-build pkg-config catch2 libxxhash-dev libpmem-dev libboost-dev
  libcli11-dev nlohmann-json3-dev libfmt-dev wamerican)
# For scripts/kyotocabinet.
# shellcheck disable=SC2034
snapshot_packages_kyotocabinet=(libkyotocabinet-dev dpkg-dev g++ make zlib1g-dev liblzo2-dev liblzma-dev)
# For scripts/real-programs.
# shellcheck disable=SC2034
snapshot_packages_real_programs=(
  dpkg-dev g++ make liblmdb-dev lmdb-utils libtkrzw-dev tkrzw-utils libgtest-dev libgmock-dev zlib1g-dev libzstd-dev
  liblz4-dev liblzma-dev libgdbm-dev gdbmtool rrdtool rrdcached librrd-dev libglib2.0-dev libxml2-dev libcairo2-dev libpango1.0-dev dc
  perl)
# And for all tests and benchmarks.
# shellcheck disable=SC2034
snapshot_packages_test=(
  "${snapshot_packages_quickstart[@]}" "${snapshot_packages_kyotocabinet[@]}" "${snapshot_packages_real_programs[@]}"
  clang-16 llvm-16-dev lld-16 libc++-19-dev libc++abi-19-dev libclang-rt-19-dev libclang-rt-16-dev
  clang-format-19 llvm-19-tools llvm-16-tools libpmemobj-dev liblmdb-dev libsqlite3-dev ccache autoconf automake libtool
  meson make valgrind python3
  e2fsprogs xfsprogs)
# Of other systems that scripts/bench compares with: without them they are left out.
# shellcheck disable=SC2034
snapshot_packages_bench=("${snapshot_packages_test[@]}" librocksdb-dev liburing-dev tcl)

snapshot_fail() {
  echo "${0##*/}: error: $1" >&2
  exit 1
}

# snapshot_quietly LOG COMMAND...: what the command says goes to LOG, and its end to the terminal when it fails.
snapshot_quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    return 1
  }
}

# snapshot_install_packages PACKAGE...: installs the Debian packages that are missing; quick when none is.
snapshot_install_packages() {
  local package missing=() log
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" -eq 0 ] || snapshot_fail "packages are missing (${missing[*]}): run as root, or install them first"
  echo "installing ${missing[*]}"
  log=$(mktemp)
  local options=(-q -o Acquire::Retries=2 -o Acquire::http::Timeout=30 -o Dpkg::Options::=--force-confold)
  DEBIAN_FRONTEND=noninteractive snapshot_quietly "$log" apt-get update "${options[@]}" -o APT::Update::Error-Mode=any ||
    snapshot_fail "apt-get update failed: is the network reachable?"
  DEBIAN_FRONTEND=noninteractive snapshot_quietly "$log" apt-get install -y --no-install-recommends "${options[@]}" \
    "${missing[@]}" || snapshot_fail "apt-get cannot install ${missing[*]}"
  rm -f "$log"
}

# snapshot_configure_and_build [TARGET...]: into build/, or SNAPSHOT_BUILD_DIR; without targets everything.
# SNAPSHOT_CMAKE_OPTIONS (words) is passed on to cmake.
snapshot_configure_and_build() {
  local options=() targets=()
  read -ra options <<<"${SNAPSHOT_CMAKE_OPTIONS:-}"
  mkdir -p "$snapshot_build"
  snapshot_quietly "$snapshot_build/configure.log" cmake -S "$snapshot_root" -B "$snapshot_build" -G Ninja \
    -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 "${options[@]}" ||
    snapshot_fail "cmake cannot configure $snapshot_build; if it was moved, remove it"
  [ $# -eq 0 ] || targets=(--target "$@")
  cmake --build "$snapshot_build" "${targets[@]}" || snapshot_fail "the build failed in $snapshot_build"
}

# snapshot_download_source PACKAGE DIRECTORY: Debian's source package, unopened. A private apt configuration with
# sources enabled: the machine's is neither needed nor changed, and root is not needed either. Fails with a message.
snapshot_download_source() {
  local package=$1 directory=$2 mirror=${DEBIAN_MIRROR:-} apt options
  # shellcheck disable=SC2016  # for apt to expand
  [ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 2>/dev/null |
    grep -m1 /debian$ || true)
  [ -n "$mirror" ] || { echo "${0##*/}: apt has no Debian archive: set DEBIAN_MIRROR" >&2 && return 1; }
  mkdir -p "$directory"
  apt=$(mktemp -d)
  mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
  printf 'deb-src [signed-by=%s] %s bookworm main\n' /usr/share/keyrings/debian-archive-keyring.gpg "$mirror" \
    >"$apt/sources.list"
  options=(-qq -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$apt/lists"
    -o "Dir::Cache=$apt/cache" -o "APT::Sandbox::User=$(id -un)" -o Acquire::Retries=2 -o Acquire::http::Timeout=30
    -o APT::Update::Error-Mode=any)
  if (apt-get "${options[@]}" update && cd "$directory" && apt-get "${options[@]}" --download-only source "$package") \
    >"$apt/log" 2>&1; then
    rm -rf "$apt"
    return 0
  fi
  tail -n 3 "$apt/log" >&2
  echo "${0##*/}: cannot fetch the source package $package from $mirror: is the network reachable?" >&2
  rm -rf "$apt"
  return 1
}
