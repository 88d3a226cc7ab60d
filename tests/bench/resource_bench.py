#!/usr/bin/env python3
"""What each kind of thing that is recorded besides heap blocks costs a real mosquitto.

    chrt -f 50 tests/bench/resource_bench.py RECORDER [--messages N] [--rounds N] [--check]

Contenders: the broker without the recorder, twice, which shows how much of a difference is chance; with everything but heap blocks; with each kind alone; and with all switched
off, which is what the hooks cost that pass through. One broker for each of them, all alive at the same time.

Traffic of one round: N messages of 64 bytes at QoS 1 over 50 topics to ten subscribers, each sent when the one before has
arrived everywhere, then N/20 connects and disconnects, then N/20 subscribes and unsubscribes. Why that: it is what a
broker in good health does, with more connects than most; and since the broker always waits before the next message, it
makes the same system calls each time.

Measured: the processor time of the broker, user and system together, as the scheduler counts it in nanoseconds
(/proc/PID/schedstat; mosquitto has one thread). Each round serves every broker once, in another order each time, and
compares it with the plain broker of the same round, milliseconds apart; the median of these ratios counts, and the
quartiles say how far a single round is off. Brokers run on one processor and the load on another. Under chrt, other load on the machine
takes less part in it. --check (a smoke run) fails if a contender does not run; it says nothing about speed.
"""
import argparse
import os
import statistics
import sys
import tempfile

import broker_rounds

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from preloadable import preloadable  # pylint: disable=wrong-import-position

KINDS = ["heap", "threads", "timers", "fds", "mappings", "mqtt", "packets"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recorder")
    parser.add_argument("--messages", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.messages, options.rounds = 40, 2
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-", dir="/dev/shm") as folder:
        def ours(*left_out):
            return [], {"LD_PRELOAD": preloadable(options.recorder), "MQTRACK_LOG_DIR": folder,
                        "MQTRACK_WITHOUT": ",".join(left_out)}
        contenders = {"plain": ([], {}), "plain, again": ([], {}), "all but heap": ours("heap"), "nothing": ours(*KINDS)}
        for kind in KINDS[1:]:
            contenders[kind] = ours(*(other for other in KINDS if other != kind))
        costs = broker_rounds.measure(contenders, folder, options.messages, options.rounds, window=1)
    print(f"{options.messages:,} messages a round; broker's processor time, median of {options.rounds} rounds")
    print(f"{'recorded':16}{'ms':>10}{'of plain':>10}{'quartiles':>20}")
    for name, cost in costs.items():
        ratios = cost.ratios(costs["plain"])
        quarter = len(ratios) // 4
        quartiles = f"{ratios[quarter]:.3f} … {ratios[-1 - quarter]:.3f}" if name != "plain" else ""
        print(f"{name:16}{statistics.median(cost.nanoseconds) / 1e6:>10.1f}{statistics.median(ratios):>10.3f}{quartiles:>20}")


if __name__ == "__main__":
    main()
