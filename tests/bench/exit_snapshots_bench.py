#!/usr/bin/env python3
"""What `mqtrack run --snapshot-at-exit DIR/` and `mqtrack list` cost for each process of a run that has many.

    tests/bench/exit_snapshots_bench.py LEAVER MQTRACK [--peer MQTRACK] [--children N] [--check]

LEAVER is tests/e2e/programs/leaver.c, with debug information: a service whose tests start a process each. Measured is the
processor time of the command alone, for N / 4 and for N children: what one more costs. --peer measures another build of
the command in the same run, since on a shared machine only ratios mean anything. --check (a smoke run) uses few.
"""
import argparse
import os
import pathlib
import resource
import subprocess
import tempfile


def spent(command, environment):
    """Processor time of the command and what it waited for, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measure(mqtrack, leaver, children):
    """Of `children` children: the run that takes snapshots, the same run without, and a list of their logs."""
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-", dir="/dev/shm") as logs, \
            tempfile.TemporaryDirectory(prefix="mqtrack-bench-") as folder:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MQTRACK_")}
        environment["MQTRACK_LOG_DIR"] = logs
        program = [leaver, "children", str(children), "5", "100"]
        with_snapshots = spent([mqtrack, "run", "--snapshot-at-exit", folder + "/out/", "--", *program], environment)
        written = len(list(pathlib.Path(folder, "out").glob("*.pb.gz")))
        if written != children + 1:
            raise SystemExit(f"{written} snapshots of {children + 1} processes")
        without = spent([mqtrack, "run", "--", *program], {**environment, "MQTRACK_KEEP_LOGS": "0"})
        spent([mqtrack, "run", "--", "env", "MQTRACK_KEEP_LOGS=1", *program], environment)
        if len(list(pathlib.Path(logs).glob("*.log"))) < children:
            raise SystemExit("the children left no logs")
        listed = spent([mqtrack, "list"], environment)
        return with_snapshots - without, listed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("leaver")
    parser.add_argument("mqtrack")
    parser.add_argument("--peer")
    parser.add_argument("--children", type=int, default=400)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    many = 20 if options.check else options.children
    few = many // 4
    each = {}
    for name, mqtrack in (("this", options.mqtrack), ("peer", options.peer)):
        if mqtrack is None:
            continue
        at_few, at_many = measure(mqtrack, options.leaver, few), measure(mqtrack, options.leaver, many)
        each[name] = [(b - a) / (many - few) for a, b in zip(at_few, at_many)]
        print(f"{name}: one more process costs {each[name][0]:.2f} ms at exit and {each[name][1]:.2f} ms in a list "
              f"(of {few} and {many}); all of {many}: {at_many[0]:.0f} and {at_many[1]:.0f} ms")
    if "peer" in each:
        print("peer / this: " + " and ".join(f"{b / a:.1f}" for a, b in zip(each["this"], each["peer"]) if a > 0))


if __name__ == "__main__":
    main()
