#!/usr/bin/env bash
# A tarball of the source, which builds without git: cmake/packaging/tarball.sh [-o DIR]. Prints its path.
#
# It has what git knows, as it stands in the folder; in a folder without git, everything but build/. The same source gives the
# same bytes: names are sorted, owners are nobody, and all times are that of the last commit (or SOURCE_DATE_EPOCH).
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
output=$source/build/packages
[ "${1:-}" != -o ] || { output=${2:?"-o takes a folder"}; shift 2; }
[ $# -eq 0 ] || { sed -n '2,/^set/{s/^# \{0,1\}//p}' "$0" >&2; exit 2; }

version=$(sed -n 's/^project(mqtrack VERSION \([0-9.]*\).*/\1/p' "$source/CMakeLists.txt")
[ -n "$version" ] || { echo "tarball.sh: CMakeLists.txt names no version" >&2; exit 2; }
mkdir -p "$output"
tarball=$(cd "$output" && pwd)/mqtrack_$version.orig.tar.gz

cd "$source"
if git rev-parse --git-dir >/dev/null 2>&1 && [ "$(git rev-parse --show-toplevel)" = "$source" ]; then
  files() { git ls-files -z --cached; }
  time=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
else
  files() { find . \( -path ./build -o -path ./debian -o -name __pycache__ \) -prune -o \( -type f -o -type l \) -printf '%P\0'; }
  time=${SOURCE_DATE_EPOCH:-$(stat -c %Y CMakeLists.txt)}
fi
# gzip -n: without the time and the name.
files | LC_ALL=C sort -z | tar --create --no-recursion --null --transform="s,^,mqtrack-$version/," \
  --owner=0 --group=0 --numeric-owner --mtime="@$time" --mode=u+rw,go+r,go-w --format=gnu \
  --files-from=- | gzip -9n >"$tarball.new"
mv "$tarball.new" "$tarball"
echo "$tarball"
