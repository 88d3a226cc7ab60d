#!/usr/bin/env bash
# Everything that must hold, from a fresh machine on:
#
#   tests/run.sh                installs what the tests need, builds a release, runs all tests; then clang-tidy on the forty
#                               sources that changed last; the recorder compiled by clang; and under sanitizers the tests of
#                               the recorder and of what reads bytes of others. Ends with what was skipped
#   tests/run.sh -R reports     the arguments go to ctest; only the release build is tested then
#
#   MQTRACK_LONG_TESTS=1 tests/run.sh        the long forms of the tests, clang-tidy on everything, and all unit tests under
#                                            AddressSanitizer
#   MQTRACK_FUZZ_SECONDS=600 tests/run.sh    also has libFuzzer, by clang, look for inputs of each fuzz target that long
#
# Ends with ctest's exit code: 0 only if every test passed (an end-to-end test that failed beside others: when it ran alone)
# and nothing was found. With CI=true, as CI services set it, a skipped test that tests/expected_skips.txt does not list is a
# failure too. Needs Debian 12 or 13 (tests/distro.sh has it run on a fresh machine of another release); some tests need
# root (they say so).
set -u
tests=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$tests")
cd "$root" || exit 2

# shellcheck source-path=SCRIPTDIR source=../samples/packages.sh
. "$root/samples/packages.sh"

jobs=$(nproc)
result=0
reports=()
failed=()

# note EXIT_CODE WHAT: what the script will end with is the first failure. WHAT is said at the end.
note() {
  [ "$1" -eq 0 ] || failed+=("$2")
  [ "$result" -ne 0 ] || result=$1
}

# run_tests PRESET [OPTION...]: runs ctest. Its report, with all that tests print, is for sum_up. Up to three end-to-end
# tests or benchmarks that fail beside others are run once more, alone: a machine that is busy has one fail now and then, a
# fault does both times. The summary names them.
run_tests() {
  local report=$root/build/$1.junit.xml again=$root/build/$1.again.junit.xml code=0 names
  rm -f "$report" "$again"
  # One more than processors: the end-to-end tests wait most of the time.
  ctest --preset "$1" -j $((jobs + 1)) --output-junit "$report" --test-output-size-passed 10000000 "${@:2}" || code=$?
  names=$(python3 -B tests/support/summarize_reports.py --worth-another "$report")
  if [ -n "$names" ]; then
    echo "== Once more, alone: $names"
    code=0
    ctest --preset "$1" --no-tests=error --output-junit "$again" --test-output-size-passed 10000000 -R "$names" || code=$?
  fi
  note $code "tests of $1"
  [ -f "$report" ] && reports+=("$report")
  [ -f "$again" ] && reports+=("$again")
}

