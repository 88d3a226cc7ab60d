"""Core files in the place of a running service: of one that crashed, of a debugger, and as mqtrack snapshot --core saves
them. What they say is what the running service says; and files that are none, or another's, are refused in a sentence."""
import gzip
import json
import os
import pathlib
import shutil
import signal
import stat
import struct
import subprocess
import time
import unittest

from harness.case import EndToEnd, function_name
from harness.mqtt_client import MqttClient
from harness.paths import MQTRACK, PROGRAMS
from harness.processes import end, is_alive
from harness.waiting import wait_until
from lost_test import HIDDEN, LOST

# What only the kernel holds is not in a core file.
IN_KERNEL = {"KeepInEpoll": (1, 0, 1, 84), "KeepInTimer": (1, 0, 1, 85)}
PAGE = os.sysconf("SC_PAGE_SIZE")


def program_headers(path):
    """Of each segment its type, offset, address, size in the file and in memory."""
    with open(path, "rb") as file:
        header = file.read(64)
        start, count = struct.unpack_from("<Q", header, 32)[0], struct.unpack_from("<H", header, 56)[0]
        file.seek(start)
        parts = [struct.unpack("<IIQQQQQQ", file.read(56)) for _ in range(count)]
    return [(part[0], part[2], part[3], part[5], part[6]) for part in parts]


