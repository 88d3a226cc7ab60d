"""Children in every way there is: each gets an exact log of its own or none, and never its parent's."""
import os
import unittest

from recording import MQTRACK, Recording


class Fork(Recording):
    def parent_and_child(self):
        """The log of the program that was started and that of its one child."""
        logs = self.logs()
        self.assertEqual(len(logs), 2, [log.path for log in logs])
        return sorted(logs, key=lambda log: log.origin)

    def test_a_child_inherits_exactly_what_is_alive(self):
        self.run_recorded("forks", "inherits")
        parent, child = self.parent_and_child()
        for log in (parent, child):
            self.assert_exact(log)
            self.snapshot(log.path)
        self.assertEqual(parent.sizes()[7001], 100)
        self.assertEqual((child.sizes()[7001], child.sizes()[9001]), (600, 50))
        self.assertEqual(child.parent_pid, parent.pid)

    def test_a_daemon_keeps_its_own_log(self):
        self.run_recorded("forks", "daemon")
        self.wait_until("the daemon to end", lambda: [log for log in self.logs() if log.origin == 1 and log.state == 2])
        daemon = [log for log in self.logs() if log.origin == 1]
        self.assertEqual(len(daemon), 1)
        self.assert_exact(daemon[0])
        self.assertEqual((daemon[0].sizes()[7001], daemon[0].sizes()[9001]), (10, 5))

    def test_children_behind_forks_back_are_quiet(self):
        for way in ("_fork", "clone"):
            with self.subTest(way):
                self.run_recorded("forks", way)
                logs = self.logs()
                self.assertEqual(len(logs), 1, [log.path for log in logs])
                self.assert_exact(logs[0])
                sizes = logs[0].sizes()
                self.assertEqual((sizes[7001], sizes[9001], sizes[9003]), (10, 0, 0))
                logs[0].path.unlink()

    def test_vfork_spawn_system_and_popen(self):
        self.run_recorded("forks", "vfork")
        log = self.log_of("forks")
        self.assertEqual((log.sizes()[7001], log.sizes()[9001]), (10, 10))

    def test_short_helpers_leave_no_logs(self):
        environment = {**self.plain, "MQTRACK_LOG_DIR": str(self.log_dir)}
        done = self.run_program(MQTRACK, "run", "--", self.program("forks"), "storm", environment=environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([os.path.basename(log.exe) for log in self.logs()], ["forks"])
        self.assert_exact(self.logs()[0])

    def test_an_exec_that_fails_changes_nothing(self):
        self.run_recorded("forks", "failed-exec")
        _, child = self.parent_and_child()
        self.assert_exact(child)
        self.assertEqual((child.sizes()[7001], child.sizes()[9001]), (10, 10))

    def test_forks_while_threads_allocate(self):
        self.run_recorded("forks", "threads")
        parents = [log for log in self.logs() if log.origin == 0]
        children = [log for log in self.logs() if log.origin == 1]
        self.assert_exact(parents[0])
        self.assertGreaterEqual(len(children), 3)
        for child in children:
            self.assertEqual(child.problems(), [], child.path)
            # What other threads did at the moment of the fork may be missing, and is said to be.
            self.assertLessEqual(set(child.losses), {"fork_window"})
            self.assertEqual((child.sizes()[7001], child.sizes()[9001]), (500, 20))
            self.snapshot(child.path)

    def test_a_fork_that_fails_does_not_wait(self):
        self.run_recorded("forks", "no-more")

    def test_a_file_size_limit_kills_nobody(self):
        self.run_recorded("forks", "small-files")

    def test_fork_keeps_errno(self):
        self.run_recorded("forks", "errno")

    def test_chroot_and_dropped_privileges(self):
        self.run_both("forks", "chroot")
        parents = [log for log in self.logs() if log.origin == 0]
        self.assert_exact(parents[0])
        self.assertEqual((parents[0].sizes()[7001], parents[0].sizes()[9001]), (10, 10))


if __name__ == "__main__":
    unittest.main()
