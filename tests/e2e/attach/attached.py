"""The base of these tests: attaching, and looking for what was left behind."""
import os
import pathlib
import re
import struct
import subprocess

from harness import paths
from harness.case import EndToEnd, function_name

LONG = os.environ.get("MQTRACK_LONG_TESTS") == "1"
RECORDER = "libmqtrack_preload.so"
LEAKED_BLOCKS, LEAKED_BYTES = 7, 3001
_SLOT = re.compile(r"^([0-9a-f]+)\s+\S+\s+R_X86_64_(JUMP_SLO\w*|GLOB_DAT|64)\s+\S+\s+(\S+) \+ 0$")


class Module:
    def __init__(self, path, start):
        self.path, self.start, self.end, self.code = path, start, start, (0, 0)


def modules_of(pid):
    """Files mapped with code, by path."""
    modules = {}
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        words = line.split(None, 5)
        if len(words) < 6 or not words[5].startswith("/"):
            continue
        low, high = (int(word, 16) for word in words[0].split("-"))
        module = modules.setdefault(words[5], Module(words[5], low))
        module.end = high
        if "x" in words[1]:
            module.code = (low, high)
    return {path: module for path, module in modules.items() if module.code != (0, 0)}


class Slots:
    """The words of every loaded file that hold addresses of functions, as readelf lists them."""

    def __init__(self, pid):
        self._pid = pid
        self._slots = {}
        for path, module in modules_of(pid).items():
            if RECORDER in path or "ld-linux" in path:
                continue
            listing = subprocess.run(["readelf", "-rW", path], capture_output=True, text=True, check=True).stdout
            kind = subprocess.run(["readelf", "-hW", path], capture_output=True, text=True, check=True).stdout
            bias = 0 if "EXEC (" in kind else module.start
            for line in listing.splitlines():
                match = _SLOT.match(line)
                if match:
                    self._slots[bias + int(match.group(1), 16)] = (module, match.group(3))

    def values(self):
        with open(f"/proc/{self._pid}/mem", "rb") as memory:
            result = {}
            for slot in self._slots:
                memory.seek(slot)
                result[slot] = struct.unpack("<Q", memory.read(8))[0]
            return result

    def changed(self, before):
        """Words that hold something else than `before`, apart from functions that were bound meanwhile."""
        result = []
        for slot, value in self.values().items():
            module, name = self._slots[slot]
            if value != before[slot] and not module.start <= before[slot] < module.end:
                result.append(f"{module.path}: {name}: {before[slot]:#x} is now {value:#x}")
        return result

    def redirected(self):
        """Names of functions whose words lead into the recorder."""
        recorders = [module for path, module in modules_of(self._pid).items() if RECORDER in path]
        return [self._slots[slot][1] for slot, value in self.values().items()
                if any(recorder.start <= value < recorder.end for recorder in recorders)]


class Attached(EndToEnd):
    def attach(self, pid, *options, expect=0):
        return self.mqtrack("attach", "--timeout", 60, "--log-dir", self.log_dir, *options, pid, expect=expect)

    def detach(self, pid, expect=0):
        return self.mqtrack("detach", "--timeout", 60, pid, expect=expect)

    def microseconds(self, done):
        """How long all of the service stood still, as mqtrack says."""
        return int(re.search(r"stood still for ([0-9,]+) µs", done.stdout).group(1).replace(",", ""))

    def program(self, name, *arguments, prefix=(), cwd=None):
        """Starts a test program without the recorder and waits until it is ready. `prefix`: what it is started with."""
        program = Program(*prefix, paths.PROGRAMS / name, *arguments, cwd=cwd)
        self.addCleanup(program.stop)
        return program

    def assert_leak_is_found(self, program):
        """What it loses between two snapshots is found, by function and to the byte."""
        before = self.snapshot(program.pid, "leak-before")
        program.ask(f"leak {LEAKED_BLOCKS} {LEAKED_BYTES}")
        after = self.snapshot(program.pid, "leak-after")
        rows = [row for row in self.diff(before, after) if function_name(row["function"]) == "Lose"]
        self.assertEqual([(row["growth"], row["object_growth"]) for row in rows],
                         [(LEAKED_BLOCKS * LEAKED_BYTES, LEAKED_BLOCKS)])
        self.assertTrue(rows[0]["file"].endswith("programs/resident.cc"), rows[0]["file"])

    def assert_detached_cleanly(self, program):
        self.detach(program.pid)
        program.ask()
        program.end()


class Program:
    """A program that says "ready", answers each line it is sent, and ends well when its input does."""

    def __init__(self, *command, cwd=None):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, cwd=cwd)
        self.pid = self.process.pid  # of what was started; below unshare it is another one
        assert self.read_line() == "ready"

    def read_line(self):
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"{self.process.args} ended with {self.process.wait()}")
        return line.rstrip("\n")

    def ask(self, command="?"):
        """Insists that it lives and moves, and does what this line says."""
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        answer = self.read_line()
        if not answer.startswith("alive"):
            raise AssertionError(f"{self.process.args} said: {answer}")

    def end(self):
        """Lets it end; returns what it said last."""
        self.process.stdin.close()
        said = self.process.stdout.read()
        if self.process.wait(300) != 0:
            raise AssertionError(f"{self.process.args} ended with {self.process.returncode}: {said}")
        return said

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            try:
                stream.close()
            except BrokenPipeError:
                pass
