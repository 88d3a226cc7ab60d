"""What cannot be attached to: one sentence that says why, and a process that goes on untouched."""
import os
import shutil
import signal
import subprocess
import unittest

from attached import Attached
from harness import paths, processes
from harness.waiting import wait_until


class RefusalsTest(Attached):
    def refused(self, target, *words, expect=3, verb="attach", options=()):
        self.assert_one_clear_line(self.mqtrack(verb, *options, target, expect=expect), *words)

    def sleeper(self, *command):
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_a_thread_that_stands_inside_the_allocator(self):
        program = self.program("attach_lock_holder")
        self.refused(program.pid, "waits inside malloc_stats", "nothing was changed", options=["--timeout", 1])
        program.ask()
        program.end()

    def test_recorded_already(self):
        program = self.program("attach_hammer", 1)
        self.refused(program.pid, "is not attached", verb="detach", expect=2)
        self.attach(program.pid)
        self.refused(program.pid, "is recorded already", expect=2)
        self.detach(program.pid)
        self.refused(program.pid, "is not attached", verb="detach", expect=2)
        program.end()

    def test_started_under_the_recorder(self):
        preloaded = self.start("sleep", *self.recorded(), "sleep", "100")
        pid = wait_until("sleep", lambda: processes.children_of(preloaded.pid))[0]
        wait_until("it to be recorded", lambda: list(self.log_dir.glob(f"{pid}-*.log")))
        self.refused(pid, "is recorded already", "started under the recorder", expect=2)
        self.refused(pid, "was started under the recorder", verb="detach", expect=2)

    def test_no_such_process(self):
        self.refused("4194304", "no such process", expect=2)
        self.refused("no-such-name", "no process has this name", expect=2)

    def test_suspended(self):
        sleeper = self.sleeper("sleep", "100")
        os.kill(sleeper.pid, signal.SIGSTOP)
        os.waitpid(sleeper.pid, os.WUNTRACED)
        self.refused(sleeper.pid, "is suspended", "kill -CONT")

    def test_static_program(self):
        sleeper = self.sleeper(paths.PROGRAMS.parent / "statically_linked", "wait")
        wait_until("it to run", lambda: os.readlink(f"/proc/{sleeper.pid}/exe").endswith("statically_linked"))
        self.refused(sleeper.pid, "statically linked")

    def in_namespace(self, *command):
        """A sleep below unshare, which was started with these options."""
        unshare = self.sleeper("unshare", *command)
        return wait_until("the sleep", lambda: self.sleep_of(unshare.pid))

    @staticmethod
    def sleep_of(pid):
        for candidate in (pid, *processes.children_of(pid)):
            with open(f"/proc/{candidate}/comm", encoding="utf-8") as comm:
                if comm.read() == "sleep\n":
                    return candidate
        return None

    @unittest.skipUnless(os.getuid() == 0, "only root can make namespaces")
    def test_other_namespaces(self):
        # A service with files of its own, as systemd's PrivateTmp gives it, sees what matters.
        pid = self.in_namespace("-m", "sleep", "100")
        self.attach(pid)
        self.detach(pid)
        own_shm = f"mount -t tmpfs none {self.log_dir.parent} && exec sleep 100"
        self.refused(self.in_namespace("-m", "sh", "-c", own_shm), "container", "/dev/shm")
        pid = self.in_namespace("-p", "-f", "--kill-child", "sleep", "100")
        self.refused(pid, "container", "pid namespace")

    @unittest.skipUnless(os.getuid() == 0, "only root can become another user")
    def test_another_user(self):
        program = self.program("attach_hammer", 1)
        mqtrack = shutil.copy(paths.MQTRACK, self.folder)  # the build's folder may be private
        done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", mqtrack, "attach",
                               str(program.pid)], env=self.environment, capture_output=True, text=True, check=False)
        self.assertIn(done.returncode, (2, 3))
        self.assert_one_clear_line(done, "root")
        program.ask()
        program.end()


if __name__ == "__main__":
    unittest.main()
