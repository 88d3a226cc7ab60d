# What the step install of tests/distro.sh does on a machine that has nothing but Debian's base: the packages that the step
# packages left are installed, used on this release's mosquitto by root and by an ordinary user, upgraded and purged.
# shellcheck shell=bash
set -euo pipefail
packages=/var/cache/packages
say() { echo "   $*"; }
fail() { echo "FAILED: $*" >&2; exit 1; }
quiet() { "$@" >/tmp/last.log 2>&1 || { cat /tmp/last.log >&2; fail "$*"; }; }
# until_done COMMAND...: tries it until it does, for a minute.
until_done() {
  local i
  for i in $(seq 600); do
    "$@" >/dev/null 2>&1 && return
    sleep 0.1
  done
  return 1
}
export DEBIAN_FRONTEND=noninteractive

ls $packages/mqtrack_*.deb >/dev/null 2>&1 || fail "there are no packages; run the step packages first"
mount -o remount,size=50% /dev/shm
apt-get update -qq
quiet apt-get install -y -qq --no-install-recommends mosquitto mosquitto-clients passwd
everything() { find / -xdev \( -path /proc -o -path /sys -o -path /tmp -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/log -o -path /root -o -path /home -o -path /srv \) -prune -o -print | sort; }
everything >/tmp/before

# An older version of the command and the recorder, to upgrade from: the same files by a lower number.
older() {
  local package
  for package in mqtrack libmqtrack-preload; do
    dpkg-deb -R $packages/${package}_*.deb /tmp/older
    sed -i 's/^Version: .*/Version: 0.0.1-1/; s/libmqtrack-preload (= [^)]*)/libmqtrack-preload (= 0.0.1-1)/' /tmp/older/DEBIAN/control
    dpkg-deb -b /tmp/older "/tmp/${package}_0.0.1.deb" >/dev/null
    rm -rf /tmp/older
  done
}

broker() { # USER PORT: mosquitto under the recorder, as USER
  printf 'listener %s 127.0.0.1\nallow_anonymous true\nuser %s\n' "$2" "$1" >"/tmp/$1.conf"
  runuser -u "$1" -- mqtrack run -q -- /usr/sbin/mosquitto -c "/tmp/$1.conf" >"/tmp/$1.broker" 2>&1 &
  until_done mosquitto_pub -h 127.0.0.1 -p "$2" -t ready -m x && return
  cat "/tmp/$1.broker" >&2
  fail "the broker of $1 did not start"
}

job() { # USER PORT: the main job; exact bytes of 100 queued messages
  local as="runuser -u $1 --" folder i pid
  folder=$($as mktemp -d)
  pid=$($as mqtrack list | awk '/mosquitto/ { print $1; exit }')
  mosquitto_sub -h 127.0.0.1 -p "$2" -i offline -c -q 1 -t jobs -W 1 >/dev/null 2>&1 || true
  quiet $as mqtrack snapshot "$pid" -o "$folder/before.pb.gz"
  for i in $(seq 100); do echo "message $i"; done | mosquitto_pub -h 127.0.0.1 -p "$2" -q 1 -t jobs -l
  quiet $as mqtrack snapshot "$pid" -o "$folder/after.pb.gz"
  $as mqtrack diff "$folder/before.pb.gz" "$folder/after.pb.gz" >"$folder/diff.txt"
  grep -q mosquitto "$folder/diff.txt" || { cat "$folder/diff.txt" >&2; fail "the diff does not name mosquitto"; }
  quiet $as mqtrack report "$folder/after.pb.gz" --base "$folder/before.pb.gz" --format flame -o "$folder/flame.svg"
  quiet $as mqtrack report "$folder/after.pb.gz" --format graph -o "$folder/graph.pdf"
  $as mqtrack owners "$pid" >"$folder/owners.txt"
  grep -q offline "$folder/owners.txt" || { cat "$folder/owners.txt" >&2; fail "owners does not name the offline client"; }
  $as mqtrack gate --base "$folder/before.pb.gz" "$folder/after.pb.gz" --max-growth 1KiB >/dev/null 2>&1 && fail "the gate let growth pass"
  [ "$(head -c 4 "$folder/graph.pdf")" = %PDF ] || fail "no call graph as PDF"
  rm -rf "$folder"
  say "recorded, compared, drawn and gated as $1"
}

older
quiet apt-get install -y -qq --no-install-recommends /tmp/mqtrack_0.0.1.deb /tmp/libmqtrack-preload_0.0.1.deb
useradd --create-home somebody
broker root 18831
broker somebody 18832
say "upgrading below two recorded brokers"
quiet apt-get install -y -qq --no-install-recommends $packages/mqtrack_*.deb $packages/libmqtrack-preload_*.deb $packages/libmqtrack-dev_*.deb
[ "$(dpkg-query -W -f '${Version}' mqtrack)" != 0.0.1-1 ] || fail "not upgraded"
job root 18831
job somebody 18832
mqtrack --version >/dev/null
[ -s /usr/share/man/man1/mqtrack.1.gz ] || say "(no man page: this machine leaves documents out)"
[ -r /usr/include/track/track.h ] || fail "no header"
printf '%s\n' "$(dpkg-query -W -f '${binary:Package} ${Installed-Size} KiB\n' mqtrack libmqtrack-preload libmqtrack-dev)" | sed 's/^/   /'
ls -l /usr/lib/mqtrack/ | awk 'NR > 1 { printf "   %s %.0f KiB\n", $NF, $5 / 1024 }'

mqtrack push --once --to http://127.0.0.1:1 --store parca && fail "nobody listens there"
[ -n "$(find /var/lib/mqtrack/push -name '*.part')" ] || fail "nothing waits in /var/lib/mqtrack/push"
mqtrack serve --listen 127.0.0.1:18833 --every 1s >/tmp/serve.out 2>&1 &
server=$!
has_history() { find /var/lib/mqtrack/history -name '*.pb.gz' | grep -q .; }
until_done has_history || fail "no history in /var/lib/mqtrack/history"
kill "$server"
wait "$server" || fail "the server did not end cleanly"

say "removing them below two recorded brokers"
quiet apt-get purge -y -qq mqtrack libmqtrack-preload libmqtrack-dev
mosquitto_pub -h 127.0.0.1 -p 18831 -t alive -m x && mosquitto_pub -h 127.0.0.1 -p 18832 -t alive -m x || fail "a broker did not survive the removal"
for pid in $(pgrep -x mosquitto); do kill "$pid"; done
wait
quiet apt-get autoremove --purge -y -qq
userdel -r somebody 2>/dev/null || true
everything >/tmp/after
if comm -13 /tmp/before /tmp/after | grep -i mqtrack | grep -v '^/dev/shm'; then fail "purge left files"; fi
say "purged: nothing is left but the logs of what was recorded, which mqtrack clean removes"
