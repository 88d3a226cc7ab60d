#!/usr/bin/env python3
"""mqtrack beside the Perl pprof of gperftools (Debian: google-pprof), on the same two heap profiles.

    tests/bench/perl_pprof_bench.py MQTRACK [--stacks N] [--rounds N] [--check]

The profiles are gperftools' own text format: N stacks of 8 to 24 frames over 4,000 addresses, the second with twice the first's
counts. Each tool subtracts the first from the second and writes a table, a call graph as dot, and what a flame graph is
drawn from (Perl: collapsed stacks; mqtrack: the SVG itself). Neither has symbols to look up. Measured: processor time, best of
the rounds. --check (a smoke run) uses few stacks, and fails only if a tool does.
"""
import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile

ADDRESSES = [0x400000 + 0x40 * i + 5 for i in range(4000)]


def write_profile(path, binary, stacks, factor):
    chance = random.Random(7)
    rows = []
    for _ in range(stacks):
        stack = [chance.choice(ADDRESSES) for _ in range(chance.randint(8, 24))]
        count = chance.randint(1, 50) * factor
        rows.append((count, count * chance.randint(16, 512), stack))
    objects, size = sum(row[0] for row in rows), sum(row[1] for row in rows)
    with open(path, "w", encoding="ascii") as file:
        file.write(f"heap profile: {objects}: {size} [{objects}: {size}] @ heapprofile\n")
        for count, bytes_, stack in rows:
            file.write(f"{count}: {bytes_} [{count}: {bytes_}] @ {' '.join(f'0x{address:x}' for address in stack)}\n")
        file.write(f"\nMAPPED_LIBRARIES:\n00400000-00500000 r-xp 00000000 08:01 123 {binary}\n")


def processor_seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mqtrack")
    parser.add_argument("--stacks", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.stacks, options.rounds = 200, 1
    perl = shutil.which("google-pprof")
    if perl is None:
        sys.exit("google-pprof is not installed (Debian: google-perftools)")
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-") as folder:
        old, new, picture = (os.path.join(folder, name) for name in ("old.heap", "new.heap", "picture"))
        binary = shutil.copy("/bin/true", os.path.join(folder, "service"))
        write_profile(old, binary, options.stacks, 1)
        write_profile(new, binary, options.stacks, 2)
        report = [options.mqtrack, "report", new, "--base", old, "-o", picture, "--format"]
        tasks = {"table": ([options.mqtrack, "diff", old, new], ["--text"]),
                 "call graph": ([*report, "dot"], ["--dot"]),
                 "flame graph": ([*report, "flame"], ["--collapsed"])}
        print(f"{options.stacks:,} stacks in each profile, processor seconds, best of {options.rounds}")
        print(f"{'':14}{'mqtrack':>10}{'Perl pprof':>12}{'times faster':>14}")
        for name, (ours, theirs) in tasks.items():
            mine = min(processor_seconds(ours) for _ in range(options.rounds))
            perls = min(processor_seconds([perl, *theirs, f"--base={old}", binary, new]) for _ in range(options.rounds))
            print(f"{name:14}{mine:>10.2f}{perls:>12.2f}{perls / max(mine, 0.01):>14.0f}")


if __name__ == "__main__":
    main()
