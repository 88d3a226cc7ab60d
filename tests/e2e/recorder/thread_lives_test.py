"""Every way in which threads begin and end: what the recorder knows of them, and what /proc says."""
import os
import time
import unittest

from live_process import LiveProcess
from recorder_log import THREAD


def tasks(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


class ThreadLives(LiveProcess):
    def running(self, pid):
        return self.count(pid, THREAD, "state")[("running",)]

    def assert_kernel_agrees(self, pid):
        """It has a thread for a moment after that was joined."""
        self.wait_until("the kernel to have as many threads", lambda: self.running(pid) + 1 == tasks(pid))

    def test_nothing_is_left_of_threads_that_were_joined_or_detached(self):
        process = self.ready("thread_lives", "all")
        self.assertEqual(self.count(process.pid, THREAD), {})

    def test_programs_cannot_tell(self):
        for scenario in ("all", "company", "many", "terminate"):
            with self.subTest(scenario):
                plain = self.run_program("thread_lives", scenario, environment=self.plain)
                recorded = self.run_program("thread_lives", scenario, environment=self.recorded)
                self.assertEqual((recorded.returncode, recorded.stdout, recorded.stderr),
                                 (plain.returncode, plain.stdout, plain.stderr))
                self.assertEqual(plain.returncode, -6 if scenario == "terminate" else 0)

    def test_what_ended_and_was_never_joined_is_told_from_what_runs(self):
        begin = time.time()
        process = self.ready("thread_lives", "left")
        self.assertEqual(self.count(process.pid, THREAD, "state", "stack_size"),
                         {("exited_unjoined", "8MiB"): 6, ("exited_unjoined", "256KiB"): 2,
                          ("exited_unjoined", None): 1, ("running", "8MiB"): 4})
        self.assert_kernel_agrees(process.pid)
        # Each knows when it was started.
        for handle in self.log_of_pid(process.pid).of_kind(THREAD):
            self.assertIn(handle >> 20, range(int(begin), int(time.time()) + 1))

    def test_names_given_by_the_thread_itself_and_by_others(self):
        process = self.ready("thread_lives", "names")
        self.assertEqual(self.count(process.pid, THREAD, "name", "thread"),
                         {("own by prctl", "thread_lives"): 1, ("own by pthread", "thread_lives"): 1,
                          ("by its creator", "thread_lives"): 19, ("renamed", "thread_lives"): 1,
                          (None, "thread_lives"): 1})

    def test_counts_agree_with_proc_whenever_churn_stops(self):
        process = self.start("thread_lives", "churn")
        for _ in range(25):
            for command, answer in (("g", "going"), ("s", "stopped")):
                process.stdin.write(command)
                process.stdin.flush()
                self.wait_for(process, answer)
            self.assert_kernel_agrees(process.pid)
        process.stdin.close()
        self.assertEqual(process.wait(300), 0)
        log = self.log_of_pid(process.pid)
        self.assertEqual((log.things(THREAD), log.problems(), log.replaced), ({}, [], 0))

    def test_ten_thousand_threads_leave_nothing(self):
        process = self.ready("thread_lives", "many")
        self.assertEqual(self.count(process.pid, THREAD), {})

    def test_a_child_of_fork_has_its_own_threads_only(self):
        process = self.start("thread_lives", "fork")
        child = int(process.stdout.readline().split()[1])
        self.addCleanup(os.kill, child, 9)
        # The thread that called fork is the child's main thread now, and one is new.
        self.assertEqual(self.count(child, THREAD, "state"), {("running",): 2})
        self.assertEqual(tasks(child), 2)
        self.assertEqual(self.running(process.pid), 4)

    def test_threads_outlive_main_and_their_library(self):
        self.assertEqual(self.running(self.ready("thread_lives", "without-main").pid), 1)
        self.assertEqual(self.running(self.ready("thread_lives", "library", self.program("thread_library.so")).pid), 1)

    def test_left_out_on_request(self):
        process = self.ready("thread_lives", "left", environment={**self.recorded, "MQTRACK_WITHOUT": "threads"})
        self.assertEqual(self.count(process.pid, THREAD), {})


if __name__ == "__main__":
    unittest.main()
