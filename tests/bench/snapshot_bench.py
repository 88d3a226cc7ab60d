#!/usr/bin/env python3
"""What a snapshot costs, and what the service notices of it: a program with a million live blocks over 10,000 stacks.

    tests/bench/snapshot_bench.py PROGRAM RECORDER MQTRACK [--blocks N] [--rounds N] [--check]

PROGRAM is many_blocks. Measured: processor and wall-clock time of `mqtrack snapshot` (all of it: reading, aggregating,
symbols, writing) and the command's own memory, the log's bytes a block, and the longest time that one free and one malloc took together: while the set
grew, and while it churned with and without snapshots being taken, plain beside recorded. At the end 99 % of the blocks are freed:
what a free costs then, at worst and on average, and what the log occupies after it. On a shared machine the longest time is
often somebody else's: believe the plain program's figure first. --check (a smoke run) uses a small set.
"""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from preloadable import preloadable  # pylint: disable=wrong-import-position


class Program:
    def __init__(self, command, environment):
        self.process = subprocess.Popen(command, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.grown = self.read()

    def read(self):
        """(worst, all but one of 10,000), in microseconds."""
        return tuple(float(number) for number in self.process.stdout.readline().split()[1:])

    def tell(self, word):
        self.process.stdin.write(word + "\n")
        self.process.stdin.flush()

    def churn(self, meanwhile=lambda: None):
        self.tell("go")
        meanwhile()
        return self.read()

    def shrink(self):
        """(worst, all but one of 10,000, all together), in microseconds."""
        self.tell("shrink")
        return self.read()

    def end(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


def own_bytes(pid):
    """Memory of a process that is its own: not the pages of the log, which it shares with the service."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def take_snapshot(mqtrack, log, folder):
    """(processor seconds, wall-clock seconds, the command's own memory at its largest, looked at every millisecond)."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = subprocess.Popen([mqtrack, "snapshot", str(log), "-o", os.path.join(folder, "snapshot.pb.gz")],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    largest = 0
    while command.poll() is None:
        largest = max(largest, own_bytes(command.pid))
        time.sleep(0.001)
    after, end = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    if command.returncode != 0:
        sys.exit(f"mqtrack snapshot ended with {command.returncode}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, end - start, largest


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("recorder")
    parser.add_argument("mqtrack")
    parser.add_argument("--blocks", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.blocks, options.rounds = 20_000, 1
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-", dir="/dev/shm") as folder:
        plain = Program([options.program, str(options.blocks)], {})
        recorded = Program([options.program, str(options.blocks)],
                           {"LD_PRELOAD": preloadable(options.recorder), "MQTRACK_LOG_DIR": folder})
        log = next(pathlib.Path(folder).glob("*.log"))
        snapshots, rows = [], {"plain": [], "recorded": [], "recorded, snapshots meanwhile": []}
        for _ in range(options.rounds):
            rows["plain"].append(plain.churn())
            rows["recorded"].append(recorded.churn())
            rows["recorded, snapshots meanwhile"].append(
                recorded.churn(lambda: snapshots.append(take_snapshot(options.mqtrack, log, folder))))
        idle = [take_snapshot(options.mqtrack, log, folder) for _ in range(options.rounds)]
        occupied = log.stat().st_blocks * 512
        shrunk = {"plain": plain.shrink(), "recorded": recorded.shrink()}
        occupied_after = log.stat().st_blocks * 512
        for program in (plain, recorded):
            program.end()
    print(f"{options.blocks:,} live blocks, {occupied / options.blocks:.1f} bytes of log a block, median of {options.rounds} rounds")
    for name, taken in (("of a quiet program", idle), ("of a busy program", snapshots)):
        processor, wall, memory = (statistics.median(column) for column in zip(*taken))
        print(f"snapshot {name}: {processor:.2f} s of processor time, {wall:.2f} s on the clock, "
              f"{memory / 2**20:.1f} MiB of its own memory ({memory / options.blocks:.1f} bytes a block)")
    print(f"{'free and malloc, us':32}{'99.99 %':>10}{'worst':>10}")
    print(f"{'plain, growing':32}{plain.grown[1]:>10.1f}{plain.grown[0]:>10.1f}")
    print(f"{'recorded, growing':32}{recorded.grown[1]:>10.1f}{recorded.grown[0]:>10.1f}")
    for name, taken in rows.items():
        print(f"{name:32}{statistics.median(row[1] for row in taken):>10.1f}{statistics.median(row[0] for row in taken):>10.1f}")
    for name, (worst, most, together) in shrunk.items():
        mean = together / (options.blocks * 0.99) * 1000
        print(f"{name + ', freeing 99 %':32}{most:>10.1f}{worst:>10.1f}   {mean:.0f} ns a free")
    print(f"the log then: {occupied_after / 2**20:.1f} MiB of {occupied / 2**20:.1f}")


if __name__ == "__main__":
    main()
