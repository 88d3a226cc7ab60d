#!/usr/bin/env python3
"""mqtrack attach beside heaptrack -p, on the same mosquitto in the same run.

    tests/bench/attach_bench.py --mqtrack build/release/cli/mqtrack [--rounds 5]

Each round starts a fresh broker with 50 clients that send themselves QoS 1 messages, attaches, goes on for some
messages, and detaches (heaptrack: ends it). Printed are: in how many rounds the tool succeeded and the broker lived with
all its clients; how long the broker stood still, as mqtrack says (heaptrack does not); the longest time in which no
message came through, which is what users of the service feel; and the mean round trip while it is recorded. On a busy
machine, run it with chrt -f 50, so that only the tools are compared. Needs mosquitto, heaptrack and gdb; without the latter two only mqtrack is run.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MESSAGES = 5000


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mqtrack", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args()


class Mqtrack:
    name = "mqtrack attach"

    def __init__(self, program, folder):
        self._program, self._folder, self.pauses = program, folder, []

    def attach(self, pid):
        done = subprocess.run([self._program, "attach", "--log-dir", self._folder, str(pid)], capture_output=True,
                              text=True, check=False)
        self.pauses += [int(text.replace(",", "")) for text in re.findall(r"stood still for ([0-9,]+) µs", done.stdout)]
        return done.returncode == 0

    def detach(self, pid):
        return subprocess.run([self._program, "detach", str(pid)], capture_output=True, check=False).returncode == 0


class Heaptrack:
    name = "heaptrack -p"

    def __init__(self, folder):
        self._folder, self._process = folder, None

    def attach(self, pid):
        self._process = subprocess.Popen(["heaptrack", "-r", "-o", self._folder / f"heaptrack.{pid}", "-p", str(pid)],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                         preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self._process.poll() is None:
            if "libheaptrack_inject" in pathlib.Path(f"/proc/{pid}/maps").read_text():
                return True
            time.sleep(0.01)
        return False

    def detach(self, _pid):
        self._process.send_signal(signal.SIGINT)  # as Ctrl-C, which is how its manual says to detach
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            return False
        return True


def measure(case, tool):
    """One round: (succeeded, longest gap in ms, mean round trip while recorded in ms)."""
    broker = case.Broker(case, config=["user root"])
    traffic = case.Traffic(broker.port)
    try:
        traffic.run_for(MESSAGES)
        traffic.take_latencies()
        attached = tool.attach(broker.pid)
        longest = traffic.take_latencies()[-1]
        traffic.run_for(MESSAGES)
        recorded = traffic.take_latencies()
        detached = tool.detach(broker.pid)
        traffic.run_for(MESSAGES)
        longest = max(longest, traffic.take_latencies()[-1])
        return attached and detached, longest * 1000, statistics.mean(recorded) * 1000
    except AssertionError as failure:
        print(f"{tool.name}: {failure}")
        return False, float("nan"), float("nan")
    finally:
        try:
            traffic.close()
        except AssertionError:
            pass  # was said above


def main():
    arguments = parse()
    os.environ["MQTRACK_E2E_MQTRACK"] = str(arguments.mqtrack.resolve())
    os.environ.setdefault("MQTRACK_E2E_PLUGINS", "/nonexistent")
    os.environ.setdefault("MQTRACK_E2E_TELEMETRY", "/nonexistent")
    os.environ.setdefault("MQTRACK_E2E_PROGRAMS", "/nonexistent")
    sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "tests/e2e/attach")]
    from harness import broker as broker_module, case as case_module  # pylint: disable=import-outside-toplevel
    import traffic as traffic_module  # pylint: disable=import-outside-toplevel

    class Round(case_module.EndToEnd):
        Broker, Traffic = broker_module.Broker, traffic_module.Traffic
        tool = results = None

        def test_round(self):
            self.results.append(measure(self, self.tool))

    folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-bench-", dir="/dev/shm"))
    tools = [Mqtrack(arguments.mqtrack.resolve(), folder)]
    if shutil.which("heaptrack") and shutil.which("gdb"):
        tools.append(Heaptrack(folder))
    else:
        print("heaptrack or gdb is not installed: only mqtrack is measured")
    results = {tool.name: [] for tool in tools}
    for _ in range(arguments.rounds):
        for tool in tools:
            Round.tool, Round.results = tool, results[tool.name]
            unittest.TextTestRunner(stream=open(os.devnull, "w", encoding="utf-8")).run(Round("test_round"))
    for name, rounds in results.items():
        good = [entry for entry in rounds if entry[0]]
        gaps = sorted(entry[1] for entry in good) or [float("nan")]
        print(f"{name}: {len(good)} of {arguments.rounds} rounds good; longest round trip {gaps[0]:.0f} to {gaps[-1]:.0f} "
              f"ms, median {gaps[len(gaps) // 2]:.0f}; while recorded "
              f"{statistics.mean(entry[2] for entry in good) if good else float('nan'):.2f} ms on average")
    pauses = sorted(tools[0].pauses)
    if pauses:
        print(f"{tools[0].name}: the broker stood still for {pauses[0]} to {pauses[-1]} µs, median "
              f"{pauses[len(pauses) // 2]}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
