# Sourced by samples/*.sh and tests/run.sh: installs the Debian packages that are listed in files.
# shellcheck shell=bash

# The names in the given lists that are not installed, one per line.
missing_packages() {
  local package
  sed 's/#.*//' "$@" | awk 'NF { print $1 }' | sort -u | while read -r package; do
    dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || printf '%s\n' "$package"
  done
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
