#!/usr/bin/env bash
# The quick start: finds a leak in a real MQTT broker, draws it, and proves the fix. Run it from anywhere:
#
#   ./samples/quickstart.sh
#
# Needs Debian 12 or 13, or Ubuntu. Installs what is missing (as root or by sudo), builds into build/release, leaves snapshots
# and two pictures in build/quickstart, and nothing running. The first run takes minutes, the next one seconds.
set -u
samples=$(cd "$(dirname "$0")" && pwd)
results=$(dirname "$samples")/build/quickstart
# shellcheck source-path=SCRIPTDIR source=recorded_broker.sh
. "$samples/recorded_broker.sh"

messages=1000
bytes=1024

# measure TWIN BEFORE AFTER: runs the broker with leaky_plugin or fixed_plugin; takes the snapshots around its traffic.
measure() {
  share_plugins
  {
    grep -v '^plugin' "$samples/mosquitto.conf"
    printf 'plugin %s\nplugin_opt_leak_bytes %s\n' "$plugins/$1_plugin.so" $bytes
  } >"$work/$1.conf"
  start_broker "$work/$1.conf"
  publish 100 # what is allocated once, at the first messages, is no leak
  show "$mqtrack" snapshot mosquitto -o "$2" -q || fail "no first snapshot"
  echo "   … $messages MQTT messages by mosquitto_pub and mosquitto_sub …"
  publish $messages
  show "$mqtrack" snapshot mosquitto -o "$3" -q || fail "no second snapshot"
  stop_broker
}

# gate EXPECTED BEFORE AFTER: runs the gate and insists on its exit code.
gate() {
  local code=0
  show "$mqtrack" gate --base "$2" "$3" --max-growth 64KiB || code=$?
  echo "   exit code $code"
  [ $code -eq "$1" ] || fail "the gate should have ended with exit code $1"
}

step "1. Packages"
install_missing_packages "$samples/dependencies.txt"

step "2. Build (build/release)"
build_release
echo "   $("$mqtrack" --version)"

step "3. A broker whose plugin loses $bytes bytes with each message, recorded and measured while it runs"
measure leaky before.pb.gz after.pb.gz

step "4. What grew? The function that leaks is the first row: $messages messages x $bytes bytes = $((messages * bytes)) bytes"
show "$mqtrack" diff before.pb.gz after.pb.gz || fail "no diff"

step "5. Two pictures"
show "$mqtrack" report after.pb.gz --base before.pb.gz --format flame -o leak.svg -q || fail "no flame graph"
show "$mqtrack" report after.pb.gz --format graph -o heap.svg -q || fail "no call graph"

step "6. In CI: the gate stops the leak"
gate 1 before.pb.gz after.pb.gz

step "7. The fixed plugin: the same traffic, the same gate"
measure fixed fixed-before.pb.gz fixed-after.pb.gz
gate 0 fixed-before.pb.gz fixed-after.pb.gz

step "Done. Nothing is left running. Open the pictures in a browser:"
echo "   $results/leak.svg   what grew: click to zoom, search by name"
echo "   $results/heap.svg   who holds the heap"
