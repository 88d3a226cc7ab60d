#!/usr/bin/env python3
"""What the recorder costs a real mosquitto: the broker's own processor time for the same traffic, contenders in turn.

    tests/bench/broker_bench.py RECORDER [--messages N] [--rounds N] [--backlog] [--check]

Traffic, one after the other: N messages of 64 bytes at QoS 1 over 50 topics to ten subscribers, at most 20 of them under
way, then N/20 connects and disconnects, then N/20 subscribes and unsubscribes. Why that: it is what a broker in good health
does. --backlog instead publishes N messages as fast as it can to one slow subscriber, so that most of them are queued: a
live set of hundreds of thousands of blocks that no cache holds.

Measured: user and system time of the broker (/proc/PID/stat), the fan-out's messages a second, and the time within which
99 of 100 messages had reached all subscribers. Each round runs every contender once; the median of the rounds counts.
--check (a smoke run) fails if a contender does not run; it says nothing about speed.
"""
import argparse
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import broker_load
from rivals import ours, rivals

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from preloadable import preloadable  # pylint: disable=wrong-import-position

TICK = os.sysconf("SC_CLK_TCK")
BROKER = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    sys.exit("the broker does not answer")


def broker_pid(process):
    """heaptrack is a script: the broker is its child."""
    for task in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            if (task / "comm").read_text().strip() == "mosquitto" and int(task.name) == process.pid:
                return process.pid
            if (task / "comm").read_text().strip() == "mosquitto" and int(fields[1]) == process.pid:
                return int(task.name)
        except (OSError, IndexError):
            continue
    sys.exit("the broker is not running")


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICK, int(fields[12]) / TICK


def backlog(port, messages):
    """mosquitto_pub and mosquitto_sub: the publishers are faster than the subscriber."""
    reader = subprocess.Popen(["mosquitto_sub", "-p", str(port), "-q", "1", "-t", "bench/#", "-C", str(messages)],
                              stdout=subprocess.DEVNULL)
    writers = []
    for topic in range(10):
        writer = subprocess.Popen(["mosquitto_pub", "-p", str(port), "-q", "1", "-t", f"bench/{topic}", "-l"],
                                  stdin=subprocess.PIPE, text=True)
        writer.stdin.write(("x" * 64 + "\n") * (messages // 10))
        writer.stdin.close()
        writers.append(writer)
    for writer in writers:
        writer.wait(timeout=300)
    # Messages sent before the subscription was in place are not waited for.
    try:
        reader.wait(timeout=2)
    except subprocess.TimeoutExpired:
        reader.kill()
        reader.wait()


def healthy(port, messages):
    """(messages a second, 99th percentile in seconds) of the fan-out."""
    start = time.monotonic()
    latencies = broker_load.fan_out(port, messages)
    rate = messages / (time.monotonic() - start)
    broker_load.connect_churn(port, messages // 20)
    broker_load.subscribe_churn(port, messages // 20)
    return rate, latencies[len(latencies) * 99 // 100]


def run_once(prefix, environment, folder, traffic):
    port = free_port()
    config = pathlib.Path(folder, "mosquitto.conf")
    config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nuser root\n")
    broker = subprocess.Popen([*prefix, BROKER, "-c", str(config)], env={**os.environ, **environment},
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        pid = broker_pid(broker)
        before = processor_seconds(pid)
        rate, p99 = traffic(port) or (0, 0)
        after = processor_seconds(pid)
        return after[0] - before[0], after[1] - before[1], rate, p99
    finally:
        if broker.poll() is None:
            subprocess.run(["kill", str(broker_pid(broker))], check=False)
        broker.wait(timeout=60)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recorder")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--backlog", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.messages, options.rounds = 1_000, 1
    kind = backlog if options.backlog else healthy
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-", dir="/dev/shm") as folder:
        preloaded = preloadable(options.recorder)
        found = [("plain", [], {}), ("mqtrack, exact", [], ours(preloaded, folder)),
                 ("  without packets", [], ours(preloaded, folder, MQTRACK_WITHOUT="packets,mqtt")),
                 ("mqtrack, 512 KiB", [], ours(preloaded, folder, MQTRACK_SAMPLE=str(512 * 1024))), *rivals(folder)]
        times = {name: [] for name, _, _ in found}
        for _ in range(options.rounds):
            for name, prefix, environment in found:
                times[name].append(run_once(prefix, environment, folder,
                                            lambda port: kind(port, options.messages)))
    print(f"{options.messages:,} messages{' in a backlog' if options.backlog else ''}, median of {options.rounds} rounds")
    print(f"{'':24}{'user s':>10}{'of plain':>10}{'system s':>10}{'messages/s':>12}{'p99 ms':>9}")
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in times.items()}
    for name, (user, system, rate, p99) in medians.items():
        share = f"{user / medians['plain'][0]:.2f}" if medians["plain"][0] > 0 else ""
        measured = f"{rate:>12,.0f}{p99 * 1000:>9.2f}" if rate else ""
        print(f"{name:24}{user:>10.2f}{share:>10}{system:>10.2f}{measured}")


if __name__ == "__main__":
    main()
