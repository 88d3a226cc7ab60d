"""Timers of every make: which are alive, and in which state."""
import unittest

from live_process import LiveProcess
from recorder_log import DESCRIPTOR, TIMER
from recording import PROGRAMS

NEEDS_LIBRARIES = "libuv1-dev and libevent-dev were not there when this was built"


class Timers(LiveProcess):
    def timers(self, pid):
        return self.count(pid, TIMER, "timer_kind", "state", "interval")

    def plain_says(self, *command):
        return self.run_program(*command, environment=self.plain).stdout.decode().split("\n")[:-2]

    def test_posix_timers(self):
        process = self.ready("timers", "posix")
        self.assertEqual(self.timers(process.pid),
                         {("posix", "disarmed", None): 2, ("posix", "one_shot", None): 1, ("posix", "periodic", "1s"): 1,
                          ("posix", "periodic", "~1.2s"): 3})
        self.assertEqual(self.said, self.plain_says("timers", "posix"))

    def test_a_timerfd_ends_with_the_last_of_its_descriptors(self):
        process = self.ready("timers", "descriptors")
        if not self.log_of_pid(process.pid).recorded_kinds >> DESCRIPTOR & 1:
            self.skipTest("this recorder has no hooks on descriptors, and therefore leaves timerfds out")
        self.assertEqual(self.timers(process.pid), {("timerfd", "periodic", "60s"): 3, ("timerfd", "disarmed", None): 1})
        self.assertEqual(self.said, self.plain_says("timers", "descriptors"))
        process = self.ready("timers", "descriptors", environment={**self.recorded, "MQTRACK_WITHOUT": "fds"})
        self.assertEqual(sum(self.timers(process.pid).values()), 4)

    def test_how_often_a_timerfd_expired_is_known_as_far_as_it_was_read(self):
        process = self.ready("timers", "fired")
        [total] = self.said  # at least 102, and more on a busy machine
        magnitude = "1" + "0" * (len(total) - 1) + "+"
        self.assertEqual(self.count(process.pid, TIMER, "state", "fired"),
                         {("one_shot", None): 1, ("one_shot", "1+"): 1, ("one_shot", magnitude): 1})

    def test_interval_timers_and_alarm(self):
        process = self.ready("timers", "intervals")
        self.assertEqual(self.timers(process.pid), {("itimer", "periodic", "500ms"): 2})
        self.assertEqual(self.said, self.plain_says("timers", "intervals"))
        self.assertEqual(self.timers(self.ready("timers", "alarm").pid), {})

    def test_a_child_of_fork_inherits_no_timers_of_the_kernel(self):
        process = self.start("timers", "fork")
        child = None
        for line in process.stdout:  # the child's "ready" and the parent's word come in any order
            if line.startswith("child"):
                child = int(line.split()[1])
            if child is not None and len([log for log in self.logs() if log.pid == child]) == 1:
                break
        self.assertEqual({key for key in self.timers(process.pid) if key[0] != "timerfd"},
                         {("posix", "periodic", "1s"), ("itimer", "periodic", "1s")})
        kernel = [key for key in self.timers(child) if key[0] != "timerfd"]
        self.assertEqual(kernel, [])

    @unittest.skipUnless((PROGRAMS / "library_timers").exists(), NEEDS_LIBRARIES)
    def test_timers_of_libraries_that_the_program_uses(self):
        self.check_library_timers("library_timers")

    @unittest.skipUnless((PROGRAMS / "timer_plugin.so").exists(), NEEDS_LIBRARIES)
    def test_timers_of_libraries_that_a_plugin_brings(self):
        self.check_library_timers("timer_host", self.program("timer_plugin.so"))

    def check_library_timers(self, *command):
        self.assertEqual(self.timers(self.ready(*command, "uv").pid),
                         {("libuv", "disarmed", None): 2, ("libuv", "one_shot", None): 1,
                          ("libuv", "periodic", "1.5s"): 1, ("libuv", "periodic", "250ms"): 1})
        self.assertEqual(self.timers(self.ready(*command, "event").pid),
                         {("libevent", "disarmed", None): 2, ("libevent", "one_shot", None): 1,
                          ("libevent", "periodic", "1s"): 2})

    def test_left_out_on_request(self):
        process = self.ready("timers", "posix", environment={**self.recorded, "MQTRACK_WITHOUT": "timers,fds"})
        self.assertEqual(self.timers(process.pid), {})


if __name__ == "__main__":
    unittest.main()
