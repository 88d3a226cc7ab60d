#!/usr/bin/env python3
"""What the recorder costs per malloc+free pair, beside plain glibc and its rivals (rivals.py), in turn in the same run.

    tests/bench/recorder_bench.py PROGRAM RECORDER [--pairs N] [--rounds N] [--threads 1,2,4] [--check]

PROGRAM is allocation_pairs, RECORDER the preloaded library. Each round runs every contender once, one after the other, so
that a slow minute of the machine hits all of them; the median of the rounds counts. Printed: nanoseconds per pair, what
is added to plain, and that as a share of what heaptrack adds. Contenders that are not installed are left out, and named.
--check (a smoke run) fails if a contender does not run; it says nothing about speed.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

from rivals import SLOW, ours, rivals

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from preloadable import preloadable  # pylint: disable=wrong-import-position

def measure(contender, program, threads, pairs):
    name, prefix, environment = contender
    done = subprocess.run([*prefix, program, str(threads), str(pairs)], env={**os.environ, **environment},
                          capture_output=True, text=True, timeout=600)
    lines = [line for line in done.stdout.splitlines() if line.replace(".", "", 1).isdigit()]
    if done.returncode != 0 or len(lines) != 1:
        sys.exit(f"{name} did not run (exit code {done.returncode}): {done.stdout}{done.stderr}")
    return float(lines[0])


def table(found, program, threads, pairs, rounds):
    times = {contender[0]: [] for contender in found}
    for _ in range(rounds):
        for contender in found:
            count = pairs // 5 if contender[0] in SLOW else pairs
            times[contender[0]].append(measure(contender, program, threads, count))
    median = {name: statistics.median(values) for name, values in times.items()}
    heaptrack = median.get("heaptrack", 0) - median["plain"]
    print(f"\n{threads} thread{'s' if threads > 1 else ''}, {pairs:,} pairs, median of {rounds} rounds")
    print(f"{'':24}{'ns a pair':>10}{'added':>10}{'of heaptrack':>14}")
    for name, value in median.items():
        added = value - median["plain"]
        share = f"{added / heaptrack:.2f}" if heaptrack > 0 and name != "plain" else ""
        print(f"{name:24}{value:>10.0f}{added:>10.0f}{share:>14}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("recorder")
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", default="1,2,4")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.pairs, options.rounds, options.threads = 20_000, 1, "2"
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-", dir="/dev/shm") as folder:
        preloaded = preloadable(options.recorder)
        found = [("plain", [], {}), ("mqtrack, exact", [], ours(preloaded, folder)),
                 ("mqtrack, 512 KiB", [], ours(preloaded, folder, MQTRACK_SAMPLE=str(512 * 1024))), *rivals(folder)]
        for threads in options.threads.split(","):
            table(found, options.program, int(threads), options.pairs, options.rounds)


if __name__ == "__main__":
    main()
