# Sourced by samples/*.sh and tests/run.sh: installs the Debian packages that are listed in files.
# shellcheck shell=bash

# The packages in the given lists that are not installed, one per line. A line of a list is a name, or alternatives
# of different releases, "libevent-2.1-7t64 | libevent-2.1-7": any of them will do, and the first that there is gets installed.
missing_packages() {
  local -a names
  local name
  sed 's/#.*//; s/|/ /g' "$@" | sort -u | while read -ra names; do
    [ ${#names[@]} -gt 0 ] || continue
    for name in "${names[@]}"; do
      is_installed "$name" && continue 2
    done
    first_available "${names[@]}"
  done
}

is_installed() { dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

# Where none of them can be had, apt-get names what is missing by the first.
first_available() {
  local name
  if [ $# -gt 1 ]; then
    for name in "$@"; do
      # A name that others only provide has no candidate.
      if apt-cache policy "$name" 2>/dev/null | grep -q '^ *Candidate: [^(]'; then
        printf '%s\n' "$name"
        return
      fi
    done
  fi
  printf '%s\n' "$1"
}

# Installs what is missing of the given lists. Without the right to do so: prints the line to run, and exits 2.
install_missing_packages() {
  local missing as_root=()
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    echo "This is not Debian or Ubuntu. Install the equivalents of these packages, then build with cmake:" >&2
    sed 's/#.*//' "$@" | awk 'NF { printf "%s ", $1 } END { print "" }' >&2
    exit 2
  fi
  mapfile -t missing < <(missing_packages "$@")
  if [ ${#missing[@]} -eq 0 ]; then
    echo "   all packages are installed"
    return
  fi
  if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo)
    # Without a terminal nobody can type a password, so only a password-less sudo will do.
    [ -t 0 ] || as_root=(sudo -n)
    if ! command -v sudo >/dev/null || ! { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
      echo "   some packages are missing, and installing them takes root. Run this line, then start again:" >&2
      echo "   apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
      exit 2
    fi
  fi
  echo "   installing ${missing[*]}"
  # The lists of a fresh machine are empty or old, so a failed attempt is repeated with new ones.
  if ! apt_install "${missing[@]}" >/dev/null 2>&1; then
    "${as_root[@]}" apt-get update -qq || echo "   apt-get update failed; trying with the lists that are there" >&2
    mapfile -t missing < <(missing_packages "$@")
    if ! apt_install "${missing[@]}" >/dev/null; then
      echo "   installing failed. See apt-get's message above; the line was:" >&2
      echo "   apt-get install -y --no-install-recommends ${missing[*]}" >&2
      exit 2
    fi
  fi
}

# Uses as_root of its caller.
apt_install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}
