"""Programs with many threads, attached to and detached from over and over: nobody notices, and nothing is left."""
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from attached import LONG, Attached, Program, Slots
from harness import paths, processes
from harness.broker import Broker
from harness.waiting import wait_until

ROUNDS = 1000 if LONG else 5
ROUNDS_OF_TELEMETRY, BUSY_THREADS = (1000, 8) if LONG else (3, 2)
ROUNDS_OF_SEQUENCES = 200 if LONG else 12
ROUNDS_OF_WAITS = 200 if LONG else 5
LATE_BLOCKS, LATE_BYTES = 10, 1000
LOADER = f"""
import ctypes, sys
print("ready", flush=True)
for line in sys.stdin:
    library = ctypes.CDLL(sys.argv[1])
    library.LateLoss.restype = ctypes.c_void_p
    library.LateLoss(ctypes.c_int({LATE_BLOCKS}), ctypes.c_size_t({LATE_BYTES}))
    print("alive", flush=True)
"""


def mappings(pid):
    return len(pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines())


def descriptors(pid):
    return len(list(pathlib.Path(f"/proc/{pid}/fd").iterdir()))


class ThreadsTest(Attached):
    def assert_unharmed_by_rounds(self, pid, ask, rounds=ROUNDS):
        """Attaches and detaches; what the process holds must not grow, and its slots be as they were."""
        slots = Slots(pid)
        before, held, stopped = slots.values(), None, []
        for number in range(rounds):
            stopped.append(self.microseconds(self.attach(pid)))
            ask()
            stopped.append(self.microseconds(self.detach(pid)))
            self.assertEqual(slots.redirected(), [], f"round {number}")
            ask()
            if number == rounds // 2:
                held = mappings(pid), descriptors(pid)
        self.assertEqual(slots.changed(before), [])
        self.assertLessEqual(descriptors(pid), held[1])
        # Threads that allocate make the C library map arenas of its own accord.
        self.assertLessEqual(mappings(pid), held[0] + 16)
        stopped.sort()
        print(f"{rounds} rounds; stood still: {stopped[0]} to {stopped[-1]} µs, median {stopped[len(stopped) // 2]}")

    def test_a_thread_in_a_restartable_sequence(self):
        program = self.program("attach_restartable")
        for _ in range(ROUNDS_OF_SEQUENCES):
            self.attach(program.pid)
            program.ask()
            self.detach(program.pid)
            program.ask()
        program.end()

    def test_threads_that_allocate_without_pause(self):
        program = self.program("attach_hammer", 8)
        self.assert_unharmed_by_rounds(program.pid, program.ask)
        program.end()

    def test_telemetry_with_threads_that_allocate(self):
        """The sample service, served by a real broker, with threads that allocate beside it."""
        broker = Broker(self)
        service = self.start("telemetry", paths.TELEMETRY, "--port", broker.port, "--busy-threads", BUSY_THREADS,
                             "--report-every", 1)
        service.wait_for_line("ready 0")
        readings = itertools.count(1)

        def ask():
            broker.publish("telemetry/device/temperature", [21])
            service.wait_for_line(f"processed {next(readings)}")

        self.assert_unharmed_by_rounds(service.pid, ask, ROUNDS_OF_TELEMETRY)

    def test_redis_under_load(self):
        if shutil.which("redis-server") is None:
            self.skipTest("redis-server is not installed")
        port = processes.free_port()
        server = self.start("redis", "redis-server", "--port", port, "--save", "", "--bind", "127.0.0.1",
                            "--dir", self.folder)
        wait_until("redis to accept connections", lambda: processes.accepts(port))
        load = subprocess.Popen(["redis-benchmark", "-p", str(port), "-q", "-l", "-t", "set,get,lpush,lpop"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(load.wait)
        self.addCleanup(load.kill)

        def ask():
            self.assertIsNone(load.poll(), "the benchmark was disturbed")
            self.assertIsNone(server.process.poll(), "redis ended")

        self.assert_unharmed_by_rounds(server.pid, ask)

    def test_waits_go_on_as_if_nothing_had_been(self):
        program = self.program("attach_waits")
        for _ in range(ROUNDS_OF_WAITS):
            self.attach(program.pid)
            program.ask()
            self.detach(program.pid)
            program.ask()
        self.assertEqual(program.end(), "all waits ended well\n")

    def test_heap_is_consistent_while_attached(self):
        """What is recorded of threads that run all the while adds up, and frees of older blocks are no losses."""
        program = self.program("attach_hammer", 4)
        self.attach(program.pid)
        program.ask()
        first, second = self.snapshot(program.pid, "first"), self.snapshot(program.pid, "second")
        self.rows("diff", first, second)
        rows = self.rows("top", second)
        self.assertIn("[before attach]", [row["function"] for row in rows])
        # All that the program has open it had opened before.
        rows = self.rows("top", second, "--by", "fds")
        self.assertEqual({row["function"]: row["value"] for row in rows if row["value"] != 0},
                         {"[before attach]": len(os.listdir(f"/proc/{program.pid}/fd"))})
        states = self.rows("top", second, "--by", "fds", "--group-by", "state")
        self.assertEqual([row["label"] for row in states if row["value"] != 0], ["before_attach"])
        program.end()

    def test_a_library_that_is_loaded_later(self):
        """An interpreter that opens a library after the attach: what that loses is seen, to the byte."""
        program = Program(sys.executable, "-c", LOADER, paths.PROGRAMS / "late_library.so")
        self.addCleanup(program.stop)
        self.attach(program.pid)
        before = self.snapshot(program.pid, "before")
        program.ask()
        after = self.snapshot(program.pid, "after")
        rows = [row for row in self.diff(before, after) if row["function"] == "LateLoss"]
        self.assertEqual([(row["growth"], row["object_growth"]) for row in rows], [(LATE_BLOCKS * LATE_BYTES, LATE_BLOCKS)])
        self.detach(program.pid)
        program.ask()
        program.end()


if __name__ == "__main__":
    unittest.main()
