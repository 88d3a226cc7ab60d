#!/usr/bin/env bash
# The quick start: finds a leak in a real MQTT broker, draws it, and proves the fix. Run it from anywhere:
#
#   ./samples/quickstart.sh
#
# Needs Debian 12 or Ubuntu. Installs what is missing (as root or by sudo), builds into build/release, leaves two
# pictures in build/quickstart, and nothing running. The first run takes minutes, the next one seconds.
set -u
samples=$(cd "$(dirname "$0")" && pwd)
# shellcheck source-path=SCRIPTDIR source=recorded_broker.sh
. "$samples/recorded_broker.sh"

messages=1000
bytes=1024
pictures=$root/build/quickstart

# measure TWIN: runs the broker with leaky_plugin or fixed_plugin, and takes before.pb.gz and after.pb.gz around traffic.
measure() {
  sed -e "s|^plugin .*|plugin $plugins/$1_plugin.so|" -e "s|^plugin_opt_leak_bytes .*|plugin_opt_leak_bytes $bytes|" \
    "$samples/mosquitto.conf" >"$work/$1.conf"
  start_broker "$work/$1.conf"
  publish 100  # what is allocated once, at the first messages, is no leak
  show "$mqtrack" snapshot mosquitto -o "$work/before.pb.gz" || fail "no first snapshot"
  echo "   … $messages MQTT messages by mosquitto_pub and mosquitto_sub …"
  publish $messages
  show "$mqtrack" snapshot mosquitto -o "$work/after.pb.gz" || fail "no second snapshot"
}

# gate EXPECTED: runs the gate and insists on its exit code.
gate() {
  local code=0
  show "$mqtrack" gate --base "$work/before.pb.gz" "$work/after.pb.gz" --max-growth 64KiB || code=$?
  echo "   exit code $code"
  [ $code -eq "$1" ] || fail "the gate should have ended with exit code $1"
}

step "1. Packages"
install_missing_packages "$samples/dependencies.txt"

step "2. Build (build/release)"
build_release
echo "   $("$mqtrack" --version)"

step "3. A broker whose plugin loses $bytes bytes with each message, recorded and measured while it runs"
measure leaky

step "4. What grew? The function that leaks is the first row: $messages messages x $bytes bytes = $((messages * bytes)) bytes"
show "$mqtrack" diff "$work/before.pb.gz" "$work/after.pb.gz" || fail "no diff"

step "5. Two pictures"
mkdir -p "$pictures"
show "$mqtrack" report "$work/after.pb.gz" --base "$work/before.pb.gz" --format flame -o "$pictures/leak.svg" ||
  fail "no flame graph"
show "$mqtrack" report "$work/after.pb.gz" --format graph -o "$pictures/heap.svg" || fail "no call graph"

step "6. In CI: the gate stops the leak"
gate 1
stop_broker

step "7. The fixed plugin: the same traffic, the same gate"
measure fixed
gate 0
stop_broker

step "Done. Nothing is left running. Open the pictures in a browser:"
echo "   $pictures/leak.svg   what grew: click to zoom, type to search"
echo "   $pictures/heap.svg   who holds the heap"
