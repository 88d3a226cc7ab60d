# Sourced by samples/*.sh: builds mqtrack, runs a real mosquitto under it on a free loopback port, drives MQTT traffic,
# and leaves nothing running. Works in the folder results, which stays. Sets up root (of the checkout), work (a private
# folder), mqtrack (the program) and the functions below. MQTRACK_BUILD in the environment names a build that is used as it is,
# MQTRACK_RESULTS another folder than results.
# shellcheck shell=bash

# shellcheck source-path=SCRIPTDIR source=packages.sh
. "$samples/packages.sh"

# Debian keeps the broker where ordinary users' PATH does not look.
PATH=$PATH:/usr/sbin

root=$(dirname "$samples")
build=${MQTRACK_BUILD:-$root/build/release}
mqtrack=$build/cli/mqtrack
plugins=$build/samples/plugin
runner=
subscriber=

# The folder of this run, removed at its end.
work=$(mktemp -d "${TMPDIR:-/tmp}/mqtrack-sample.XXXXXX")
# Logs of our own, so that `mqtrack snapshot mosquitto` means the broker started here and no other.
MQTRACK_LOG_DIR=$(mktemp -d /dev/shm/mqtrack-sample.XXXXXX)
export MQTRACK_LOG_DIR

results=${MQTRACK_RESULTS:-$results}
mkdir -p "$results" && cd "$results" || exit 2

leave_nothing() {
  local status=$?
  stop_broker
  [ -z "$subscriber" ] || kill "$subscriber" 2>/dev/null
  rm -rf "$work" "$MQTRACK_LOG_DIR"
  [ "$plugins" = "$build/samples/plugin" ] || rm -rf "$plugins"
  exit $status
}
trap leave_nothing EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step() { printf '\n\033[1m%s\033[0m\n' "$*" | if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then cat; else sed 's/\x1b\[[01]*m//g'; fi; }
fail() { echo "FAILED: $*" >&2; exit 1; }

# Shows a command as the user would type it, and runs it.
show() {
  local line=$*
  echo "   \$ ${line//"$mqtrack"/mqtrack}"
  "$@"
}

# Waits until the command given succeeds; fails after 20 seconds, with the first argument as the reason.
wait_until() {
  local reason=$1 deadline=$((SECONDS + 20))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || fail "$reason"
    sleep 0.05
  done
}

build_release() {
  [ -z "${MQTRACK_BUILD:-}" ] || return 0
  local log=$work/build.log options=(--preset release)
  # Somebody who only tries mqtrack need not have what the tests need. A build tree that exists stays as it is.
  [ -e "$build/CMakeCache.txt" ] || options+=(-DMQTRACK_TESTS=OFF)
  (cd "$root" && cmake "${options[@]}") >"$log" 2>&1 || { cat "$log" >&2; fail "cmake could not configure"; }
  local ninja=(cmake --build "$build" --target mqtrack mqtrack_preload sample_leaky_plugin sample_fixed_plugin)
  if [ -t 1 ]; then
    "${ninja[@]}" || fail "the build failed"
  else
    "${ninja[@]}" >"$log" 2>&1 || { tail -n 60 "$log" >&2; fail "the build failed"; }
  fi
}

# A broker that root starts becomes user mosquitto before it opens its plugins, and the checkout may lie where that user cannot
# look, as below /root. So it gets copies that everybody can read.
share_plugins() {
  [ "$(id -u)" -eq 0 ] && [ "$plugins" = "$build/samples/plugin" ] || return 0
  plugins=$(mktemp -d /tmp/mqtrack-plugins.XXXXXX) && chmod 755 "$plugins" &&
    install -m 755 "$build"/samples/plugin/*_plugin.so "$plugins" || fail "cannot copy the plugins to $plugins"
}

port_is_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A free port, by asking for random ones until nobody answers. If another program is faster, the broker says so.
choose_port() {
  port=$((20000 + RANDOM % 12000))
  while port_is_open $port; do port=$((20000 + RANDOM % 12000)); done
}

# start_broker CONFIG: mosquitto under the recorder with CONFIG, whose port is replaced by a free one. Call share_plugins
# first if CONFIG names one of them.
start_broker() {
  choose_port
  sed "s|^listener .*|listener $port 127.0.0.1|" "$1" >"$work/mosquitto.conf"
  # mosquitto, started by root, reads this file before it becomes user mosquitto.
  echo "   \$ mqtrack run -- mosquitto -c mosquitto.conf        # on port $port"
  "$mqtrack" run -- mosquitto -c "$work/mosquitto.conf" >"$work/broker.log" 2>&1 &
  runner=$!
  wait_until "the broker does not answer on port $port" broker_answers
}

broker_answers() {
  kill -0 "$runner" 2>/dev/null || fail "the broker did not start: $(cat "$work/broker.log")"
  port_is_open "$port"
}

stop_broker() {
  [ -n "$runner" ] || return 0
  kill "$runner" 2>/dev/null  # `mqtrack run` hands the signal on to the broker
  wait "$runner" 2>/dev/null
  runner=
}

# publish N: N messages through the broker, received by a subscriber. Returns when the last one has arrived.
publish() {
  # Line by line: into a file it would say that it has subscribed only when it ends.
  stdbuf -oL mosquitto_sub -h 127.0.0.1 -p "$port" -q 1 -t 'house/#' -C "$1" -d >"$work/subscriber.log" 2>&1 &
  subscriber=$!
  wait_until "mosquitto_sub could not subscribe" grep -qs '^Subscribed' "$work/subscriber.log"
  seq 1 "$1" | mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -t house/kitchen/temperature -l || fail "mosquitto_pub failed"
  wait "$subscriber" || fail "mosquitto_sub did not receive all messages"
  subscriber=
}
