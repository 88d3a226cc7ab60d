#!/usr/bin/env bash
# Debian packages for the release that this machine has: cmake/packaging/deb.sh [-o DIR] [--install-needed]
#
#   -o DIR             where the packages and the tarball of the source go. Default: build/packages
#   --install-needed   installs what building takes first (as root); otherwise it says what is missing
#
# For another release: tests/distro.sh --only packages trixie, which builds, checks, installs and removes them on a
# fresh machine. The packages are the same bytes each time, on machines with the same packages.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
output=$source/build/packages
install_needed=
usage() {
  sed -n '2,/^set/{s/^# \{0,1\}//p}' "$0" >&2
  exit 2
}
fail() {
  echo "deb.sh: $*" >&2
  exit 2
}
while [ $# -gt 0 ]; do
  case $1 in
    -o) output=${2:?"-o takes a folder"} && shift 2 ;;
    --install-needed) install_needed=1 && shift ;;
    *) usage ;;
  esac
done
command -v apt-get >/dev/null || fail "this is not Debian; use cmake --install (README.md, \"Install\")"
. /etc/os-release
release=${VERSION_ID%%.*}

# What mqtrack builds with, as samples/packages.sh reads it; what only the samples take is left out.
needed() { sed 's/#.*//; s/[[:space:]]*$//' "$source/samples/dependencies.txt" | grep -vxE 'g\+\+|mosquitto|mosquitto-clients|mosquitto-dev|'; }

if [ -n "$install_needed" ]; then
  # shellcheck source-path=SCRIPTDIR source=../../samples/packages.sh
  . "$source/samples/packages.sh"
  list=$(mktemp)
  { needed; printf '%s\n' build-essential debhelper; } >"$list"
  install_missing_packages "$list" >&2
  rm -f "$list"
fi
command -v dpkg-buildpackage >/dev/null || fail "dpkg-dev is not installed; run it with --install-needed, as root"

tarball=$("$here/tarball.sh" -o "$output")
output=$(cd "$output" && pwd)
version=$(basename "$tarball" .orig.tar.gz)
version=${version#mqtrack_}
# The same path each time and for each user, since it may find its way into what is compiled.
work=$(mktemp -d "${TMPDIR:-/tmp}/mqtrack-packages.XXXXXX")
trap 'rm -rf "$work"' EXIT
cp "$tarball" "$work"
tar -C "$work" -xf "$tarball"
tree=$work/mqtrack-$version
cp -r "$tree/cmake/packaging/debian" "$tree/debian"
sed "s/@BUILD_DEPENDS@/$(needed | paste -sd, | sed 's/,/, /g')/" "$tree/debian/control.in" >"$tree/debian/control"
rm "$tree/debian/control.in"
# A newer release has the higher version, so that an upgrade of the machine brings its package.
{
  echo "mqtrack ($version-1~deb$release) unstable; urgency=medium"
  echo
  echo "  * See /usr/share/doc/mqtrack/changelog.gz for what changed."
  echo
  echo " -- $(sed -n 's/^Maintainer: //p' "$tree/debian/control")  $(date -uRd "@$(stat -c %Y "$tree/CMakeLists.txt")")"
} >"$tree/debian/changelog"

(cd "$tree" && dpkg-buildpackage -us -uc -ui --build=full >"$work/build.log" 2>&1) || {
  tail -n 40 "$work/build.log" >&2
  cp "$work/build.log" "$output/build.log"
  fail "the packages were not built; the whole log is $output/build.log"
}
rm -f "$output"/*.deb "$output"/*.dsc "$output"/*.changes "$output"/*.debian.tar.*
cp "$work"/*.deb "$work"/*.dsc "$work"/*.changes "$work"/*.buildinfo "$work"/*.debian.tar.* "$output"
cd "$output"
ls -l -- *.deb | awk '{ printf "%8.0f KiB  %s\n", $5 / 1024, $NF }'
