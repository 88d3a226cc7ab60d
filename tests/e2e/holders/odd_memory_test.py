"""mqtrack leaks: whatever kind of memory a block is held in, it is found held; and nothing of that memory is made by looking."""
import json
import os
import pathlib
import subprocess
import unittest

from harness.case import EndToEnd, function_name
from harness.paths import MQTRACK, PROGRAMS

# Far less than the files and mappings that have nothing in them.
MOST_OF_OUR_OWN = 256 << 20


class OddMemoryTest(EndToEnd):
    def start_it(self, *command):
        service = self.start("odd_memory", *command, PROGRAMS / "holders_odd_memory")
        service.wait_for_line("ready")
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)
        return next(process["pid"] for process in listed["processes"] if process["state"] == "alive")

    def memory_files(self, pid):
        """Bytes that there are of each file in memory that the process has open."""
        found = {}
        for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            if "memfd:sparse" in os.readlink(descriptor):
                found[descriptor.name] = descriptor.stat().st_blocks * 512
        return found

    def shared_bytes(self, pid):
        """Of all shared mappings, by what the kernel says of each as it were a file; where we may ask."""
        total = 0
        for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
            if line.split()[1][3] == "s" and "/dev/zero" in line:
                try:
                    total += os.stat(f"/proc/{pid}/map_files/{line.split()[0]}").st_blocks * 512
                except PermissionError:
                    return None
        return total

    def lost(self, pid, *options):
        """What is lost, and how much memory it took mqtrack to say so."""
        looking = subprocess.Popen([MQTRACK, "leaks", str(pid), "--json", *options], env=self.environment,
                                   stdout=subprocess.PIPE, text=True)
        report = json.loads(looking.stdout.read())
        _, status, usage = os.wait4(looking.pid, 0)
        looking.returncode = os.waitstatus_to_exitcode(status)
        looking.stdout.close()
        self.assertEqual(looking.returncode, 1)
        self.assertNotIn("could not be read", str(report["notes"]))
        return {function_name(site["function"]): site["bytes"] for site in report["sites"]}, usage.ru_maxrss << 10

    def check(self, *options):
        pid = self.start_it(*self.recorded())
        before = self.memory_files(pid), self.shared_bytes(pid)
        self.assertEqual(len(before[0]), 1)
        lost, memory = self.lost(pid, *options)
        self.assertEqual(lost, {"LoseBlock": 119})
        self.assertEqual((self.memory_files(pid), self.shared_bytes(pid)), before, "pages were made by looking at them")
        self.assertLess(memory, MOST_OF_OUR_OWN)

    def test_seen_in_a_copy(self):
        self.check()

    def test_seen_while_it_stands(self):
        # Where the kernel has to be asked about each page (before Linux 6.7), it would rather not.
        self.check("--copy", "--force")


class MainThreadEndedTest(EndToEnd):
    def test_it_is_found_and_named_and_nothing_is_called_lost(self):
        service = self.start("ended", *self.recorded(), PROGRAMS / "holders_main_thread_ended")
        service.wait_for_line("ready")
        name = "holders_main_thread_ended"
        for command in (("leaks", name), ("owners", name), ("gate", name, "--max-lost", "0")):
            self.assert_one_clear_line(self.mqtrack(*command, expect=3), "its main thread has ended")
        self.assertIn("WorkOn", self.mqtrack("threads", name).stdout)
        figures = json.loads(self.mqtrack("metrics", name, "--json").stdout)["targets"][0]["figures"]
        self.assertGreater(figures["process_resident_memory_bytes"], 1_000_000, figures)
        self.assertGreaterEqual(figures["process_open_fds"], 3)
        rows = json.loads(self.mqtrack("top", name, "--format", "json").stdout)["sites"]
        self.assertEqual(function_name(rows[0]["function"]), "WorkOn")
        self.assertGreaterEqual(rows[0]["value"], 100_000)


if __name__ == "__main__":
    unittest.main()
