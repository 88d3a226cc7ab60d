"""The recorder of another processor: cross-built, and run by an emulator, it must see what programs are known to leave
behind, with stacks that are right to the function. The same program recorded here leaves the same."""
import collections
import json
import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "recorder"))
from harness.case import EndToEnd  # pylint: disable=wrong-import-position
from recorder_log import INCOMPLETE, RecorderLog  # pylint: disable=wrong-import-position

SOURCE = pathlib.Path(__file__).parent / "programs" / "known_leaks.cc"
COMPILER, SYSROOT = "aarch64-linux-gnu-g++", "/usr/aarch64-linux-gnu"
EMULATOR = os.environ["MQTRACK_E2E_EMULATOR"]
RECORDER = os.environ["MQTRACK_E2E_AARCH64_RECORDER"]
NATIVE_RECORDER = os.environ["MQTRACK_E2E_RECORDER"]
OPTIONS = ("-std=c++20", "-g", "-pthread", "-no-pie", "-fno-optimize-sibling-calls")

# Of each size: the program's functions from the leaf to main, and how many blocks.
LEAKS = {
    101: [(("leak_plain", "leak_below_buffer", "main"), 3)],
    211: [(("leak_new", "main"), 2)],
    307: [(("leak_in_thread",), 4)],
    503: [(("leak_after_catch", "main"), 3)],
    601: [(("leak_in_handler", "on_trap", "trap_in_leaf", "interrupted_caller", "main"), 2)],
    701: [(("leak_behind_alloca", "main"), 5)],
    809: [(("grow_by_realloc", "main"), 2)],
    907: [((*["leak_deep"] * (depth + 1), "main"), 1) for depth in range(0, 24, 4)],
}
IN_CHILD = (("leak_in_child", "main"), 1)
FUNCTIONS = {name for sites in (*LEAKS.values(), [IN_CHILD]) for names, _ in sites for name in names}


class Program:
    """A build of the program, whose code lies where its file says."""

    def __init__(self, case, name, *options, compiler=COMPILER):
        self.path = case.folder / name
        subprocess.run([compiler, *OPTIONS, *options, SOURCE, "-o", self.path], check=True)
        symbols = subprocess.run(["nm", "-S", "--defined-only", self.path], capture_output=True, text=True, check=True)
        self.functions = []
        for words in map(str.split, symbols.stdout.splitlines()):
            name = words[3].removesuffix(".cold") if len(words) == 4 else None  # where GCC puts what is rarely run
            if name in FUNCTIONS:
                self.functions.append((int(words[0], 16), int(words[0], 16) + int(words[1], 16), name))

    def name(self, return_address):
        """The function of ours that this address returns to, or None."""
        return next((name for low, high, name in self.functions if low <= return_address - 1 < high), None)


class KnownLeaksTest(EndToEnd):
    def setUp(self):
        super().setUp()
        if not EMULATOR or not os.path.exists(RECORDER):
            self.skipTest("there is no qemu-aarch64-static, or no aarch64-linux-gnu-g++ to build with")

    def run_program(self, program, cpu):
        """Starts it under the recorder, waits until all leaks are there, and returns its process."""
        if cpu is None:
            environment = {**self.environment, "LD_PRELOAD": NATIVE_RECORDER}
            command = [program.path]
        else:
            environment = self.environment
            command = [EMULATOR, "-cpu", cpu, "-L", SYSROOT, "-E", f"LD_PRELOAD={RECORDER}", program.path]
        process = subprocess.Popen(command, env={**environment, "MQTRACK_KEEP_LOGS": "1"}, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        return process

    def logs(self, process):
        """The logs of a process and of its child."""
        logs = [RecorderLog(path) for path in self.log_dir.rglob("*.log")]
        return ([log for log in logs if log.pid == process.pid], [log for log in logs if log.parent_pid == process.pid])

    def sites(self, log, program, sizes):
        """{size: [(functions, how many)]} of the blocks of these sizes; no stack may be incomplete."""
        found = collections.defaultdict(collections.Counter)
        for block in log.blocks:
            if block.bytes not in sizes:
                continue
            flags, addresses = log.stack(block)
            names = tuple(filter(None, map(program.name, addresses)))
            self.assertEqual(flags & INCOMPLETE, 0, (block.bytes, names, list(map(hex, addresses))))
            found[block.bytes][names] += 1
        return {size: sorted(sites.items()) for size, sites in found.items()}

    def check(self, program, cpu):
        process = self.run_program(program, cpu)
        (log,), (child,) = self.logs(process)
        self.assertEqual(self.sites(log, program, LEAKS), {size: sorted(sites) for size, sites in LEAKS.items()})
        self.assertEqual(self.sites(child, program, {401}), {401: [IN_CHILD]})
        self.assertEqual(log.losses, {})
        return process, log

    def test_frame_pointers_or_none(self):
        for name, *options in (("kept", "-O2", "-fno-omit-frame-pointer"), ("omitted", "-O2", "-fomit-frame-pointer"),
                               ("plain", "-O0")):
            with self.subTest(name):
                self.check(Program(self, name, *options), "cortex-a72")

    def test_signed_return_addresses(self):
        program = Program(self, "signed", "-O2", "-mbranch-protection=standard")
        for cpu in ("max", "cortex-a72"):  # with pointer authentication, and without
            with self.subTest(cpu):
                self.check(program, cpu)

    def test_the_same_as_here(self):
        self.check(Program(self, "native", "-O2", compiler="g++"), None)

    def test_mqtrack_reads_its_log(self):
        program = Program(self, "looked_at", "-O2")
        process, log = self.check(program, "max")
        table = json.loads(self.mqtrack("top", log.path, "--format", "json", "-n", "0").stdout)
        self.assertIn("leak_behind_alloca", json.dumps(table))
        first = self.snapshot(log.path, "first")
        self.assertIn("leak_behind_alloca", self.mqtrack("top", first).stdout)
        process.stdin.close()
        self.assertEqual(process.wait(), 0)
