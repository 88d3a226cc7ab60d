#!/usr/bin/env python3
"""What the recorder costs a real mosquitto: the broker's own processor time for the same traffic, contenders in turn.

    chrt -f 30 tests/bench/broker_bench.py RECORDER [--floor LIBRARY] [--perf] [--messages N] [--rounds N] [--backlog]
                                           [--check]

Traffic of one round: N messages of 64 bytes at QoS 1 over 50 topics to ten subscribers, at most 20 of them under way,
then N/20 connects and disconnects, then N/20 subscribes and unsubscribes. Why that: it is what a broker in good health
does. --backlog instead publishes N messages as fast as it can to one slow subscriber, so that most of them are queued: a
live set of hundreds of thousands of blocks that no cache holds.

Measured: the broker's processor time, all of it as the scheduler counts it in nanoseconds, and the part in user mode,
which the kernel counts in ticks of its clock: over N rounds, with an error that is printed. --perf lets `perf record`
look a hundred times as often, as root; its interrupts add a little to all contenders alike. --floor adds a contender: a
preloaded library whose hooks only pass on (pass_through.cc), which is the least that any recorder by preloading costs.
All brokers are alive at the same time, and each round is compared with the plain broker's of the same round
(broker_rounds.py). The fan-out's messages a second, and the time within which 99 of 100 messages had reached all
subscribers. --backlog runs one broker after the other. --check (a smoke run) fails if a contender does not run; it says
nothing about speed.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import broker_rounds
from rivals import ours, rivals

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from preloadable import preloadable  # pylint: disable=wrong-import-position

def backlog(port, messages):
    """mosquitto_pub and mosquitto_sub: the publishers are faster than the subscriber."""
    reader = subprocess.Popen(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", "bench/#", "-C", str(messages)],
                              stdout=subprocess.DEVNULL)
    writers = []
    for topic in range(10):
        writer = subprocess.Popen(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", f"bench/{topic}", "-l"],
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



def measure_backlogs(contenders, folder, options):
    """User and system seconds of each contender, the median of the rounds."""
    times = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for name, (prefix, environment) in contenders.items():
            broker = broker_rounds.Broker(folder, prefix, environment)
            try:
                before = broker_rounds.processor_seconds(broker.pid)
                backlog(broker.port, options.messages)
                after = broker_rounds.processor_seconds(broker.pid)
                times[name].append([now - then for now, then in zip(after, before)])
            finally:
                broker.end()
    print(f"{options.messages:,} messages in a backlog, median of {options.rounds} rounds")
    print(f"{'':24}{'user s':>10}{'of plain':>10}{'system s':>10}")
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in times.items()}
    for name, (user, system) in medians.items():
        share = f"{user / medians['plain'][0]:.2f}" if medians["plain"][0] > 0 else ""
        print(f"{name:24}{user:>10.2f}{share:>10}{system:>10.2f}")


def measure_health(contenders, folder, options):
    costs = broker_rounds.measure(contenders, folder, options.messages, options.rounds, 20, options.perf)
    plain = costs["plain"]
    print(f"{options.rounds} rounds of {options.messages:,} messages; ms of processor time a round")
    print(f"{'':24}{'all ms':>9}{'of plain':>10}{'user ms':>9}{'of plain':>14}{'messages/s':>12}{'p99 ms':>9}")
    for name, cost in costs.items():
        share = ""
        if plain.user_seconds > 0 and cost.user_seconds > 0:
            ratio = cost.user_seconds / plain.user_seconds
            ticks = broker_rounds.UserTime.RATE if options.perf else broker_rounds.TICK
            error = ratio * (1 / (cost.user_seconds * ticks) + 1 / (plain.user_seconds * ticks)) ** 0.5
            share = f"{ratio:.3f} ±{error:.3f}" if options.perf else f"{ratio:.2f} ±{error:.2f}"
        latencies = sorted(cost.latencies)
        print(f"{name:24}{statistics.median(cost.nanoseconds) / 1e6:>9.1f}{cost.median_ratio(plain):>10.3f}"
              f"{cost.user_seconds * 1000 / options.rounds:>9.2f}{share:>14}{statistics.median(cost.rates):>12,.0f}"
              f"{latencies[len(latencies) * 99 // 100] * 1000:>9.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recorder")
    parser.add_argument("--floor", metavar="LIBRARY", help="hooks that do nothing, as one contender more")
    parser.add_argument("--perf", action="store_true", help="measure user time by perf record (not of backlogs)")
    parser.add_argument("--messages", type=int, help="of one round (default 200; of a backlog 20,000)")
    parser.add_argument("--backlog", action="store_true")
    parser.add_argument("--rounds", type=int, help="(default 200; of backlogs 5)")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.perf and shutil.which("perf") is None:
        parser.error("--perf needs perf, of Debian's package linux-perf")
    options.messages = options.messages or (20_000 if options.backlog else 200)
    options.rounds = options.rounds or (5 if options.backlog else 200)
    if options.check:
        options.messages, options.rounds = (1_000, 1) if options.backlog else (100, 2)
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-", dir="/dev/shm") as folder:
        preloaded = preloadable(options.recorder)
        without = {"MQTRACK_WITHOUT": "packets,mqtt"}
        floor = {"hooks that pass on": ([], {"LD_PRELOAD": preloadable(options.floor)})} if options.floor else {}
        contenders = {
            "plain": ([], {}), "plain, again": ([], {}), **floor, "mqtrack, exact": ([], ours(preloaded, folder)),
            "  without packets": ([], ours(preloaded, folder, **without)),
            "mqtrack, 512 KiB": ([], ours(preloaded, folder, MQTRACK_SAMPLE=str(512 * 1024))),
            **{name: (calm(prefix), environment) for name, prefix, environment in rivals(folder)}}
        (measure_backlogs if options.backlog else measure_health)(contenders, folder, options)


def calm(prefix):
    """heaptrack's threads wait for each other in a loop, and one of higher priority would wait for ever."""
    return ["chrt", "--other", "0", *prefix] if prefix else []


if __name__ == "__main__":
    main()
