"""Code that is made at run time: the stacks of a script's service run through the script's own functions."""
import json
import re
import shutil
import socket
import subprocess
import unittest

from named import PROGRAMS, Named, Service

NODE = shutil.which("node")
BYTES, ROUNDS = 100003, 10
CONNECT = b"\x10\x0f\x00\x04MQTT\x04\x02\x00\x3c\x00\x03abc"
# As docs/scripted-hosts.md has it.
WRAPPERS = "module:node\nmodule:libnode.so*\ncreateUnsafeBuffer\nallocUnsafeSlow\n"
NAMES = ("--perf-basic-prof", "--interpreted-frames-native-stack")
# A line of Error.stack: "at Socket.Readable.push [as push] (node:internal/streams/readable:390:5)", "at FILE:9:3".
FRAME = re.compile(r"^ +at (?:(?:async |new )?(.*?)(?: \[as .*\])? \()?([^()]*?):\d+:\d+\)?$")


class NodeService:
    """programs/mqtt_service.js with one client."""

    def __init__(self, test, prefix, *options):
        self._test = test
        self._errors = test.folder / "node.err"
        command = [*prefix, NODE, *options, PROGRAMS / "mqtt_service.js", BYTES]
        with open(self._errors, "wb") as err:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, text=True,
                                            stdout=subprocess.PIPE, stderr=err, env=test.environment, cwd=test.folder)
        test.addCleanup(self.end)
        self.client = socket.create_connection(("127.0.0.1", int(self.line())))
        test.addCleanup(self.client.close)
        self._ask(CONNECT)
        self.publish(20)  # into a steady state

    def line(self):
        line = self.process.stdout.readline()
        self._test.assertTrue(line, self._errors.read_text(errors="replace"))
        return line

    def _ask(self, packet):
        self.client.sendall(packet)
        answer = b""
        while len(answer) < 4:
            more = self.client.recv(4 - len(answer))
            self._test.assertTrue(more, self._errors.read_text(errors="replace"))
            answer += more

    def publish(self, times=ROUNDS, payload=b"x"):
        for _ in range(times):
            self._ask(b"\x32" + bytes([5 + len(payload)]) + b"\x00\x01t\x00\x07" + payload)

    def own_stack(self):
        """What V8 says: (function, file), the nearest first."""
        self.publish(1, b"?")
        found = [FRAME.match(line) for line in json.loads(self.line()).splitlines()[1:]]
        return [plain(match[1] or "", match[2]) for match in found if match]

    def end(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
            self.process.wait(300)
            self.process.stdout.close()


def plain(function, file):
    """A function without its class: V8 tells of the receiver's in one place and of the definition's in the other."""
    name = function.split(".")[-1]
    return "" if name in ("<anonymous>", "(anonymous)") else name, file


def of_script(frame):
    return frame["file"].endswith(".js") or frame["file"].startswith("node:")


@unittest.skipUnless(NODE, "node is not installed")
class NodeTest(Named):
    def growth_of(self, service, *options):
        before = self.snapshot(self.log(), "before")
        service.publish()
        after = self.snapshot(self.log(), "after")
        rows = self.diff(before, after, "--stacks", *options)
        row, = [row for row in rows if row["growth"] >= BYTES * ROUNDS]
        return row

    def assert_whole(self, row):
        names = self.names(row)
        self.assertNotIn("[incomplete]", names)
        self.assertTrue({"main", "_start"} & set(names), names)
        return names

    def test_stacks_run_through_the_functions_of_the_script(self):
        service = NodeService(self, self.recorded(), *NAMES)
        wrappers = self.folder / "node.txt"
        wrappers.write_text(WRAPPERS)
        row = self.growth_of(service, "--wrappers", wrappers)
        self.assertEqual(row["function"], "keepPayload")
        self.assertTrue(row["file"].endswith("mqtt_service.js"), row)
        names = self.assert_whole(row)
        own = [name for name in names if name in ("keepPayload", "onPublish", "onData", "Connection.onData")]
        self.assertEqual([name.split(".")[-1] for name in own], ["keepPayload", "onPublish", "onData"])

    def test_they_are_those_that_v8_knows(self):
        service = NodeService(self, self.recorded(), *NAMES, "--no-opt")  # which would put functions into each other
        row = self.growth_of(service)
        self.assert_whole(row)
        ours = [plain(frame["function"], frame["file"]) for frame in row["stack"] if of_script(frame)]
        theirs = service.own_stack()
        ours = ours[ours.index(theirs[0]):]
        # A function of node's own that came out of its start-up snapshot is interpreted by code that has no name for it.
        rest = iter(theirs)
        self.assertTrue(all(frame in rest for frame in ours), (ours, theirs))
        self.assertEqual([frame for frame in theirs if frame not in ours and not frame[1].startswith("node:")], [])
        self.assertGreaterEqual(len(ours), 6)

    def test_without_names_they_are_complete_all_the_same(self):
        self.assert_whole(self.growth_of(NodeService(self, self.recorded())))

    def test_attached(self):
        service = NodeService(self, (), *NAMES)
        self.mqtrack("attach", "--timeout", 60, "--log-dir", self.log_dir, service.process.pid)
        names = self.assert_whole(self.growth_of(service))
        self.assertIn("keepPayload", names)


def python_with_trampolines():
    """A Python that makes code for perf, or why there is none."""
    for name in ("python3", "python3.13", "python3.12", "python3.14"):
        found = shutil.which(name)
        test = "import sys; sys.exit(0 if sys.is_stack_trampoline_active() else 1)"
        if found and subprocess.run([found, "-X", "perf", "-c", test], capture_output=True, check=False).returncode == 0:
            return found, ""
    return None, "no Python 3.12 or later that makes code for perf (-X perf) is installed"


PYTHON, NO_PYTHON = python_with_trampolines()


@unittest.skipUnless(PYTHON, NO_PYTHON)
class PythonTest(Named):
    def test_stacks_run_through_the_functions_of_the_script(self):
        self.environment["PYTHONMALLOC"] = "malloc"
        service = Service(self, [*self.recorded(), PYTHON, "-X", "perf", PROGRAMS / "mqtt_service.py", BYTES])
        before = self.snapshot(self.log(), "before")
        for _ in range(ROUNDS):
            service.work()
        after = self.snapshot(self.log(), "after")
        row, = [row for row in self.diff(before, after, "--stacks") if row["growth"] >= BYTES * ROUNDS]
        names = self.names(row)
        self.assertNotIn("[incomplete]", names)
        own = [frame["function"] for frame in row["stack"] if frame["file"].endswith("mqtt_service.py")]
        self.assertEqual(own, ["keep_payload", "on_publish", "main", "<module>"])
        self.assertTrue({"main", "_start"} & set(names), names)


if __name__ == "__main__":
    unittest.main()
