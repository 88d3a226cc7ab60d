"""Little memory, little permission: the service goes on, and what is not recorded is counted."""
import os
import random
import signal
import subprocess
import time
import unittest

from recorder_log import RecorderLog
from recording import PRELOAD, Recording, find_program


class Limits(Recording):
    def in_own_mounts(self, script, *arguments, **environment):
        if os.geteuid() != 0:
            self.skipTest("needs root, for a mount of its own")
        return subprocess.run([find_program("unshare"), "-m", "/bin/sh", "-c", script, "sh", *map(str, arguments)],
                              env={**self.recorded, "LD_PRELOAD": "", **environment}, capture_output=True, timeout=60, check=False)

    def test_services_that_limit_themselves(self):
        for what in ("address-space", "not-dumpable", "locked", "sandbox"):
            with self.subTest(what):
                self.run_both("limits", what)
                logs = self.logs()
                self.assertEqual(len(logs), 1)
                self.assertEqual(logs[0].problems(), [])
                self.assertEqual(logs[0].losses, {})
                self.assertEqual(logs[0].sizes()[7001], 14 if what == "sandbox" else 7)
                logs[0].path.unlink()

    def test_limits_of_the_shell(self):
        for limit, number in (("-v", 400000), ("-f", 1), ("-f", 3000), ("-f", 0), ("-n", 6), ("-l", 64), ("-s", 256)):
            with self.subTest(f"ulimit {limit} {number}"):
                done = self.run_program("/bin/bash", "-c", f'ulimit {limit} {number}; "$0" grow | cat; exit ${{PIPESTATUS[0]}}',
                                        self.program("limits"), environment=self.recorded)
                self.assertEqual((done.returncode, done.stdout), (0, b"0\n"), done.stderr)

    def test_a_log_directory_that_fills_up(self):
        for size in ("1m", "3m", "6m"):
            with self.subTest(size):
                kept = self.folder / f"kept-{size}"
                kept.mkdir(mode=0o700)
                script = ('mount -t tmpfs -o mode=0700,size=$1 none "$2" && LD_PRELOAD=$3 "$4" grow; code=$?;'
                          'for log in "$2"/*.log; do if [ -e "$log" ]; then cp --sparse=always "$log" "$5/"; fi; done; exit $code')
                done = self.in_own_mounts(script, size, self.log_dir, PRELOAD, self.program("limits"), kept)
                self.assertEqual((done.returncode, done.stdout), (0, b"0\n"), done.stderr)
                for path in kept.glob("*.log"):
                    log = RecorderLog(path)
                    self.assertEqual(log.problems(), [])
                    self.assertGreater(log.losses.get("table_full", 0) + log.losses.get("stack_full", 0), 0)
                self.assertEqual(len(list(kept.glob("*.log"))), 1)

    def test_directories_that_cannot_be_used(self):
        loose = self.folder / "loose"
        loose.mkdir()
        loose.chmod(0o777)
        for directory in ("/proc/nothing", "/dev/null", str(loose), "/" + "x" * 600, "/does/not/exist"):
            with self.subTest(directory[:30]):
                done = self.run_program("limits", "grow", environment={**self.recorded, "MQTRACK_LOG_DIR": directory})
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"0\n", b""))
        self.assertEqual(list(loose.iterdir()), [])

    def test_killed_at_any_moment(self):
        chance = random.Random(1)
        deadline = time.monotonic() + 12
        rounds = 0
        while time.monotonic() < deadline:
            process = subprocess.Popen([self.program("forks"), "threads"], env=self.recorded, stdin=subprocess.DEVNULL,
                                       start_new_session=True)
            time.sleep(chance.random() * 0.3)  # the instant is what is being varied
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for path in self.log_dir.glob("*.log"):
                with open(path, "rb") as file:
                    if file.read(8) != b"MQTRLOG\n":  # killed while it was starting
                        path.unlink()
                        continue
                log = RecorderLog(path)
                if log.state == 0:
                    path.unlink()
                    continue
                self.snapshot(path)
                # An event of each thread may have been half done.
                self.assertLess(abs(log.inserted - log.removed - len(log.blocks)), 8)
                path.unlink()
            rounds += 1
        self.assertGreater(rounds, 5)


if __name__ == "__main__":
    unittest.main()
