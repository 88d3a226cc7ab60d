"""What the recorder holds of descriptors is what /proc/PID/fd shows, after every call and at any instant."""
import contextlib
import json
import os
import resource
import subprocess
import unittest

from recorder_log import DESCRIPTOR, RecorderLog
from recording import MQTRACK, Recording


def really_open(pid):
    return {int(number) for number in os.listdir(f"/proc/{pid}/fd")}


class Stepper:
    """A program that does one thing at a time. The ends of its pipes have numbers of their own."""

    def __init__(self, case, scenario, program="descriptors", environment=None, **options):
        self.case = case
        self._from_program, its_out = os.pipe()
        its_in, self._to_program = os.pipe()
        # Numbers far from those that the program gets.
        self.its_in, self.its_out = (self._high(its_in, 70), self._high(its_out, 71))
        numbers = (str(self.its_in), str(self.its_out))
        self.process = subprocess.Popen([case.program(program), scenario, *numbers], cwd=case.folder,
                                        env=environment or case.recorded, pass_fds=(self.its_in, self.its_out), **options)
        os.close(self.its_in)
        os.close(self.its_out)
        case.addCleanup(self._end)
        self.lines = os.fdopen(self._from_program, "r")

    @staticmethod
    def _high(fd, number):
        os.dup2(fd, number)
        os.close(fd)
        return number

    def __iter__(self):
        """The name of each step, while the program waits after it."""
        for line in self.lines:
            name = line.rstrip("\n")
            self.case.assertFalse(name.startswith("failed"), name)
            yield name
            os.write(self._to_program, b"\n")
        self.case.assertEqual(self.process.wait(timeout=300), 0)

    def _end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.lines.close()
        with contextlib.suppress(OSError):
            os.close(self._to_program)


class Descriptors(Recording):
    def log_of_pid(self, pid):
        found = list(self.log_dir.glob(f"{pid}-*.log"))
        self.assertEqual(len(found), 1, pid)
        return RecorderLog(found[0])

    def assert_agrees(self, pid, step):
        """The recorder's descriptors, by number: each as open as /proc says."""
        log = self.log_of_pid(pid)
        self.assert_exact(log)
        held = {number: log.labels(thing) for number, thing in log.of_kind(DESCRIPTOR).items()}
        self.assertEqual(set(held), really_open(pid), step)
        return held

    def walk(self, scenario, **options):
        """Compares after every step; what was held after each, and the program."""
        stepper = Stepper(self, scenario, **options)
        return [(step, self.assert_agrees(stepper.process.pid, step)) for step in stepper]

    @staticmethod
    def made(steps, words):
        """The labels of what the step with these words has added."""
        at = next(i for i, (step, _) in enumerate(steps) if words in step)
        return [labels for fd, labels in steps[at][1].items() if fd not in steps[at - 1][1]]

    def assert_made(self, steps, words, **expected):
        made = self.made(steps, words)
        self.assertTrue(made, words)
        for labels in made:
            self.assertEqual({k: labels.get(k) for k in ("state", "fd_kind", "peer")},
                             {"state": None, "peer": None, **expected}, words)

    def test_files(self):
        steps = self.walk("files")
        self.assertGreaterEqual(len(steps), 20)
        self.assert_made(steps, "open(", fd_kind="file")
        self.assertTrue(all(labels["state"] == "inherited" for labels in steps[0][1].values()), steps[0])

    def test_streams_and_folders(self):
        self.walk("streams")

    def test_copies_and_ranges(self):
        steps = self.walk("copies")
        self.assert_made(steps, "fcntl(a, F_DUPFD, 90)", fd_kind="pipe")

    def test_objects_of_the_kernel(self):
        steps = self.walk("objects")
        for words, kind in (("pipe2", "pipe"), ("eventfd", "eventfd"), ("epoll_create1", "epoll"),
                            ("timerfd_create", "timerfd"), ("inotify_init1", "other")):
            self.assert_made(steps, words, fd_kind=kind)

    def test_sockets(self):
        steps = self.walk("sockets")
        self.assert_made(steps, "accept(listener, NULL", fd_kind="tcp", peer="127.0.0.1")
        self.assert_made(steps, "accept4(", fd_kind="tcp", peer="127.0.0.1")
        self.assert_made(steps, "AF_INET6, SOCK_DGRAM", fd_kind="udp")
        self.assert_made(steps, "socketpair(", fd_kind="unix")
        self.assert_made(steps, "passed_over", fd_kind="pipe")
        at = next(i for i, (step, _) in enumerate(steps) if "listen(" in step)
        self.assertEqual([labels["state"] for fd, labels in steps[at][1].items() if labels["fd_kind"] == "tcp"],
                         ["listening"])
        at = next(i for i, (step, _) in enumerate(steps) if "connect(client" in step)
        peers = [labels["peer"] for labels in steps[at][1].values() if "peer" in labels]
        self.assertRegex(" ".join(peers), r"^127\.0\.0\.1:\d+$")

    def test_standard_descriptors_that_are_closed(self):
        def close_them():
            for number in range(3):
                os.close(number)
        steps = self.walk("files", preexec_fn=close_them)
        self.assertNotIn(0, steps[0][1])
        self.assertIn(0, steps[1][1])

    def test_children_and_other_programs(self):
        stepper = Stepper(self, "children")
        seen = []
        for step in stepper:
            pid = stepper.process.pid
            if step.startswith("in the child"):
                pid = int(subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, check=True).stdout)
            held = self.assert_agrees(pid, step)
            seen.append(step)
            if step == "executed":
                self.assertEqual({labels["state"] for labels in held.values()}, {"inherited"})
        self.assertEqual(seen[-2:], ["executed", "opened afterwards"])
        self.assertIn("in the child, nearly all closed", seen)

    def test_churn_of_threads(self):
        self.assertEqual(len(self.walk("churn")), 13)

    def test_threads_that_are_cancelled(self):
        stepper = Stepper(self, "cancelled")
        for step in stepper:
            self.assert_agrees(stepper.process.pid, step)
            if step == "cancelled":
                self.assertEqual(self.log_of_pid(stepper.process.pid).sizes()[7777], 20)

    def test_handlers(self):
        self.walk("handlers")

    def test_chroot(self):
        if os.geteuid() != 0:
            self.skipTest("only root may chroot")
        self.walk("rooted")

    def test_every_number_in_use(self):
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        steps = self.walk("limited", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (900, limit)))
        self.assertEqual(len(steps[1][1]), 900)
        self.assertEqual(set(steps[2][1]), {0, 1, 2, 70, 71})

    def test_what_no_hook_sees_is_found_in_proc(self):
        stepper = Stepper(self, "unseen")
        for step in stepper:
            pid = stepper.process.pid
            path = self.snapshot(self.log_of_pid(pid).path)
            done = subprocess.run([MQTRACK, "top", path, "--by", "fds", "--format", "json", "-n", "0"], env=self.plain,
                                  capture_output=True, text=True, check=True)
            sites = json.loads(done.stdout)["sites"]
            flat = {site["function"]: site["value"] for site in sites}
            self.assertEqual(sum(flat.values()), len(really_open(pid)), (step, sites))
            if step == "start":
                self.assertEqual(set(flat), {"[inherited]"})
            unseen = {"start": 0, "opened": 0}.get(step, 2)
            self.assertEqual(flat.get("[not seen being made]", 0), unseen, (step, sites))


if __name__ == "__main__":
    unittest.main()
