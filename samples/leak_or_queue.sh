#!/usr/bin/env bash
# Is it a leak? A stock broker grows in two ways at once: messages wait for a client that is offline, and mosquitto before
# 2.0.16 keeps the topic-tree nodes of retained messages that were cleared. Needs what samples/quickstart.sh needs.
set -u
samples=$(cd "$(dirname "$0")" && pwd)
results=$(dirname "$samples")/build/leak_or_queue
# shellcheck source-path=SCRIPTDIR source=recorded_broker.sh
. "$samples/recorded_broker.sh"

seconds=30

# keep_at_work: until it is ended, messages for a client that is away, and retained messages that are set and cleared.
keep_at_work() {
  local i
  for ((i = 10000; ; ++i)); do
    mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -t house/pump/command -m "pressure $i"
    mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -r -t "house/sensor-$i/state" -m on
    mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -r -t "house/sensor-$i/state" -n
  done
}

step "1. Packages"
install_missing_packages "$samples/dependencies.txt"

step "2. Build (build/release)"
build_release

step "3. The distribution's own broker: $(mosquitto -h | head -n 1)"
grep -v '^plugin' "$samples/mosquitto.conf" >"$work/stock.conf"
start_broker "$work/stock.conf"
mosquitto_sub -h 127.0.0.1 -p "$port" -i pump7 -c -q 1 -t 'house/pump/#' -E || fail "mosquitto_sub failed"
keep_at_work 2>/dev/null &
worker=$!

step "4. Which of what grows is a leak?"
code=0
show "$mqtrack" diagnose mosquitto --for "${seconds}s" -q || code=$?
kill "$worker" 2>/dev/null
wait "$worker" 2>/dev/null
echo "   exit code $code"
case $code in
  0) echo "   No leak: this broker has the fix (mosquitto 2.0.16 and later). The queue is pump7's." ;;
  1) echo "   What waits for pump7 is its queue. What retain__store keeps is the leak; it is fixed in mosquitto 2.0.16." ;;
  *) fail "the diagnosis could not be made" ;;
esac
