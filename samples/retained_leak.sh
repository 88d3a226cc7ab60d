#!/usr/bin/env bash
# A real leak in a stock broker, without any plugin: mosquitto before 2.0.16 keeps the topic-tree nodes of a retained
# message after it was cleared. Debian 12 ships 2.0.11. Needs what samples/quickstart.sh needs.
set -u
samples=$(cd "$(dirname "$0")" && pwd)
results=$(dirname "$samples")/build/retained_leak
# shellcheck source-path=SCRIPTDIR source=recorded_broker.sh
. "$samples/recorded_broker.sh"

topics=500

# set_and_clear FIRST: a retained message on each of $topics new topics, and the empty message that clears it.
set_and_clear() {
  local i
  for ((i = $1; i < $1 + topics; ++i)); do
    mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -r -t "house/sensor-$i/state" -m on || fail "mosquitto_pub failed"
    mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -r -t "house/sensor-$i/state" -n || fail "mosquitto_pub failed"
  done
}

step "1. Packages"
install_missing_packages "$samples/dependencies.txt"

step "2. Build (build/release)"
build_release

step "3. The distribution's own broker: $(mosquitto -h | head -n 1)"
grep -v '^plugin' "$samples/mosquitto.conf" >"$work/stock.conf"
start_broker "$work/stock.conf"
set_and_clear 10000
show "$mqtrack" snapshot mosquitto -o before.pb.gz -q || fail "no first snapshot"
echo "   … $topics retained messages set and cleared, each on a new topic …"
set_and_clear 20000
show "$mqtrack" snapshot mosquitto -o after.pb.gz -q || fail "no second snapshot"

step "4. No retained message is left, so nothing should have grown"
show "$mqtrack" diff before.pb.gz after.pb.gz || fail "no diff"
growth=$("$mqtrack" diff before.pb.gz after.pb.gz --format json -q |
  sed -n '/"total"/,/}/ s/.*"growth": *\(-*[0-9]*\).*/\1/p')
echo "   In all $growth bytes: $((growth / topics)) for each of the $topics topics."

step "5. The gate"
code=0
show "$mqtrack" gate --base before.pb.gz after.pb.gz --max-growth 64KiB || code=$?
echo "   exit code $code"
case $code in
  0) echo "   This broker has the fix (mosquitto 2.0.16 and later)." ;;
  1) echo "   The leak is real. It is fixed in mosquitto 2.0.16." ;;
  *) fail "the gate could not measure" ;;
esac
