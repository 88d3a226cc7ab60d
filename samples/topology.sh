#!/usr/bin/env bash
# Who calls whom: three services that work together through a mosquitto, with a slow one and a circle planted, and what
# mqtrack topology finds in the lines that they write. Needs what samples/quickstart.sh needs.
set -u
samples=$(cd "$(dirname "$0")" && pwd)
results=$(dirname "$samples")/build/topology
# shellcheck source-path=SCRIPTDIR source=recorded_broker.sh
. "$samples/recorded_broker.sh"

readings=40
servers=()

end_services() {
  # Without a name, wait would wait for the broker too.
  [ ${#servers[@]} -ne 0 ] || return 0
  kill "${servers[@]}" 2>/dev/null
  wait "${servers[@]}" 2>/dev/null
  servers=()
}
trap 'end_services; leave_nothing' EXIT

# serve ROLE: a service that writes its traced regions to ROLE.jsonl.
serve() {
  MQTRACK_TRACE_LOG=$results/$1.jsonl stdbuf -oL "$build/samples/services/services" "$1" "$port" >"$work/$1.log" 2>&1 &
  servers+=($!)
  wait_until "the $1 does not answer: $(cat "$work/$1.log")" grep -qs '^ready' "$work/$1.log"
}
has_handled() { [ "$(grep -c '^handled' "$work/$1.log")" -ge "$2" ]; }

step "1. Packages"
install_missing_packages "$samples/dependencies.txt"

step "2. Build (build/release)"
build_release
[ -n "${MQTRACK_BUILD:-}" ] || cmake --build "$build" --target sample_services >"$work/build.log" 2>&1 || fail "the build failed"

step "3. A broker, a gateway, a store, and $readings readings"
rm -f telemetry.jsonl gateway.jsonl store.jsonl
grep -v '^plugin' "$samples/mosquitto.conf" >"$work/stock.conf"
start_broker "$work/stock.conf"
serve gateway
serve store
MQTRACK_TRACE_LOG=$results/telemetry.jsonl "$build/samples/services/services" telemetry "$port" "$readings" || fail "no telemetry"
wait_until "the store has not got all readings" has_handled store "$readings"
wait_until "the gateway has not got all alarms" has_handled gateway $((readings + readings / 10))
end_services

step "4. Who calls whom"
show "$mqtrack" topology telemetry.jsonl gateway.jsonl store.jsonl || fail "the logs could not be read"
show "$mqtrack" topology telemetry.jsonl gateway.jsonl store.jsonl --format svg -o services.svg || fail "no picture"
echo "   $results/services.svg"

step "5. In a CI job"
code=0
show "$mqtrack" topology telemetry.jsonl gateway.jsonl store.jsonl --fail-on cycle --fail-on slow-service >"$work/checked" || code=$?
grep -A 9 '^Checks' "$work/checked"
[ "$code" -eq 1 ] || fail "the planted circle and the slow store were not found (exit code $code)"
echo "   exit code $code: the store answers the gateway that asked it, and is slow. Both are planted."