# sum_up: the end of the log, where CI services show what failed.
sum_up() {
  local strict=() what
  [ "${CI:-}" != true ] || strict=(--strict)
  python3 -B tests/support/summarize_reports.py "${strict[@]}" --expected tests/expected_skips.txt "${reports[@]}"
  note $? "skipped tests"
  for what in "${failed[@]}"; do echo "FAILED: $what"; done
  [ ${#failed[@]} -ne 0 ] || echo "all passed"
}

# fuzz TARGET: lets libFuzzer look for inputs for a moment, from the corpus on; what it finds is kept in build/fuzz. False
# if it finds something.
fuzz() {
  local scratch code=0 found=$root/build/fuzz/found/$1-
  scratch=$(mktemp -d) || exit 2
  "build/fuzz/tests/fuzz/$1" -max_total_time="$fuzz_seconds" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$found" "$scratch" "tests/fuzz/corpus/$1" >"build/fuzz/$1.log" 2>&1 || code=1
  if [ $code -ne 0 ]; then
    tail -n 40 "build/fuzz/$1.log"
    echo "== $1 found something: put the input ($found*) into tests/fuzz/corpus/$1" >&2
  fi
  printf '%s: %s inputs a second\n' "$1" "$(sed -n 's/^stat::average_exec_per_sec: *//p' "build/fuzz/$1.log")"
  rm -rf "$scratch"
  return $code
}

# fuzz_all: every target, as many at once as there are processors.
fuzz_all() {
  local target finders=$root/build/fuzz/finders
  mkdir -p "$root/build/fuzz/found"
  : >"$finders"
  for target in tests/fuzz/corpus/*; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    { fuzz "${target##*/}" || echo "${target##*/}" >>"$finders"; } &
  done
  wait
  while read -r target; do note 1 "fuzz target $target"; done <"$finders"
}

# build PRESET [TARGET...]: configures and builds build/PRESET. Ends the script if that fails.
build() {
  # A warning fails the build here, and never a user's (samples/quickstart.sh): newer compilers have other warnings.
  local options=(--preset "$1" -DMQTRACK_TESTS=ON -DMQTRACK_WERROR=ON)
  # Without CCACHE_SLOPPINESS, ccache keeps nothing that is compiled with precompiled headers.
  command -v ccache >/dev/null && export CCACHE_SLOPPINESS=pch_defines,time_macros && options+=(-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  echo "== Building build/$1 (log: build/$1.log) after $SECONDS s"
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
run_tests release "$@"
if [ $# -ne 0 ]; then
  sum_up
  exit "$result"
fi

echo "== clang-tidy (log: build/clang-tidy.log) after $SECONDS s"
# tidy_files: the sources to look at, one per line: those that the latest commits changed, the latest first, or all of them in
# the long form and in a clone without a past.
tidy_files() {
  if [ -n "${MQTRACK_LONG_TESTS:-}" ] || ! git rev-parse --verify -q HEAD~1 >/dev/null; then
    find libtrack preload reports cli samples -name '*.cc' -o -name '*.c'
  else
    git log --name-only --diff-filter=d --format= -- libtrack preload reports cli samples | grep -E '[.]cc?$' |
      awk '!seen[$0]++' | while read -r source; do [ ! -f "$source" ] || echo "$source"; done | head -n 40
  fi
}
# Sources for the other processor do not compile here.
other_processor=aarch64
[ "$(uname -m)" != aarch64 ] || other_processor=x86_64
tidy_files | grep -v "_${other_processor}[.]cc\$" >build/clang-tidy.files
echo "   $(wc -l <build/clang-tidy.files) files"
if ! tr '\n' '\0' <build/clang-tidy.files | xargs -0 -r -P "$jobs" -n 4 clang-tidy -p build/release -quiet >build/clang-tidy.log 2>&1; then
  grep -A 4 'error: ' build/clang-tidy.log | head -n 60
  echo "== clang-tidy found something" >&2
  note 1 "clang-tidy: $(grep -m 1 "error: " build/clang-tidy.log)"
fi

# The preloaded recorder, which no sanitized build has, by another compiler.
build clang mqtrack_preload
echo "== The recorder's symbols of build/clang"
run_tests clang -R '^recorder[.]dynamic_symbols$'

if [ -n "${MQTRACK_FUZZ_SECONDS:-}" ]; then
  build fuzz fuzz_targets
  echo "== Fuzzing (logs: build/fuzz)"
  fuzz_seconds=$MQTRACK_FUZZ_SECONDS
  fuzz_all
fi

# In the short form of the recorder, and of what reads bytes of others: all take half an hour to compile.
sanitized=(recorder_test unwind_test live_table_shrink_test support_test log_test mqtt_test http_test profile_test symbolize_test fuzz_targets)
[ -z "${MQTRACK_LONG_TESTS:-}" ] || sanitized=(all)
build asan "${sanitized[@]}"
echo "== Unit and fuzz tests of build/asan"
run_tests asan -L '^(unit|fuzz)$'

build tsan recorder_test unwind_test
echo "== The recorder's tests of build/tsan"
run_tests tsan -R '^(recorder_test[.]|unwind_test[.](CallPaths|RecentStacks))'

echo "== Done after $SECONDS s"
sum_up
exit "$result"
