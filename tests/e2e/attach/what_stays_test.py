"""After a detach: what stays, where, how much memory that is, and that it can be got rid of."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from attached import Attached
from harness import paths
from harness.waiting import wait_until

NOBODY = 65534
MIB = 1 << 20


def shared_bytes(pid):
    """Resident memory of a process that lies in shared files, such as its log."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"RssShmem:\s+(\d+) kB", status).group(1)) * 1024


class WhatStaysTest(Attached):
    def logs(self):
        return list(self.log_dir.glob("*.log"))

    def test_detach_says_what_stays_and_clean_removes_it(self):
        program = self.program("attach_resident")
        self.attach(program.pid)
        program.ask("leak 20000 100")
        log, = self.logs()
        refused = self.mqtrack("clean", program.pid, expect=2)
        self.assert_one_clear_line(refused, str(log), f"`mqtrack detach {program.pid}`")
        done = self.detach(program.pid)
        self.assertRegex(done.stderr, r"the recorder stays in the process and does nothing there; its [0-9.]+ .iB go when")
        self.assertRegex(done.stderr, rf"its log stays to be looked at: {log}, [0-9.]+ MiB; "
                                      rf"remove it with: mqtrack clean {program.pid}\n")
        self.mqtrack("top", program.pid)
        held = shared_bytes(program.pid)
        self.assertGreater(held, MIB)

        kept = self.mqtrack("clean")
        self.assertEqual(kept.stdout, "no logs of dead processes\n")
        self.assertRegex(kept.stderr, rf"resident \(pid {program.pid}\) runs on, and is recorded no more; its log of "
                                      rf"[0-9.]+ MiB is removed by: mqtrack clean {program.pid}\n")
        self.assertRegex(self.mqtrack("clean", "--dry-run", program.pid).stdout, r"would remove 1 log, [0-9.]+ MiB")
        self.assertEqual(self.logs(), [log])
        self.assertRegex(self.mqtrack("clean", program.pid).stdout, r"\Aremoved 1 log, [0-9.]+ MiB\n\Z")
        self.assertEqual(self.logs(), [])
        self.assertLess(shared_bytes(program.pid), held / 4)

        program.ask()
        self.attach(program.pid)
        self.assert_leak_is_found(program)
        self.detach(program.pid)
        self.mqtrack("clean", self.logs()[0])
        self.assertEqual(self.logs(), [])
        program.ask()
        program.end()

    def test_clean_knows_what_it_cannot_remove(self):
        done = self.mqtrack("clean", "nobody_called_so", expect=2)
        self.assert_one_clear_line(done, "nobody_called_so", f"no log of it in {self.log_dir}")

    def test_names_are_looked_for_where_one_says(self):
        """Two processes of one name, of which one is recorded in a directory of its own."""
        other, program = self.program("attach_resident"), self.program("attach_resident")
        place = self.log_dir / "own"
        self.mqtrack("attach", "--timeout", 60, "--log-dir", place, program.pid)
        del self.environment["MQTRACK_LOG_DIR"]
        for verb in ("threads", "detach"):
            self.assert_one_clear_line(self.mqtrack(verb, "attach_resident", expect=2), "several processes have this name")
        said = self.mqtrack("threads", "attach_resident", "--log-dir", place).stdout
        self.assertIn(f"(pid {program.pid})", said)
        done = self.mqtrack("detach", "--timeout", 60, "attach_resident", "--log-dir", place)
        self.assertIn(f"(pid {program.pid})", done.stdout)
        self.assertIn(f"mqtrack clean {program.pid} --log-dir {place}\n", done.stderr)
        self.mqtrack("clean", program.pid, "--log-dir", place)
        self.assertEqual(list(place.glob("*.log")), [])
        for one in (other, program):
            one.end()

    def test_where_the_log_is_is_said_if_nobody_looks_there(self):
        program = self.program("attach_resident")
        place = self.log_dir / "own"
        self.mqtrack("attach", "--timeout", 60, "--log-dir", place, program.pid)
        done = self.detach(program.pid)
        self.assertIn(f"mqtrack clean {program.pid} --log-dir {place}\n", done.stderr)
        program.end()

    @unittest.skipUnless(os.getuid() == 0, "only root can drop privileges")
    def test_a_broker_that_dropped_privileges_is_for_root(self):
        """Its own user may not trace it either, so nobody is told to try."""
        script = f"import os; os.setgid({NOBODY}); os.setuid({NOBODY}); print('ready', flush=True); input()"
        service = subprocess.Popen(["python3", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(service.stdout.close)
        self.addCleanup(service.wait)
        self.addCleanup(service.stdin.close)
        self.assertEqual(service.stdout.readline(), "ready\n")
        mqtrack = shutil.copy(paths.MQTRACK, self.folder)
        for user in (NOBODY, 1):
            done = subprocess.run(["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups", mqtrack, "attach",
                                   str(service.pid)], env=self.environment, capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assert_one_clear_line(done, "dropped privileges", "run mqtrack as root")
            self.assertNotIn("as that user", done.stderr)


class DiagnoseTest(Attached):
    """mqtrack diagnose --attach takes the recorder out again, however it is told to end."""

    def diagnose(self, pid, *signals):
        command = self.start("diagnose", paths.MQTRACK, "diagnose", "--attach", pid, "--for", "100s", "--every", "1s")
        wait_until("a snapshot", lambda: "snapshot 1 of" in command.text())
        for number in signals:
            os.kill(command.pid, number)
        return command

    def states(self):
        return [process["state"] for process in json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]]

    def test_a_terminal_that_is_closed(self):
        program = self.program("attach_resident")
        command = self.diagnose(program.pid, signal.SIGHUP)
        command.wait()
        self.assertIn("judging what there is", command.text())
        self.assertEqual(self.states(), ["detached"])

    def test_two_signals_at_once_are_one_wish(self):
        program = self.program("attach_resident")
        command = self.diagnose(program.pid, signal.SIGINT, signal.SIGINT)
        command.wait()
        self.assertIn("judging what there is", command.text())
        self.assertEqual(self.states(), ["detached"])


if __name__ == "__main__":
    unittest.main()