class CoreTest(EndToEnd):
    def start_recorded(self, name, *command):
        """With core files as large as they like."""
        service = self.start(name, "env", "-C", self.folder, "prlimit", "--core=unlimited", *self.recorded(), *command)
        service.wait_for_line("ready")
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]
        return next(process["pid"] for process in listed if process["state"] == "alive")

    def start_holders(self):
        return self.start_recorded("holders", PROGRAMS / "holders", PROGRAMS / "holder_plugin.so")

    def crash(self, pid):
        """The kernel's core file."""
        pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
        if "|" in pattern or "/" in pattern:
            self.skipTest(f"core files of this machine go elsewhere ({pattern})")
        end(pid, signal.SIGSEGV)
        def written():
            return next((path for path in self.folder.glob("core*") if path.stat().st_size > 0), None)
        return wait_until("its core file", written)

    def gcore(self, pid, *first):
        """As gcore writes it."""
        if shutil.which("gdb") is None:
            self.skipTest("gdb is not installed")
        file = self.folder / "from_gdb.core"
        subprocess.run(["gdb", "-nx", "-batch", "-p", str(pid), *first, "-ex", f"generate-core-file {file}"],
                       check=True, capture_output=True, timeout=300)
        self.assertTrue(file.exists())
        return file

    def save(self, pid, name="saved.core"):
        file = self.folder / name
        done = self.mqtrack("snapshot", pid, "--core", file)
        self.assertEqual(done.stdout, f"{file}\n")
        self.assertIn("with all its secrets", done.stderr)
        return file

    def report(self, verb, *options, expect=0):
        """Without what two looks at the same differ in: how long it stood still, and what the user called it."""
        report = json.loads(self.mqtrack(verb, *options, "--json", "-n", "0", expect=expect).stdout)
        for look in report.get("looks", []) + [report.get("look", {})]:
            look.pop("stood_still_nanoseconds", None)
        report.pop("name", None)
        report.get("of", {}).pop("name", None)
        return report

    def found(self, *options, expect=1):
        sites = self.report("leaks", *options, expect=expect)["sites"]
        return {function_name(site["function"]): (site["losses"], site["rings"], site["blocks"], site["bytes"])
                for site in sites}

    def same_reports(self, pid, file):
        self.assertEqual(self.report("leaks", pid, "--once", expect=1), self.report("leaks", file, expect=1))
        self.assertEqual(self.report("owners", pid), self.report("owners", file))
        for function in ("KeepInside", "KeepList", "KeepOnStack", "LoseTree"):
            self.assertEqual(self.report("why", pid, "--site", function), self.report("why", file, "--site", function))

    # --- saved by mqtrack

    def test_a_saved_capture_tells_the_same(self):
        pid = self.start_holders()
        file = self.save(pid)
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.same_reports(pid, file)
        live = self.found(pid, "--once")
        end(pid)
        self.mqtrack("clean")
        self.assertEqual(self.found(file), live, "without the process and its log")
        self.assertEqual(self.found("--core", file), live)

    def test_a_copy_that_was_saved_while_it_stood(self):
        pid = self.start_holders()
        file = self.folder / "copied.core"
        self.mqtrack("snapshot", pid, "--core", file, "--copy")
        self.assertEqual(self.report("leaks", file, expect=1)["looks"][0]["way"], "copy")
        self.assertEqual(self.found(file), LOST | HIDDEN)

    def test_nothing_is_written_over(self):
        pid = self.start_holders()
        there, link = self.folder / "there", self.folder / "link"
        there.write_text("mine")
        link.symlink_to(self.folder / "nowhere")
        for name in (there, link):
            self.assert_one_clear_line(self.mqtrack("snapshot", pid, "--core", name, expect=2), "exists already")
        self.assertEqual(there.read_text(), "mine")
        self.assertFalse((self.folder / "nowhere").exists())
        self.assert_one_clear_line(self.mqtrack("snapshot", pid, "--core", self.folder / "no" / "x", expect=2), "cannot create")
        self.assert_one_clear_line(self.mqtrack("snapshot", pid, "--core", "x", "-o", "y", expect=2), "-o")
        self.assertFalse((self.folder / "x").exists())

    def test_commands_that_want_a_profile(self):
        file = self.save(self.start_holders())
        self.assert_one_clear_line(self.mqtrack("top", file, expect=2), "is a core file, not a snapshot", "mqtrack leaks")
        self.assert_one_clear_line(self.mqtrack("why", file, "--site", "Nothing", expect=2), "made nothing that is alive")

    def test_another_user(self):
        file = self.save(self.start_holders())
        if os.geteuid() != 0 or shutil.which("setpriv") is None:
            self.skipTest("only root can become somebody else")
        nobody = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
        for options in ((file,), ("--core", file)):
            done = self.mqtrack("leaks", *options, expect=2, prefix=nobody)
            self.assert_one_clear_line(done, str(file), "Permission denied")

    def test_killed_while_it_writes(self):
        pid = self.start_holders()
        file, killed = self.folder / "killed.core", 0
        began = time.monotonic()
        self.mqtrack("snapshot", pid, "--core", self.folder / "whole.core")
        usual = time.monotonic() - began
        for tenth in range(1, 11):
            writing = subprocess.Popen([MQTRACK, "snapshot", str(pid), "--core", str(file)], env=self.environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            began = time.monotonic()
            try:
                writing.wait(usual * tenth / 10)
                usual = min(usual, time.monotonic() - began)  # on a machine that has less to do by now
            except subprocess.TimeoutExpired:
                writing.send_signal(signal.SIGKILL)
            killed += writing.wait(300) == -signal.SIGKILL
            if file.exists():  # whole, or not there
                self.assertEqual(self.found(file), LOST | HIDDEN)
                file.unlink()
        print(f"\n{killed} of 10 were killed half-way")
        self.assertGreater(killed, 0)
        self.assertEqual(self.found(pid, "--once"), LOST | HIDDEN)

    def test_debuggers_open_it(self):
        if shutil.which("gdb") is None:
            self.skipTest("gdb is not installed")
        file = self.save(self.start_holders())
        done = subprocess.run(["gdb", "-nx", "-batch", "-ex", "thread apply all backtrace", PROGRAMS / "holders", file],
                              capture_output=True, text=True, timeout=300)
        self.assertIn("main (", done.stdout, done.stderr)
        self.assertGreater(done.stdout.count("Thread "), 2)

    def test_classes_and_members(self):
        pid = self.start_recorded("shapes", PROGRAMS / "holder_shapes")
        file = self.save(pid)
        for options in (("--type", "Bridge"), ("--type", "Message"), ("--site", "QueueMessage")):
            self.assertEqual(self.report("why", pid, *options), self.report("why", file, *options))

    def test_elsewhere_without_the_files(self):
        bare = self.folder / "shapes with blanks"
        shutil.copy(PROGRAMS / "holder_shapes", bare)
        file = self.save(self.start_recorded("shapes", bare))
        bare.unlink()
        chain = self.report("why", file, "--type", "Bridge")["chains"][0]
        self.assertEqual([step["type"] for step in chain["steps"]], ["Bridge"], "its name is in the file")
        self.assertEqual((chain["root"]["variable"], chain["root"]["module"]), ("", "shapes with blanks"))
        self.assertRegex(chain["steps"][0]["function"], r"^shapes with blanks\+0x[0-9a-f]+$")

    def test_clients_of_a_broker(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "pump7", keep_session=True) as client:
            client.subscribe("room/#")
        with MqttClient(broker.port, "publisher") as client:
            for number in range(50):
                client.publish("room/1", b"a payload, number %04d" % number)
        file = self.save(broker.pid, "a broker's memory.core")
        self.assertEqual(self.report("owners", broker.pid), self.report("owners", file))
        self.assertEqual(self.report("why", broker.pid, "--client", "pump7"), self.report("why", file, "--client", "pump7"))

    # --- of a process that crashed

    def test_a_service_that_crashed(self):
        pid = self.start_holders()
        owners = self.report("owners", pid)
        core = self.crash(pid)
        expected = LOST | HIDDEN | IN_KERNEL
        for options in (("--core", core), (core,), (pid, "--core", core)):
            self.assertEqual(self.found(*options), expected)
        log = next(self.log_dir.rglob("*.log"))
        self.assertEqual(self.found(log, "--core", core), expected)
        report = self.report("leaks", core, expect=1)
        self.assertEqual(report["looks"], [{"way": "core", "why_not_cloned": "", "core_written": "written as it died of SIGSEGV"}])
        text = self.mqtrack("leaks", core, expect=1).stdout
        self.assertIn("core   written as it died of SIGSEGV", text)
        self.assertIn("epoll, timers", text)
        self.assertEqual(sum(owner["bytes"] for owner in self.report("owners", core)["owners"]),
                         sum(owner["bytes"] for owner in owners["owners"]))
        chain = self.report("why", core, "--site", "KeepInside")["chains"][0]
        self.assertEqual(chain["root"]["kind"], "global variable")
        self.refuse_what_is_wrong(core, log)

    def refuse_what_is_wrong(self, core, log):
        moved = self.log_dir / "elsewhere"
        log.rename(moved)
        done = self.mqtrack("leaks", core, expect=2)
        self.assert_one_clear_line(done, "is not there any more", "as TARGET")
        self.assertEqual(self.found(moved, "--core", core), LOST | HIDDEN | IN_KERNEL)
        no_heap = self.folder / "no_heap.core"
        content = bytearray(core.read_bytes())
        start, = struct.unpack_from("<Q", content, 32)
        for number in range(struct.unpack_from("<H", content, 56)[0]):
            at = start + 56 * number
            kind, flags = struct.unpack_from("<II", content, at)
            if kind == 1 and flags == 6:
                struct.pack_into("<Q", content, at + 32, 0)
        no_heap.write_bytes(content)
        self.assert_one_clear_line(self.mqtrack("leaks", moved, "--core", no_heap, expect=3), "leaves out the memory", "0x33")

    def test_another_process(self):
        pid = self.start_holders()
        saved = self.save(pid)
        core = self.gcore(pid)
        end(pid)
        self.start_recorded("shapes", PROGRAMS / "holder_shapes")
        for file in (saved, core):
            done = self.mqtrack("owners", "holder_shapes", "--core", file, expect=2)
            self.assert_one_clear_line(done, f"holders (pid {pid})", "holder_shapes (pid ")

    def test_a_service_without_a_recording(self):
        plain = self.start("plain", PROGRAMS / "holder_shapes")
        plain.wait_for_line("ready")
        core = self.gcore(plain.process.pid)
        self.assert_one_clear_line(self.mqtrack("leaks", core, expect=3), "was not recorded")

    # --- of a debugger

    def test_a_service_that_ran_on(self):
        pid = self.start_holders()
        core = self.gcore(pid)
        done = self.mqtrack("leaks", core, expect=3)
        self.assert_one_clear_line(done, "ran on after it was written", "snapshot TARGET --core")
        owners = self.report("owners", core)
        self.assertIn("ran on after", owners["notes"][0])
        self.assertEqual(sum(owner["bytes"] for owner in owners["owners"]), owners["live"]["bytes"])
        end(pid)
        self.mqtrack("leaks", core, expect=3)

    def test_a_debugger_at_the_crash(self):
        pid = self.start_holders()
        if shutil.which("gdb") is None:
            self.skipTest("gdb is not installed")
        core = self.folder / "at_the_crash.core"
        debugger = self.start("gdb", "gdb", "-nx", "-batch", "-p", str(pid), "-ex", "echo attached\\n", "-ex", "continue",
                              "-ex", f"generate-core-file {core}", "-ex", "kill")
        debugger.wait_for_line("attached")
        os.kill(pid, signal.SIGSEGV)
        wait_until("the service to end", lambda: not is_alive(pid))
        self.assertEqual(self.found(core), LOST | HIDDEN | IN_KERNEL)

    # --- no core file, or half of one

    def test_what_is_no_core_file(self):
        pid = self.start_holders()
        empty, text, packed, pipe = (self.folder / name for name in ("empty", "text", "packed", "pipe"))
        empty.touch()
        text.write_text("not at all")
        packed.write_bytes(gzip.compress(b"anything"))
        os.mkfifo(pipe)
        for file, said in ((empty, "is empty"), (text, "is not a core file"), (packed, "gzip -d"), (pipe, "not a regular file"),
                           (self.folder, "not a regular file"), (PROGRAMS / "holders", "is a program or a library"),
                           (self.folder / "none", "No such file")):
            self.assert_one_clear_line(self.mqtrack("leaks", pid, "--core", file, expect=2), str(file), said)
        self.assert_one_clear_line(self.mqtrack("leaks", expect=2), "TARGET, or --core FILE")

    def test_half_a_core_file(self):
        file = self.save(self.start_holders())
        content = file.read_bytes()
        damaged = self.folder / "damaged.core"
        def refused(verdict, change=b"", at=0, length=None, said=""):
            damaged.write_bytes((content[:at] + change + content[at + len(change):])[:length])
            self.assert_one_clear_line(self.mqtrack("leaks", "--core", damaged, expect=verdict), str(damaged), said)
        for length in (len(content) - 1, len(content) // 2, PAGE, 100, 20):
            refused(3, length=length, said="cut short")
        refused(2, b"\x28", at=18, said="another processor (32-bit ARM)")
        refused(2, b"\xb7", at=18, said="another processor (64-bit ARM)")
        refused(2, b"\x01", at=4, said="another processor")
        refused(2, b"\x00\x00", at=56, said="no segments")
        notes = next(part for part in program_headers(file) if part[0] == 4)
        refused(2, b"\xff\xff\xff\x7f", at=notes[1] + 4, said="does not fit")
        own = content.rindex(b"mqtrack-memory 1")
        refused(3, b"mqtrack-memory 9", at=own, said="another version")
        refused(2, b"\nmap zz", at=content.index(b"\nmap ", own), said="makes no sense")


if __name__ == "__main__":
    unittest.main()
