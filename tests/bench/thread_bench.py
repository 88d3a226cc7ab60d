#!/usr/bin/env python3
"""What recording costs a thread that is started and joined, a timer that is made, armed and deleted, and memory that is
mapped and unmapped.

    tests/bench/thread_bench.py PROGRAM RECORDER [--pairs N] [--rounds N] [--check]

PROGRAM is thread_pairs, RECORDER the preloaded library. Each round runs every contender once, one after the other; the
median of the rounds counts. Printed: microseconds per pair, and that in proportion to plain.
--check (a smoke run) fails if a contender does not run; it says nothing about speed.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from preloadable import preloadable  # pylint: disable=wrong-import-position


def measure(name, environment, program, kind, pairs):
    done = subprocess.run([program, kind, str(pairs)], env={**os.environ, **environment}, capture_output=True,
                          text=True, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{name} did not run (exit code {done.returncode}): {done.stdout}{done.stderr}")
    return float(done.stdout) / 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("recorder")
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.pairs, options.rounds = 200, 1
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-", dir="/dev/shm") as folder:
        ours = {"LD_PRELOAD": preloadable(options.recorder), "MQTRACK_LOG_DIR": folder}
        contenders = {"plain": {}, "recorded": ours, "without these kinds": {**ours, "MQTRACK_WITHOUT": "threads,timers,mappings"}}
        for kind in ("thread", "timer", "mapping", "mapping-among-others"):
            times = {name: [] for name in contenders}
            for _ in range(options.rounds):
                for name, environment in contenders.items():
                    times[name].append(measure(name, environment, options.program, kind, options.pairs))
            median = {name: statistics.median(values) for name, values in times.items()}
            print(f"\n{kind}, {options.pairs:,} pairs, median of {options.rounds} rounds")
            print(f"{'':24}{'us a pair':>10}{'of plain':>10}")
            for name, value in median.items():
                print(f"{name:24}{value:>10.2f}{value / median['plain']:>10.2f}")


if __name__ == "__main__":
    main()
