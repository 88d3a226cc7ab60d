"""What a diff says of resident memory: what operators see goes another way than live blocks."""
import json
import re
import subprocess
import unittest

from harness.case import EndToEnd
from harness.paths import PROGRAMS
from harness.processes import children_of
from harness.waiting import wait_until

BLOCKS, BYTES, MAPPED = 40000, 1000, 24 << 20


class MemoryTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.service = subprocess.Popen([str(word) for word in (*self.recorded("-q"), PROGRAMS / "spread")], env=self.environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.service.wait)
        self.addCleanup(self.service.stdin.close)
        self.addCleanup(self.service.stdout.close)

    def after(self, word):
        """Has the service do something; a snapshot of then."""
        self.service.stdin.write(word + "\n")
        self.service.stdin.flush()
        self.assertEqual(self.service.stdout.readline(), word + "\n")
        (pid,) = wait_until("the service to be a child of mqtrack run", lambda: children_of(self.service.pid))
        return self.snapshot(pid, word)

    def test_what_the_allocator_keeps(self):
        up, down = self.after("up"), self.after("down")
        text = self.mqtrack("diff", up, down).stdout
        self.assertRegex(text, r"resident memory is [\d.]+ MiB \([-+][\d.]+ \w+\), though live heap blocks shrank by 37\.8 MiB: the "
                               r"allocator keeps what was freed, and reuses it; beside live heap blocks the allocator, stacks and "
                               r"mappings hold [\d.]+ MiB \(\+3[\d.]+ MiB\); the recorder's own share is [\d.]+ MiB \(")
        markdown = self.mqtrack("diff", up, down, "--format", "markdown").stdout
        self.assertIn("Of the whole process: resident memory is ", markdown)
        # What is filtered does not change what the process did.
        memory = json.loads(self.mqtrack("diff", up, down, "--format", "json", "--focus", "nothing").stdout)["memory"]
        shrunk = memory["base_live_heap_bytes"] - memory["live_heap_bytes"]
        self.assertEqual(shrunk, BLOCKS * BYTES * 99 // 100)
        self.assertLess(memory["base_rss_bytes"] - memory["rss_bytes"], shrunk // 2)
        for side in ("base_", ""):
            self.assertGreater(memory[side + "anonymous_bytes"], BLOCKS * BYTES)
            self.assertLess(memory[side + "recorder_rss_bytes"] + memory[side + "anonymous_bytes"], memory[side + "rss_bytes"] + (1 << 20))
            self.assertGreater(memory[side + "recorder_rss_bytes"], 1 << 20)

    def test_what_is_not_made_of_blocks(self):
        up, mapped = self.after("up"), self.after("map")
        text = self.mqtrack("diff", up, mapped).stdout
        more = re.search(r"\(\+2[\d.]+ MiB\), (2[\d.]+) MiB more than live heap blocks: stacks, mappings, ", text)
        self.assertIsNotNone(more, text)
        self.assertGreaterEqual(float(more.group(1)), (MAPPED >> 20) - 0.5)

    def test_sides_that_do_not_know_it(self):
        up = self.after("up")
        (log,) = self.log_dir.glob("*.log")
        copy = self.folder / "copy.log"
        copy.write_bytes(log.read_bytes())
        # Of a copy of its log it is not known how much of the real one is in memory.
        known = json.loads(self.mqtrack("diff", copy, up, "--format", "json").stdout)["memory"]
        self.assertIn("rss_bytes", known)
        self.assertNotIn("recorder_rss_bytes", known)
        self.service.stdin.close()
        self.assertEqual(self.service.wait(), 0)
        ended = self.snapshot(log, "ended")
        self.assertNotIn("resident memory", self.mqtrack("diff", up, ended).stdout)
        self.assertNotIn("memory", json.loads(self.mqtrack("diff", up, ended, "--format", "json").stdout))

    def test_the_list_shows_the_size_of_the_log(self):
        self.after("up")
        (process,) = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]
        (log,) = self.log_dir.glob("*.log")
        self.assertEqual(process["log_bytes"], log.stat().st_blocks * 512)
        row = self.mqtrack("list").stdout.splitlines()[1]
        self.assertRegex(row, r" [\d.]+ MiB$")


if __name__ == "__main__":
    unittest.main()
