#!/usr/bin/env bash
# Which lines of mqtrack its tests run: tests/coverage.sh [CTEST ARGUMENTS...]. Builds into build/coverage, runs the tests
# (default: all but the end-to-end tests, whose services are recorded and must be optimised) and prints a table by folder;
# build/coverage/report has a page for each file.
#
# The recorder is measured through its unit tests. Needs gcovr, which is installed if it is missing.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source-path=SCRIPTDIR source=../samples/packages.sh
. "$root/samples/packages.sh"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
echo gcovr >"$list"
install_missing_packages "$root/samples/dependencies.txt" "$root/tests/dependencies.txt" "$list"

cd "$root"
build=$root/build/coverage
flags="--coverage -fprofile-update=atomic -O1"
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DMQTRACK_TESTS=ON -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags" >/dev/null
# Counts of an earlier run, and of files that are gone.
find "$build" -name '*.gcda' -delete
cmake --build "$build" >"$build/build.log" || { tail -n 30 "$build/build.log" >&2; exit 1; }
[ $# -gt 0 ] || set -- -L 'unit|fuzz'
ctest --test-dir "$build" -j "$(nproc)" --output-on-failure "$@" >"$build/ctest.log" || { tail -n 30 "$build/ctest.log" >&2; exit 1; }
grep 'tests passed' "$build/ctest.log"

mkdir -p "$build/report"
gcovr --root "$root" --object-directory "$build" --filter 'libtrack/' --filter 'preload/recorder/' --filter 'reports/' --filter 'cli/' \
  --exclude-unreachable-branches --exclude-throw-branches --json-summary "$build/report/summary.json" \
  --html-details "$build/report/index.html" >/dev/null
python3 - "$build/report/summary.json" <<'PYTHON'
import collections, json, sys
lines = collections.defaultdict(lambda: [0, 0])
for file in json.load(open(sys.argv[1], encoding="utf-8"))["files"]:
    parts = file["filename"].split("/")
    for name in ("all", "/".join(parts[:2])):
        lines[name][0] += file["line_covered"]
        lines[name][1] += file["line_total"]
for name, (covered, total) in sorted(lines.items()):
    print(f"{covered / total:6.1%}  {covered:6} of {total:6} lines  {name}")
PYTHON
echo "build/coverage/report/index.html has each file"
