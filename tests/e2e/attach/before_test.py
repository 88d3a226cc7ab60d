"""What was there before the attach is listed as that, and followed to its end."""
import json
import os
import subprocess
import unittest

from attached import LEAKED_BLOCKS, LEAKED_BYTES, Attached

BEFORE = "[before attach]"
HELD = 200 * 10000  # what resident.cc has allocated from the start


class BeforeTest(Attached):
    def before(self, program, name, sample_type):
        """The row of what was there before, of one type."""
        rows = self.rows("top", self.snapshot(program.pid, name), "--by", sample_type)
        rows = [row for row in rows if row["function"] == BEFORE]
        return rows[0]["value"] if rows else 0

    def test_heap_shrinks_as_it_is_freed(self):
        program = self.program("attach_resident")
        self.attach(program.pid)
        first = self.before(program, "first", "inuse_space")
        self.assertGreaterEqual(first, HELD)
        program.ask("free")
        second = self.before(program, "second", "inuse_space")
        # What glibc keeps beside the bytes that can be used is at most 16 of each block.
        self.assertTrue(HELD <= first - second <= HELD + 200 * 16, f"{first} became {second}")
        self.assert_leak_is_found(program)
        self.assert_detached_cleanly(program)

    def test_the_list_and_the_table_agree(self):
        program = self.program("attach_resident")
        self.attach(program.pid)
        program.ask("free")
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]
        shown = sum(row["value"] for row in self.rows("top", program.pid))
        self.assertEqual([process["live_bytes"] for process in listed if process["pid"] == program.pid], [shown])
        headline = self.mqtrack("top", program.pid).stdout.splitlines()[1]
        self.assertRegex(headline, r"\[before attach\], about [\d,]+ bytes, as the allocator counts them, in blocks that were not counted\.$")
        self.assert_detached_cleanly(program)

    def test_what_was_detached_is_not_judged(self):
        program = self.program("attach_resident")
        self.attach(program.pid)
        before = self.snapshot(program.pid, "before")
        program.ask("free")
        self.assertIn("PASS", self.mqtrack("gate", "--base", before, program.pid, "--max-growth", 0).stdout)
        self.detach(program.pid)
        program.ask(f"leak {LEAKED_BLOCKS} {LEAKED_BYTES}")
        for done in (self.mqtrack("top", program.pid), self.mqtrack("snapshot", program.pid, "-o", self.folder / "late.pb.gz")):
            self.assertIn(f"(pid {program.pid}) was detached and runs on unrecorded", done.stderr)
        self.assertNotIn("mqtrack snapshot", self.mqtrack("top", program.pid).stdout, "nothing will grow")
        for judged in (program.pid, self.folder / "late.pb.gz"):
            done = self.mqtrack("gate", "--base", before, judged, "--max-growth", 0, expect=3)
            self.assertIn("was detached and runs on", done.stdout)
        self.attach(program.pid)
        self.assert_leak_is_found(program)
        self.assert_detached_cleanly(program)

    def test_two_recordings_of_a_process_are_not_compared(self):
        program = self.program("attach_resident")
        self.attach(program.pid)
        before = self.snapshot(program.pid, "before")
        self.detach(program.pid)
        program.ask(f"leak {LEAKED_BLOCKS} {LEAKED_BYTES}")
        self.attach(program.pid)
        after = self.snapshot(program.pid, "after")
        done = self.mqtrack("gate", "--base", before, after, "--max-growth", "1GiB", expect=3)
        self.assertIn(f"two recordings of attach_resident (pid {program.pid})", done.stdout)
        self.assertRegex(self.mqtrack("diff", before, after).stderr, r"warning: .*two recordings of")
        self.assert_detached_cleanly(program)

    def test_of_what_was_killed_the_time_is_not_known(self):
        program = self.program("attach_resident")
        self.attach(program.pid)
        before = self.snapshot(program.pid, "before")
        program.ask(f"leak {LEAKED_BLOCKS} {LEAKED_BYTES}")
        program.process.kill()
        program.process.wait()
        done = self.mqtrack("diff", before, program.pid)
        self.assertIn(f"(pid {program.pid}) was killed or crashed", done.stderr)
        self.assertIn(f"+{LEAKED_BLOCKS} objects", done.stdout)
        self.assertNotIn("per hour", done.stdout)
        done = self.mqtrack("gate", "--base", before, program.pid, "--max-growth", "1MiB")
        self.assertIn("warning: ", done.stdout)
        self.assertIn("was killed or crashed", done.stdout)

    def test_the_log_is_where_the_environment_says(self):
        program = self.program("attach_resident")
        folder = self.folder / "logs of attach"
        folder.mkdir(mode=0o700)
        environment = {**os.environ, "MQTRACK_LOG_DIR": str(folder)}
        command = [os.environ["MQTRACK_E2E_MQTRACK"]]
        done = subprocess.run([*command, "attach", str(program.pid)], env=environment, capture_output=True, text=True, check=True)
        self.assertIn(f"the log is {folder}/", done.stderr)
        self.assertIn(f"mqtrack snapshot {program.pid}\n", done.stderr)
        shown = subprocess.run([*command, "top", str(program.pid)], env=environment, capture_output=True, text=True, check=True)
        self.assertIn(BEFORE, shown.stdout)
        self.detach(program.pid)
        done = self.attach(program.pid)
        self.assertIn(f"mqtrack snapshot {program.pid} --log-dir {self.log_dir}", done.stderr)
        self.assert_detached_cleanly(program)

    def test_threads_end(self):
        program = self.program("attach_resident")
        self.attach(program.pid)
        # The C library's own, which serves timers, is one more.
        self.assertEqual(self.before(program, "all", "threads"), 3)
        program.ask("join")
        self.assertEqual(self.before(program, "joined", "threads"), 2)
        program.ask("leave")
        self.assertEqual(self.before(program, "left", "threads"), 1)
        self.detach(program.pid)
        self.attach(program.pid)
        self.assertEqual(self.before(program, "again", "threads"), 1)
        self.assert_detached_cleanly(program)

    def test_timers_end(self):
        program = self.program("attach_resident")
        self.attach(program.pid)
        self.assertEqual(self.before(program, "running", "timers"), 4)
        program.ask("timers")
        self.assertEqual(self.before(program, "ended", "timers"), 0)
        self.assert_detached_cleanly(program)

    def test_without_some_kinds(self):
        program = self.program("attach_resident")
        self.attach(program.pid, "--without", "timers,threads")
        snapshot = self.snapshot(program.pid, "less")
        for missing in ("timers", "threads"):
            done = self.mqtrack("top", snapshot, "--by", missing, expect=3)
            self.assertIn(missing, done.stderr)
        self.assertGreaterEqual(self.before(program, "heap", "inuse_space"), HELD)
        self.assert_detached_cleanly(program)


if __name__ == "__main__":
    unittest.main()
