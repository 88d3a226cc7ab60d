"""Children of a process with much alive: those that execute something get no log, others one of their own at once."""
import subprocess
import unittest

from recording import MQTRACK, Recording, find_program

HEAP_BEFORE = 1  # the handle of all blocks from before


class LateLogs(Recording):
    def parent_and_children(self):
        logs = [log for log in self.logs() if log.exe.endswith("/late_logs")]
        parents = [log for log in logs if log.origin == 0]
        self.assertEqual(len(parents), 1, [log.path for log in logs])
        return parents[0], [log for log in logs if log.origin == 1]

    def assert_parent(self, parent, **sizes):
        self.assert_exact(parent)
        found = parent.sizes()
        self.assertEqual((found[701], found[7003], found[9001], found[9003]), (sizes["kept"], sizes.get("added", 0), 0, 0))

    def assert_new(self, parent, child, freed):
        """The child's log has what it inherited as one entry, of which what it freed is taken off; and its own exactly."""
        self.assert_exact(child)
        self.assertEqual(child.parent_pid, parent.pid)
        self.assertEqual((child.sizes()[701], child.sizes()[9001], child.sizes()[9003]), (0, 50, 0))
        self.assertEqual(child.unmatched_frees, freed)
        before, = [block for block in child.blocks if block.address == HEAP_BEFORE]
        self.assertGreater(before.bytes, 60000 * 704)
        self.assertLess(child.reserved_bytes, 2 << 20)
        shown = subprocess.run([MQTRACK, "top", child.path, "--format", "json"], env=self.plain, capture_output=True, text=True,
                               timeout=300, check=True)
        self.assertIn("[inherited]", shown.stdout)

    def test_children_that_execute_something_get_none(self):
        self.run_recorded("late_logs", "exec")
        parent, children = self.parent_and_children()
        self.assertEqual(children, [])
        self.assert_parent(parent, kept=60000)

    def test_a_worker_whose_parent_goes_on(self):
        self.run_recorded("late_logs", "worker")
        parent, (child,) = self.parent_and_children()
        self.assert_parent(parent, kept=50000, added=5)
        self.assert_new(parent, child, 20000)

    def test_a_worker_whose_parent_waits(self):
        self.run_recorded("late_logs", "silent")
        parent, (child,) = self.parent_and_children()
        self.assert_parent(parent, kept=60000)
        self.assert_new(parent, child, 0)

    def test_daemons_keep_exactly_what_they_inherit(self):
        for way in ("daemon", "daemon-of-two-forks"):
            with self.subTest(way):
                copied = [self.daemon_has_a_copy(way)]
                while not copied[-1] and len(copied) < 50:
                    copied.append(self.daemon_has_a_copy(way))
                self.assertTrue(copied[-1])

    def daemon_has_a_copy(self, way):
        """Of its parent's log. For a parent that does not get to its end in some milliseconds it does not wait, and has an
        entry of all that it inherited: its log is exact all the same."""
        self.run_recorded("late_logs", way)
        child, = [log for log in self.logs() if log.origin == 1]
        self.assert_exact(child)
        self.assertEqual((child.sizes()[9001], child.unmatched_frees), (20, 0))
        self.assertIn(child.sizes()[701], (0, 50000))
        if child.sizes()[701] == 0:
            self.assertGreater(sum(block.bytes for block in child.blocks if block.address == HEAP_BEFORE), 50000 * 704)
        self.snapshot(child.path)
        for log in self.logs():
            log.path.unlink()
        return child.sizes()[701] != 0

    def test_a_parent_that_frees_while_it_exits(self):
        self.run_recorded("late_logs", "tidy")
        child, = [log for log in self.logs() if log.origin == 1]
        self.assert_exact(child)
        self.assertEqual((child.sizes()[701], child.sizes()[9001]), (0, 20))
        self.assertGreater(sum(block.bytes for block in child.blocks if block.address == HEAP_BEFORE), 60000 * 704)

    def test_children_behind_the_back_of_one_without_a_log(self):
        self.run_recorded("late_logs", "behind")
        parent, (child,) = self.parent_and_children()
        self.assert_parent(parent, kept=60000, added=5)
        self.assert_new(parent, child, child.unmatched_frees)

    def test_every_call_that_the_child_makes_for_its_log_fails_in_its_turn(self):
        failed, number = [], 0
        while True:
            number += 1
            settings = [f"{name}={self.recorded[name]}" for name in ("LD_PRELOAD", "MQTRACK_LOG_DIR")]
            done = self.run_program("fail_calls", number, find_program("env"), *settings, self.program("late_logs"), "marked",
                                    environment=self.plain)
            self.assertEqual(done.returncode, 0, (number, done.stdout, done.stderr))
            what = done.stdout.decode().strip()
            parent, children = self.parent_and_children()
            with self.subTest(f"call {number}: {what}"):
                self.assert_parent(parent, kept=60000, added=5)
                for child in children:
                    self.assertEqual(child.problems(), [])
            for log in self.logs():
                log.path.unlink()
            if what == "none":
                break
            failed.append(what)
        self.assertEqual([child.sizes()[9001] for child in children], [20])
        print(f"{len(failed)} calls failed in turn", flush=True)
        self.assertGreater(len(failed), 30)


if __name__ == "__main__":
    unittest.main()
