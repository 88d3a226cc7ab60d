# Run by tests/distro.sh with mounts and processes of its own: makes the folder HOME/machine the root directory, and runs a
# step of steps.sh there.
#
#   machine.sh HOME STEP [ARGUMENT...]
#
# pivot_root in place of chroot, since who was put into a chroot may make no user namespaces, and the tests make some.
# shellcheck shell=bash
set -euo pipefail
home=$1
shift
machine=$home/machine

mount --bind "$machine" "$machine"
cd "$machine"
mount -t proc proc proc
mount --rbind /sys sys
mount --rbind /dev dev
# As small as Docker makes it; steps.sh enlarges it for the tests.
mount -t tmpfs -o size=64m,mode=1777 tmpfs dev/shm
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p var/cache/objects var/cache/packages
mount --bind "$home/debs" var/cache/apt/archives
mount --bind "$home/objects" var/cache/objects
mount --bind "$home/packages" var/cache/packages

cp --remove-destination -L /etc/resolv.conf etc/resolv.conf
# There are machines that cannot resolve localhost. The name of the machine itself is for sudo. (steps.sh adds localhost for
# the tests.)
grep -Ev '^[^#]*[[:space:]]localhost([[:space:]]|$)' /etc/hosts >etc/hosts || true
echo "127.0.1.1 $(uname -n)" >>etc/hosts
# Packages start no services.
printf '#!/bin/sh\nexit 101\n' >usr/sbin/policy-rc.d
chmod +x usr/sbin/policy-rc.d

mkdir -p mnt/before
pivot_root . mnt/before
cd /
umount -l /mnt/before

proxies=()
for name in http_proxy https_proxy no_proxy; do
  [ -z "${!name:-}" ] || proxies+=("$name=${!name}")
done
exec env -i HOME=/root LANG=C.UTF-8 TERM="${TERM:-dumb}" PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
  CCACHE_DIR=/var/cache/objects CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache \
  "${proxies[@]}" bash /srv/steps.sh "$@"
