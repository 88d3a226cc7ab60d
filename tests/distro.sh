#!/usr/bin/env bash
# mqtrack on a fresh machine with another release of Debian:
#
#   tests/distro.sh trixie              the quick start as an ordinary user and as root, then tests/run.sh
#   tests/distro.sh trixie -R recorder  the arguments go to tests/run.sh, hence to ctest; only the release build is tested then
#
# Options stand before the release:
#
#   --machines DIR   where machines are kept, outside of the source tree. Default: /var/cache/mqtrack-machines
#   --mirror URL     Debian's archive. Default: where this machine's apt gets its packages from
#   --keep           goes on with the machine of the last time, if there is one, and leaves it for the next
#   --only STEP      user, root (the two quick starts), tests, packages (the Debian packages are built and checked) or install
#                    (they are installed, used, upgraded and purged on a machine that was never built on); may be repeated
#   --shell          a shell in the machine in place of the steps; the arguments go to it
#
# Needs root, debootstrap and git. What is committed (HEAD) is tested. The machine is a folder that debootstrap filled, entered with
# mounts, processes and a /dev/shm of its own: when this script ends, in whatever way, the kernel takes them all back. Only
# the network is shared. Kept between runs: what debootstrap made, downloaded packages, and what the compiler made.
#
# Ends with 0 if every step did, else with the code of the last step that failed; 2: the machine could not be made.
set -euo pipefail
source=$(cd "$(dirname "$0")/.." && pwd)
machines=/var/cache/mqtrack-machines
mirror=
keep=
steps=()

usage() {
  sed -n '2,/^set/{s/^# \{0,1\}//p}' "$0" >&2
  exit 2
}
fail() {
  echo "distro.sh: $*" >&2
  exit 2
}

while [ $# -gt 0 ]; do
  case $1 in
    --machines) machines=${2:?} && shift 2 ;;
    --mirror) mirror=${2:?} && shift 2 ;;
    --keep) keep=1 && shift ;;
    --only) steps+=("${2:?}") && shift 2 ;;
    --shell) steps=(shell) && shift ;;
    -*) usage ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || usage
release=$1
shift
[ ${#steps[@]} -gt 0 ] || steps=(user root tests)
[ "$(id -u)" -eq 0 ] || fail "run it as root: it mounts file systems"
for program in debootstrap git unshare setpriv flock; do
  command -v $program >/dev/null || fail "$program is not installed"
done
case $(realpath -m "$machines")/ in "$source"/*) fail "name a folder outside of the source tree" ;; esac

home=$machines/$release
mkdir -p "$home/debs/partial" "$home/objects"
exec 9>"$home/lock"
flock -n 9 || fail "another one runs with $home"

# Becomes a command with mounts and processes of its own, which end with it, as it ends with this script: also by kill -9.
# For a process that is the script's own child, since it is the parent's death that counts.
become() { exec setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$@" 9>&-; }

# The archive that this machine uses, if it is a Debian; otherwise debootstrap's own default.
[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Label: Debian' | head -n 1) || true

if [ ! -d "$home/base" ]; then
  echo "== Making a machine with $release in $home"
  rm -rf "$home/base.new"
  (become debootstrap --variant=minbase --include=ca-certificates,ccache "$release" "$home/base.new" ${mirror:+"$mirror"}) \
    >"$home/debootstrap.log" 2>&1 || { tail -n 20 "$home/debootstrap.log" >&2; fail "debootstrap failed"; }
  mv "$home/base.new" "$home/base"
fi

machine=$home/machine
mkdir -p "$home/packages"
new_machine() {
  rm -rf "$machine"
  cp -a "$home/base" "$machine"
  # A machine that is thrown away need not be safe from a power cut.
  echo force-unsafe-io >"$machine/etc/dpkg/dpkg.cfg.d/unsafe-io"
  # As this machine reaches the archive: proxies, and what its clock makes of old lists.
  apt-config dump | grep -E '^Acquire::(https?|ftp|Check-[A-Za-z-]*|Retries)[: ]' >"$machine/etc/apt/apt.conf.d/90this-machine" || true
  bring_source
}
bring_source() {
  rm -rf "$machine/srv/mqtrack"
  git clone -q --depth 1 "file://$source" "$machine/srv/mqtrack" || fail "cannot clone $source"
  cp "$source/tests/distro/"*.sh "$machine/srv"
}
[ -n "$keep" ] || trap 'rm -rf "$machine"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [ -z "$keep" ] || [ ! -d "$machine" ]; then
  new_machine
else
  bring_source
fi

echo "== $release: ${steps[*]}"
code=0
summary=()
for step in "${steps[@]}"; do
  # Packages are installed where nothing but them could have brought what they need.
  [ "$step" != install ] || new_machine
  # A process in the background, since a shell takes signals only while it waits.
  if [ "$step" = shell ]; then
    become "$BASH" "$machine/srv/machine.sh" "$home" "$step" "$@" <&0 &
  else
    become "$BASH" "$machine/srv/machine.sh" "$home" "$step" "$@" </dev/null > >(tee "$home/$step.log") 2>&1 &
  fi
  wait $! || { code=$?; summary+=("$step: exit code $code, see $home/$step.log"); continue; }
  summary+=("$step: good")
done
[ "${steps[0]}" != shell ] || exit $code
echo "== $release"
for line in "${summary[@]}"; do
  echo "   $line"
  # What ctest says at its end, of each build.
  [ "${line%%:*}" != tests ] || sed -n '/tests passed/s/^/      /p; /^The following tests FAILED/,/^$/s/^/      /p' "$home/tests.log"
done
exit $code
