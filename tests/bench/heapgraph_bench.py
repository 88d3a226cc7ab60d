#!/usr/bin/env python3
"""What it costs to ask who holds what: mqtrack leaks and owners, beside gcore, LeakSanitizer and memcheck.

    tests/bench/heapgraph_bench.py PROGRAM PROGRAM_WITH_LSAN MQTRACK [--rounds N] [--check]

PROGRAM is linked_blocks: 0.1 and 1 million blocks of 1 KiB, 5 million of 100 bytes. Measured: how long the service stands
still, as the command says; how long it takes to save its memory, and to look at that; of gcore, all of the time that it takes, since the service stands for that long; how long the
command takes, and its own memory at its largest. LeakSanitizer's time is that from the end of main to the end of its
report, memcheck's that of the whole program. The best of some rounds: on a shared machine the longest time is somebody
else's. --check (a smoke run) uses a small set.
"""
import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time


class Service:
    def __init__(self, command, environment=None):
        self.process = subprocess.Popen([str(word) for word in command], env={**os.environ, **(environment or {})}, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if self.process.stdout.readline() != "ready\n":
            sys.exit(f"{command} did not start")

    def end(self):
        """Seconds until it is gone."""
        start = time.monotonic()
        self.process.communicate("end\n")
        return time.monotonic() - start

    def pid(self):
        """Of the program itself, which `mqtrack run` has started."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="ascii") as children:
            return int(children.read().split()[0])


def look(command):
    """(stood still, seconds, largest memory), of one look."""
    start = time.monotonic()
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(process.stderr.read())
    report = json.loads(out)
    facts = report["looks"][0] if "looks" in report else report.get("look", report)
    return facts["stood_still_nanoseconds"] / 1e9, time.monotonic() - start, used.ru_maxrss * 1024


def show(what, blocks, still, seconds, memory=None):
    still_text = "" if still is None else f"{still * 1000:9.1f} ms still"
    memory_text = "" if memory is None else f"{memory / 2**20:9.1f} MiB, {memory / blocks:6.0f} bytes a block"
    print(f"  {what:24}{still_text:18}{seconds:9.2f} s{memory_text}")


def measure(options, blocks, size):
    log_dir = tempfile.mkdtemp(prefix="mqtrack-bench-", dir="/dev/shm")
    try:
        service = Service([options.mqtrack, "run", "--log-dir", log_dir, "--", options.program, blocks, size])
        pid = service.pid()
        with open(f"/proc/{pid}/status", encoding="utf-8") as status:
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
        print(f"{blocks:,} blocks of {size} bytes, {resident / 1024:.0f} MiB resident")
        for verb, more in (("leaks", ["--once"]), ("owners", [])):
            command = [options.mqtrack, verb, str(pid), "--log-dir", log_dir, "--json", *more]
            taken = [look(command) for _ in range(options.rounds)]
            show(f"mqtrack {verb}", blocks, *(min(column) for column in zip(*taken)))
        saved = os.path.join(options.folder, "saved.core")
        save = [options.mqtrack, "snapshot", str(pid), "--log-dir", log_dir, "--format", "json", "--core", saved]
        show("mqtrack snapshot --core", blocks, *look(save))
        taken = [look([options.mqtrack, "leaks", saved, "--json"]) for _ in range(options.rounds)]
        show("mqtrack leaks, of that", blocks, None, *(min(column) for column in list(zip(*taken))[1:]))
        os.unlink(saved)
        if shutil.which("gcore"):
            core = os.path.join(options.folder, "core")
            start = time.monotonic()
            subprocess.run(["gcore", "-o", core, str(pid)], check=True, capture_output=True)
            seconds = time.monotonic() - start
            show("gcore", blocks, seconds, seconds)
            os.unlink(f"{core}.{pid}")
        service.end()
    finally:
        shutil.rmtree(log_dir)
    plain = Service([options.program, blocks, size]).end()
    checked = Service([options.program_with_lsan, blocks, size], {"LSAN_OPTIONS": "exitcode=0"}).end()
    show("LeakSanitizer, at exit", blocks, None, max(checked - plain, 0))
    if shutil.which("valgrind") and blocks <= 100_000:
        start = time.monotonic()
        Service(["valgrind", "--leak-check=full", options.program, blocks, size]).end()
        show("memcheck, whole program", blocks, None, time.monotonic() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("program_with_lsan")
    parser.add_argument("mqtrack")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    sizes = ((100_000, 1056), (1_000_000, 1056), (5_000_000, 100))
    if options.check:
        options.rounds, sizes = 1, ((5_000, 100),)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-") as options.folder:
        for blocks, size in sizes:
            measure(options, blocks, size)


if __name__ == "__main__":
    main()
