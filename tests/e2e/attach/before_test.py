"""What was there before the attach is listed as that, and followed to its end."""
import unittest

from attached import Attached

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
