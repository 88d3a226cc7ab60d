# What tests/distro.sh does in the machine that machine.sh entered: steps.sh STEP [ARGUMENT...]
# shellcheck shell=bash
set -uo pipefail
step=$1
shift

# clone FOLDER: a fresh copy of what is tested; what an earlier run built there stays.
clone() {
  mkdir -p "$1"
  find "$1" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
  cp -a /srv/mqtrack/. "$1"
}

# An ordinary user with sudo, whose files are closed to others, with a blank in the path, and without git.
user() {
  local somebody=somebody folder="/home/somebody/my projects/mqtrack"
  apt-get update -qq && apt-get install -y -qq --no-install-recommends sudo >/dev/null 2>&1 || return 2
  id $somebody >/dev/null 2>&1 || useradd --create-home --shell /bin/bash $somebody
  echo "$somebody ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/$somebody
  rm -rf /var/lib/apt/lists/* # as on a fresh machine
  chmod 700 /home/$somebody
  clone "$folder"
  chown -R $somebody: "/home/$somebody"
  chmod 1777 /var/cache/objects
  ! command -v git >/dev/null || echo "   (git is installed)"
  runuser -u $somebody -- env HOME=/home/$somebody CCACHE_UMASK=000 bash -c \
    'umask 077; cd; "$1/samples/quickstart.sh"' user "$folder"
}

# Root, whose home is closed to the user that the broker becomes.
root() {
  chmod 700 /root
  clone /root/mqtrack
  (umask 077; cd / && CCACHE_UMASK=000 /root/mqtrack/samples/quickstart.sh)
}

tests() {
  mount -o remount,size=50% /dev/shm
  # The driver of the browser looks it up; the quick starts do without.
  echo "127.0.0.1 localhost" >>/etc/hosts
  clone /root/mqtrack
  CCACHE_UMASK=000 /root/mqtrack/tests/run.sh "$@"
}

# Builds the packages twice, insists on the same bytes, and has lintian look at them.
packages() {
  clone /root/mqtrack
  local build=/root/mqtrack/cmake/packaging/deb.sh
  rm -rf /var/cache/packages/*
  "$build" --install-needed -o /var/cache/packages || return
  "$build" -o /root/again || return
  local package
  for package in /var/cache/packages/*.deb; do
    cmp "$package" "/root/again/$(basename "$package")" || return 1
  done
  echo "   two builds gave the same bytes"
  apt-get install -y -qq --no-install-recommends lintian >/dev/null 2>&1 || return 2
  lintian --allow-root --fail-on error,warning /var/cache/packages/*.changes && echo "   lintian: nothing to say"
}

install() { bash /srv/install.sh; }

case $step in
  user | root | tests | packages | install) "$step" "$@" ;;
  shell) exec bash "$@" ;;
  *) echo "distro.sh: there is no step '$step'" >&2; exit 2 ;;
esac
