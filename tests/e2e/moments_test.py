"""When to take a snapshot, and of what: `--wait`, `--wait-idle`, and the pid of whatever started the service."""
import json
import os
import subprocess
import time
import unittest

from harness import paths
from harness.case import EndToEnd
from harness.waiting import wait_until

SERVICE = paths.PROGRAMS / "works_and_wait"
KEPT = (3000, 3)  # bytes and blocks of 1000 bytes that the service keeps in the end


class MomentsTest(EndToEnd):
    def background(self, *command):
        """Starts a command that reads from us, as a shell's `command &` with a pid in $!."""
        process = subprocess.Popen([str(word) for word in command], env=self.environment, cwd=self.folder,
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def end():
            process.stdin.close()
            if self.has_failed():
                process.terminate()
            process.wait(300)
        self.addCleanup(end)
        return process

    def captured(self, target, *options):
        """What the snapshot's summary says, and the blocks of 1000 bytes in it."""
        summary = json.loads(self.mqtrack("snapshot", target, "-o", "now.pb.gz", "--format", "json", *options).stdout)
        rows = [row for row in self.rows("top", "now.pb.gz") if row["function"] == "main"]
        return summary, [(row["value"], row["objects"]) for row in rows]

    def listed_pids(self):
        return [entry["pid"] for entry in json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]]

    def test_right_after_the_start(self):
        run = self.background(*self.recorded(), SERVICE, 300)
        summary, blocks = self.captured(run.pid, "--wait", "60", "--wait-idle", "60")
        service, = self.listed_pids()
        self.assertNotEqual(service, run.pid)
        self.assertEqual(summary["target"], f"works_and_wait (pid {service})")
        self.assertEqual(blocks, [KEPT], "the service was caught in the middle of its work")

    def test_by_name_too(self):
        self.background(*self.recorded(), SERVICE, 1)
        self.assertEqual(self.captured("works_and_wait", "--wait", "60", "--wait-idle", "60")[1], [KEPT])

    def test_any_launcher_means_what_runs_below_it(self):
        shell = self.background("sh", "-c", '"$@"; true', "sh", *self.recorded(), "env", "nice", SERVICE, 1)
        self.captured(shell.pid, "--wait", "60")
        self.mqtrack("top", shell.pid)
        self.mqtrack("threads", shell.pid)
        other = self.background(*self.recorded(), SERVICE, 1)
        self.captured(other.pid, "--wait", "60")
        # Both run below this test.
        done = self.mqtrack("snapshot", os.getpid(), "-o", "both.pb.gz", expect=2)
        self.assert_one_clear_line(done, *map(str, self.listed_pids()))

    def test_a_daemon_has_left_its_parents(self):
        daemon = ("import os, signal\nsignal.alarm(600)\nif os.fork(): signal.pause()\nif os.fork(): os._exit(0)\n"
                  "os.setsid()\nsignal.alarm(600)\nsignal.pause()")
        program = self.folder / "daemon.py"
        program.write_text("#!/usr/bin/python3\n" + daemon)
        # The forerunner stays: what is below `run` is two processes, and the daemon is below nobody.
        run = self.background(*self.recorded(), "/usr/bin/python3", program)
        wait_until("the daemon is recorded", lambda: len(self.listed_pids()) >= 2)
        self.addCleanup(self.end_recorded)
        done = self.mqtrack("snapshot", run.pid, "-o", "x.pb.gz", expect=2)
        self.assert_one_clear_line(done, "several", *map(str, self.listed_pids()))

    def end_recorded(self):
        for pid in self.listed_pids():
            try:
                os.kill(pid, 15)
            except ProcessLookupError:
                pass

    def test_nothing_comes(self):
        begin = time.monotonic()
        done = self.mqtrack("snapshot", "nobody", "--wait", "1", expect=3)
        self.assertGreaterEqual(time.monotonic() - begin, 1)
        self.assert_one_clear_line(done, "nothing is recorded", "mqtrack attach")
        # Without it the sentence says that it can be waited for.
        self.assert_one_clear_line(self.mqtrack("snapshot", "nobody", expect=3), "mqtrack snapshot --wait 10")

    def test_a_pid_that_is_gone_is_not_waited_for(self):
        ended = subprocess.Popen(["true"])
        ended.wait()
        begin = time.monotonic()
        self.assert_one_clear_line(self.mqtrack("snapshot", ended.pid, "--wait", "100", expect=2), "no such process")
        self.assertLess(time.monotonic() - begin, 50)

    def test_a_launcher_of_nothing_yet(self):
        run = self.background(*self.recorded(), "sh", "-c", "exec cat")
        wait_until("it is recorded", self.listed_pids)
        for log in self.log_dir.glob("*.log"):
            log.unlink()
        done = self.mqtrack("snapshot", run.pid, expect=3)
        self.assert_one_clear_line(done, f"process {run.pid} (mqtrack)", f"mqtrack snapshot {run.pid} --wait 10")
        self.assertNotIn("attach", done.stderr)
        run.terminate()

    def test_a_process_that_is_never_idle(self):
        run = self.background(*self.recorded(), SERVICE, 0)
        done = self.mqtrack("snapshot", run.pid, "--wait", "60", "--wait-idle", "1", "-o", "busy.pb.gz", expect=3)
        self.assert_one_clear_line(done, "was not idle for half a second within 1 s", "of a processor", "--wait-idle")
        self.assertFalse((self.folder / "busy.pb.gz").exists())
        os.kill(self.listed_pids()[0], 15)

    def test_files_are_not_waited_for(self):
        (self.folder / "some.pb.gz").write_bytes(b"")
        for option in ("--wait", "--wait-idle"):
            done = self.mqtrack("snapshot", "some.pb.gz", option, "5", expect=2)
            self.assert_one_clear_line(done, option, "some.pb.gz")


if __name__ == "__main__":
    unittest.main()
