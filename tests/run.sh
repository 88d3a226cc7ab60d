#!/usr/bin/env bash
# Everything that must hold, from a fresh machine on:
#
#   tests/run.sh                installs what the tests need, builds a release, runs all tests; then clang-tidy, and the
#                               unit and fuzz tests built with AddressSanitizer and UndefinedBehaviorSanitizer
#   tests/run.sh -R reports     the arguments go to ctest; only the release build is tested then
#
# Ends with ctest's exit code: 0 only if every test passed and nothing was found. Needs Debian 12 or 13 (tests/distro.sh has it
# run on a fresh machine of another release); some tests need root (they say so).
set -u
tests=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$tests")
cd "$root" || exit 2

# shellcheck source-path=SCRIPTDIR source=../samples/packages.sh
. "$root/samples/packages.sh"

jobs=$(nproc)

# build PRESET [TARGET...]: configures and builds build/PRESET. Ends the script if that fails.
build() {
  # A warning fails the build here, and never a user's (samples/quickstart.sh): newer compilers have other warnings.
  local options=(--preset "$1" -DMQTRACK_TESTS=ON -DMQTRACK_WERROR=ON)
  command -v ccache >/dev/null && options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  echo "== Building build/$1 (log: build/$1.log)"
  mkdir -p build
  if ! { cmake "${options[@]}" && cmake --build "build/$1" -j "$jobs" -- -k 0 "${@:2}"; } >"build/$1.log" 2>&1; then
    # Errors of a parallel build stand anywhere in the log.
    grep -E -A 12 'error|FAILED|Error' "build/$1.log" | head -n 120
    tail -n 20 "build/$1.log"
    echo "== The build of build/$1 failed" >&2
    exit 1
  fi
}

# The leak checker is off: it needs ptrace, which containers refuse, and mqtrack's tests look for leaks themselves.
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0:strict_string_checks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

echo "== Packages"
install_missing_packages "$root/samples/dependencies.txt" "$root/tests/dependencies.txt"

build release
echo "== Tests of build/release"
ctest --preset release -j "$jobs" "$@"
result=$?
[ $# -eq 0 ] || exit $result

echo "== clang-tidy (log: build/clang-tidy.log)"
# preload/hooks is left out so far: it defines names that belong to the C library.
in_root=$(printf '%s' "$root" | sed 's/[][\\.*^$+?(){}|]/\\&/g')
if ! run-clang-tidy -p build/release -quiet -j "$jobs" "^$in_root/(libtrack|preload/recorder|reports|cli|samples)/" \
  >build/clang-tidy.log 2>&1; then
  grep -A 4 'error: ' build/clang-tidy.log | head -n 60
  echo "== clang-tidy found something" >&2
  [ $result -ne 0 ] || result=1
fi

build asan
echo "== Unit and fuzz tests of build/asan"
ctest --preset asan -j "$jobs" -L '^(unit|fuzz)$'
sanitized=$?

build tsan recorder_test unwind_test
echo "== The recorder's tests of build/tsan"
ctest --preset tsan -j "$jobs" -R '^(recorder_test[.]|unwind_test[.](CallPaths|RecentStacks))'
threads=$?

[ $result -ne 0 ] || result=$sanitized
[ $result -ne 0 ] || result=$threads
exit $result
