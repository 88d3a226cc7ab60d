#!/usr/bin/env python3
"""What sampling its processor time costs a service, by each way and by two others' tools.

    tests/bench/cpu_bench.py MQTRACK KNOWN_SHARES [--work N] [--rounds N] [--check]

KNOWN_SHARES makes N rounds of work in one thread that never waits: the worst case, since each look meets it at work. Each
round runs every contender once, one after the other; the median of the rounds counts. Printed: its own time from start to
end and its processor time, in proportion to plain, and what part of a processor the tool used meanwhile.
--check (a smoke run) fails if a contender does not run; it says nothing about speed. The service works until the tool has
looked at it for a second, however slow the machine.
"""
import argparse
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time


def profiler_library():
    """gperftools', if it is installed."""
    for line in subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=False).stdout.splitlines():
        if line.strip().startswith("libprofiler.so.0 "):
            return line.rpartition("=> ")[2]
    return None


def contenders(mqtrack, folder, seconds=None):
    """Name -> (command that looks at a pid, for so many seconds or until that ends; environment of the service)."""
    found = {"plain": (None, {})}
    for way in ("events", "stops"):
        for hz in ("99", "1000"):
            found[f"mqtrack cpu, {way}, {hz} Hz"] = (
                lambda pid, way=way, hz=hz: [mqtrack, "cpu", pid, "--for", f"{seconds or 3600}s", "--way", way, "--hz", hz, "--no-symbols", "-o",
                                             f"{folder}/ours.pb.gz"], {})
    if shutil.which("perf"):
        found["perf record, dwarf, 99 Hz"] = (
            lambda pid: ["perf", "record", "-q", "-e", "cpu-clock", "-F", "99", "--call-graph", "dwarf,32768", "-p", pid, "-o",
                         f"{folder}/perf.data", *(["sleep", str(seconds)] if seconds else [])], {})
    if library := profiler_library():
        found["gperftools, 100 Hz"] = (None, {"LD_PRELOAD": library, "CPUPROFILE": f"{folder}/cpu.prof"})
    return found


def run(name, program, work, look, environment, outlives=False):
    """Seconds from start to end, of processor time, and of the tool's. `outlives`: the service works until the tool ends."""
    begin = time.monotonic()
    rounds = [] if outlives and look else [str(work)]
    service = subprocess.Popen([program, "busy", *rounds], env={**os.environ, **environment}, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    tool = subprocess.Popen(look(str(service.pid)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) if look else None
    if not rounds:
        os.waitid(os.P_PID, tool.pid, os.WEXITED | os.WNOWAIT)
        service.kill()
    _, status, usage = os.wait4(service.pid, 0)
    wall = time.monotonic() - begin
    if status != (0 if rounds else signal.SIGKILL):
        sys.exit(f"{name}: the service ended with status {status}")
    own = 0.0
    if tool:
        said = tool.stderr.read().decode(errors="replace")
        _, status, tools = os.wait4(tool.pid, 0)
        tool.returncode = os.waitstatus_to_exitcode(status)
        if tool.returncode not in (0, 3):
            sys.exit(f"{name} failed ({tool.returncode}): {said}")
        if tool.returncode == 3:
            return None  # refused here
        own = tools.ru_utime + tools.ru_stime
    service.returncode = 0
    return wall, usage.ru_utime + usage.ru_stime, own / wall


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mqtrack")
    parser.add_argument("program")
    parser.add_argument("--work", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.work, options.rounds = 20, 1
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-") as folder:
        results = {}
        for _ in range(options.rounds):
            tools = contenders(str(pathlib.Path(options.mqtrack).resolve()), folder, 1 if options.check else None)
            for name, (look, environment) in tools.items():
                results.setdefault(name, []).append(
                    run(name, options.program, options.work, look, environment, outlives=options.check))
    medians = {name: [statistics.median(column) for column in zip(*values)] if None not in values else None
               for name, values in results.items()}
    print(f"{options.work:,} rounds of work, median of {options.rounds} runs")
    print(f"{'':30}{'time':>8}{'of plain':>10}{'cpu':>8}{'of plain':>10}{'tool':>8}")
    for name, values in medians.items():
        if values is None:
            print(f"{name:30}{'refused here':>18}")
            continue
        wall, cpu, own = values
        print(f"{name:30}{wall:>8.2f}{wall / medians['plain'][0]:>10.3f}{cpu:>8.2f}{cpu / medians['plain'][1]:>10.3f}{100 * own:>7.1f}%")


if __name__ == "__main__":
    main()
