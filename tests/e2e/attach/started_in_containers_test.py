"""Processes that were started under the recorder in a container, their logs in a directory that both sides share: seen
from the machine, and from another container."""
import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import unittest

from contained import Contained
from harness import paths

CONTAINER = ("unshare", "-p", "-f", "--mount-proc", "--kill-child")
OTHER_CONTAINER = ("unshare", "-p", "-f", "--mount-proc")
CAP_LEASE = 28


class StartedInContainersTest(Contained):
    seen_from = ()

    def setUp(self):
        super().setUp()
        self.may_unshare(*CONTAINER[1:])

    def mqtrack(self, *arguments, expect=0):
        return super().mqtrack(*arguments, expect=expect, prefix=self.seen_from)

    def recorded_resident(self, *prefix):
        return self.resident(*CONTAINER, *prefix, paths.MQTRACK, "run", "--log-dir", self.log_dir, "--")

    def own_pid(self, program):
        """By which it calls itself."""
        status = pathlib.Path(f"/proc/{program.pid}/status").read_text()
        return int(re.search(r"(?m)^NSpid:.*\t(\d+)$", status).group(1))

    def listed(self):
        """State and pid of the one process in the list."""
        lines = self.mqtrack("list").stdout.splitlines()
        self.assertEqual(len(lines), 2, lines)
        pid, name, state = lines[1].split()[:3]
        self.assertEqual(name, "attach_resident")
        return state, int(pid)

    def kill(self, program):
        os.kill(program.pid, signal.SIGKILL)
        program.process.wait(300)  # its container ends when it is gone, with all its threads

    def test_from_the_machine(self):
        program = self.recorded_resident()
        own = self.own_pid(program)
        self.assertNotEqual(own, program.pid)
        self.assertEqual(self.listed(), ("alive", program.pid))
        self.assert_leak_is_found(program)
        self.assertIn(f"(pid {program.pid})", self.mqtrack("top", program.pid).stdout)
        self.assert_one_clear_line(self.mqtrack("top", own, expect=3 if os.path.exists(f"/proc/{own}") else 2), f"process {own}")
        self.assertIn("no logs of dead processes", self.mqtrack("clean").stdout)
        program.ask()
        self.kill(program)
        self.assertEqual(self.listed(), ("dead", own), "nobody here knows it any more")
        self.assertIn("removed 1 log", self.mqtrack("clean").stdout)

    def test_its_programs_are_read_below_its_root(self):
        hidden = tempfile.mkdtemp(dir=self.folder)
        program = paths.PROGRAMS / "attach_resident"
        place = shlex.quote(hidden)
        script = (f'mount -t tmpfs none {place} && cp {shlex.quote(str(program))} {place} && '
                  f'"$0" run --log-dir {self.log_dir} -- {place}/attach_resident')
        program = self.recorded_resident("sh", "-c", script)
        self.assertEqual(os.listdir(hidden), [])
        self.assert_leak_is_found(program)

    def test_from_another_container(self):
        program = self.recorded_resident()
        outside, own = program.pid, self.own_pid(program)
        self.seen_from = OTHER_CONTAINER
        self.assertEqual(self.listed(), ("alive", own))
        program.pid = own
        self.assert_leak_is_found(program)
        self.assertIn("no logs of dead processes", self.mqtrack("clean").stdout)
        program.ask()
        program.pid = outside
        self.kill(program)
        self.assertEqual(self.listed(), ("dead", own))
        self.assertIn("removed 1 log", self.mqtrack("clean").stdout)

    def test_one_that_ended_by_itself(self):
        program = self.recorded_resident()
        own = self.own_pid(program)
        program.end()
        for self.seen_from in ((), OTHER_CONTAINER):
            self.assertEqual(self.listed(), ("ended", own))

    @unittest.skipUnless(os.getuid() == 0, "only root can give a log to somebody else")
    def test_where_nobody_can_tell(self):
        """A reader in another container that may not ask for a lease: the log is never taken for one of the dead."""
        without_leases = ("setpriv", "--bounding-set", "-lease", "--inh-caps", "-lease")
        if subprocess.run([*without_leases, "true"], check=False).returncode != 0 or not self.may_lease():
            self.skipTest("this machine gives root no capability CAP_LEASE, or none to drop it")
        program = self.recorded_resident()
        own = self.own_pid(program)
        self.give_away(self.log_dir, *self.log_dir.iterdir())
        self.seen_from = (*OTHER_CONTAINER, *without_leases)
        self.assertEqual(self.listed(), ("unseen", own))
        self.assert_left_alone(own)
        # Held, so that no later container gets its number: a reader in one with the same number rightly says dead.
        with open(f"/proc/{program.pid}/ns/pid", "rb"):
            self.kill(program)
            self.assertEqual(self.listed(), ("unseen", own))
        self.seen_from = OTHER_CONTAINER
        self.assertEqual(self.listed(), ("dead", own), "one that may ask knows")

    def test_two_containers_are_told_apart(self):
        """The same pid twice, and a third time here: each log is its own process's."""
        first, second = self.recorded_resident(), self.recorded_resident()
        self.assertEqual(self.own_pid(first), self.own_pid(second))
        for program in (first, second):
            self.assert_leak_is_found(program)
        self.seen_from = OTHER_CONTAINER
        own = self.own_pid(first)
        self.assertIn("several recorded processes match", self.mqtrack("top", own, expect=2).stderr)
        self.seen_from = (*OTHER_CONTAINER, "sh", "-c", 'tail -f /dev/null & "$0" "$@"; status=$?; kill $!; exit $status')
        done = self.mqtrack("top", own, expect=3)
        self.assert_one_clear_line(done, f"process {own} (", "is not recorded")
        file = self.folder / "exit.pb.gz"
        self.seen_from = OTHER_CONTAINER
        self.mqtrack("run", "--snapshot-at-exit", file, "--", "sh", "-c", "true")
        self.assertRegex(self.mqtrack("top", file).stdout, r"^sh \(pid ")

    def test_snapshots_from_both_sides_are_of_one_process(self):
        program = self.recorded_resident()
        before = self.snapshot(program.pid, "before")
        self.seen_from = OTHER_CONTAINER
        self.assertNotIn("two processes", self.mqtrack("diff", before, self.own_pid(program)).stderr)

    def test_a_clock_of_its_own(self):
        """In a time namespace the machine counts from another start."""
        clock = ("unshare", "-T", "--boottime", "100000")
        self.may_unshare(*clock[1:])
        program = self.resident(*clock, *CONTAINER, paths.MQTRACK, "run", "--log-dir", self.log_dir, "--")
        self.assertEqual(self.listed(), ("alive", program.pid))
        beside = self.resident(*clock, "-f", "--kill-child", paths.MQTRACK, "run", "--log-dir", self.log_dir, "--")
        self.assertIn(f"(pid {beside.pid})", self.mqtrack("top", beside.pid).stdout)

    def test_a_foreign_proc(self):
        """Without --mount-proc, a container sees the machine's /proc, in which its own pids are others'."""
        look = '"$0" list; "$0" clean --dry-run'
        done = subprocess.run(["unshare", "-p", "-f", "--kill-child", "sh", "-c", f'"$0" "$@"; {look}', paths.MQTRACK,
                               "run", "--", "sh", "-c", look, paths.MQTRACK],
                              env=self.environment, capture_output=True, text=True, timeout=300, check=True)
        self.assertRegex(done.stdout, r"(?s) sh +alive .*no logs of dead processes\n.* sh +ended .*would remove 1 log")

    def may_lease(self):
        status = pathlib.Path("/proc/self/status").read_text()
        return int(re.search(r"(?m)^CapEff:\t(\w+)$", status).group(1), 16) >> CAP_LEASE & 1

    def give_away(self, *paths_of_logs):
        for path in paths_of_logs:
            try:
                os.chown(path, 12345, 12345)
            except OSError as error:
                self.skipTest(f"{path} cannot be given to another user here: {error}")

    def assert_left_alone(self, pid):
        cleaned = self.mqtrack("clean")
        self.assertIn("no logs of dead processes", cleaned.stdout)
        self.assertIn("may still run in a container", cleaned.stderr)
        self.assertEqual(len(list(self.log_dir.glob("*.log"))), 1)
        self.assertIn("runs in a container that cannot be seen from here, or was killed there",
                      self.mqtrack("top", pid).stderr)
        self.assertIn("runs in a container that cannot be seen", self.mqtrack("gate", pid, "--max-total", "1GiB").stdout)


if __name__ == "__main__":
    unittest.main()
