#!/usr/bin/env python3
"""What recording costs a process that forks, by how much it has alive.

    tests/bench/fork_bench.py PROGRAM RECORDER [--forks N] [--rounds N] [--blocks N,N…] [--check]

PROGRAM is fork_costs, RECORDER the preloaded library. Each round runs every contender once, one after the other; the
median of the rounds counts. Printed for children that execute /bin/true and for children that live: milliseconds until
the program has ended or the child has allocated its first block, and of the parent's call of fork; plain, recorded, and
the one in proportion to the other.
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


def measure(name, environment, program, blocks, kind, forks):
    done = subprocess.run([program, str(blocks), kind, str(forks)], env={**os.environ, **environment}, capture_output=True,
                          text=True, timeout=600, check=False)
    if done.returncode != 0:
        sys.exit(f"{name} did not run (exit code {done.returncode}): {done.stdout}{done.stderr}")
    return [float(word) / 1000 for word in done.stdout.split()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("recorder")
    parser.add_argument("--forks", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--blocks", default="0,10000,100000,500000,2000000")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.forks, options.rounds, options.blocks = 3, 1, "0,60000"
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-", dir="/dev/shm") as folder:
        contenders = {"plain": {}, "recorded": {"LD_PRELOAD": preloadable(options.recorder), "MQTRACK_LOG_DIR": folder}}
        for kind, until in (("exec", "the program has ended"), ("live", "the child has allocated")):
            print(f"\n{kind}: ms until {until}, and of fork alone; {options.forks} forks, median of {options.rounds} rounds")
            print(f"{'blocks':>12}{'plain':>10}{'recorded':>10}{'ratio':>8}{'fork plain':>14}{'recorded':>10}{'ratio':>8}")
            for blocks in map(int, options.blocks.split(",")):
                times = {name: [] for name in contenders}
                for _ in range(options.rounds):
                    for name, environment in contenders.items():
                        times[name].append(measure(name, environment, options.program, blocks, kind, options.forks))
                (plain, plain_fork), (ours, our_fork) = ([statistics.median(values) for values in zip(*times[name])]
                                                         for name in contenders)
                print(f"{blocks:>12,}{plain:>10.2f}{ours:>10.2f}{ours / plain:>8.2f}"
                      f"{plain_fork:>14.2f}{our_fork:>10.2f}{our_fork / plain_fork:>8.2f}")


if __name__ == "__main__":
    main()
