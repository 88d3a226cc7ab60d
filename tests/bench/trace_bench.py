#!/usr/bin/env python3
"""What a timeline costs a real mosquitto: the broker's own processor time and its throughput, contenders in turn.

    chrt -f 30 tests/bench/trace_bench.py RECORDER MQTRACK [--messages N] [--rounds N] [--check]

Contenders: plain; recorded while nobody traces; recorded and traced (`mqtrack trace` writes a .pftrace meanwhile, on the
load's processor). Traffic and rules are those of broker_bench.py: all brokers are alive at the same time, served in turn,
and each round is compared with the plain broker's of the same round. What of the timeline was lost is printed, since
events that are dropped cost less. --check (a smoke run) fails if a contender does not run or the timeline is empty; it
says nothing about speed.
"""
import argparse
import contextlib
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile

import broker_rounds
from rivals import ours

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from preloadable import preloadable  # pylint: disable=wrong-import-position

TRACED = "recorded, traced"


@contextlib.contextmanager
def traced(mqtrack, folder, broker):
    """`mqtrack trace` of that broker; prints how large the timeline is, and what it says of itself."""
    file = pathlib.Path(folder, "trace.pftrace")
    command = subprocess.Popen([mqtrack, "trace", str(broker.pid), "--log-dir", folder, "--for", "1h", "--buffer", "64MiB", "-o",
                                str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    first = command.stderr.readline()  # it traces from here on
    if "tracing" not in first:
        sys.exit(f"mqtrack trace: {first}{command.stderr.read()}")
    yield
    command.send_signal(signal.SIGINT)
    said = command.communicate(timeout=120)[1]
    if command.returncode not in (0, 3) or b"PUBLISH" not in file.read_bytes():
        sys.exit(f"mqtrack trace ended with {command.returncode}: {said}")
    print(f"{said}the timeline has {file.stat().st_size / 1e6:,.1f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recorder")
    parser.add_argument("mqtrack")
    parser.add_argument("--messages", type=int, default=200, help="of one round (default 200)")
    parser.add_argument("--rounds", type=int, default=200, help="(default 200)")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.messages, options.rounds = 100, 2
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-", dir="/dev/shm") as folder:
        environment = ours(preloadable(options.recorder), folder)
        contenders = {"plain": ([], {}), "plain, again": ([], {}), "recorded": ([], environment), TRACED: ([], environment)}
        costs = broker_rounds.measure(contenders, folder, options.messages, options.rounds, 20,
                                      beside=lambda brokers: traced(options.mqtrack, folder, brokers[TRACED]))
    print(f"{options.rounds} rounds of {options.messages:,} messages; ms of processor time a round")
    print(f"{'':24}{'all ms':>9}{'of plain':>10}{'messages/s':>12}{'of plain':>10}")
    plain = costs["plain"]
    for name, cost in costs.items():
        rate = statistics.median(own / other for own, other in zip(cost.rates, plain.rates))
        print(f"{name:24}{statistics.median(cost.nanoseconds) / 1e6:>9.1f}{cost.median_ratio(plain):>10.3f}"
              f"{statistics.median(cost.rates):>12,.0f}{rate:>10.3f}")


if __name__ == "__main__":
    main()
