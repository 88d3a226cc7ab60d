"""kill -9 at any instant: every log left behind opens, and is consistent.

MQTRACK_KILLS=n kills n times (ten thousand take some twenty minutes); the default is for every day.
"""
import os
import random
import signal
import subprocess
import time
import unittest

from recorder_log import RecorderLog
from recording import MQTRACK, Recording

KILLS = int(os.environ.get("MQTRACK_KILLS", "120"))
SEED = int(os.environ.get("MQTRACK_KILLS_SEED", "1"))
DIED_EARLY = "not yet recording"  # it was killed while the recorder was starting
TOGETHER = 20  # killed before the logs are looked at
THREADS = 4


class Killed(Recording):
    def kill_one(self, chance):
        process = subprocess.Popen([self.program("restless")], env=self.recorded, stdin=subprocess.DEVNULL,
                                   start_new_session=True)
        # From the first instructions on; half of the time in full work, however long it takes to get there.
        if chance.random() < 0.5:
            self.wait_until("its log to be there", lambda: list(self.log_dir.glob(f"{process.pid}-*.log")))
        time.sleep(chance.choice((0.003, 0.02, 0.1)) * chance.random())
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def look_at(self, path):
        """True if it holds records. A log of a process that was killed while starting, or while it was copying its
        parent's, says so."""
        with open(path, "rb") as file:
            if file.read(8) in (b"", b"\0" * 8):
                return False
        log = RecorderLog(path)
        pid = int(path.name.split("-")[0])
        self.assertEqual(log.pid, pid, "the log of one process under the name of another")
        if log.state == 0:
            return False
        problems = [problem for problem in log.problems(ended=False) if " removed != " not in problem]
        self.assertEqual(problems, [], path)
        # An event of each thread may have been half done; nothing else.
        self.assertLessEqual(abs(log.inserted - log.removed - len(log.blocks) - len(log.others)), THREADS, path)
        self.assertLessEqual(log.torn, THREADS, path)
        return True

    def test_at_random_instants(self):
        chance = random.Random(SEED)
        whole = 0
        for first in range(0, KILLS, TOGETHER):
            for _ in range(min(TOGETHER, KILLS - first)):
                self.kill_one(chance)
            paths = sorted(self.log_dir.glob("*.log"))
            whole += sum([self.look_at(path) for path in paths])
            listed = subprocess.run([MQTRACK, "list", "--format", "json"], env={**self.plain, "MQTRACK_LOG_DIR": str(self.log_dir)},
                                    capture_output=True, text=True, timeout=300, check=False)
            self.assertEqual(listed.returncode, 0, listed.stderr)
            self.assertEqual([line for line in listed.stderr.splitlines() if DIED_EARLY not in line], [])
            for path in chance.sample(paths, min(2, len(paths))):
                self.snapshot_or_reason(path)
            for path in paths:
                path.unlink()
        print(f"{KILLS} kills, {whole} logs with records", flush=True)
        self.assertGreater(whole, KILLS // 4)

    def test_before_the_first_byte(self):
        path = self.log_dir / "4194303-1.log"
        path.touch(mode=0o600)
        self.snapshot_or_reason(path)

    def snapshot_or_reason(self, path):
        """mqtrack opens it, or says that its process died too early."""
        done = subprocess.run([MQTRACK, "snapshot", path, "-o", self.folder / "x.pb.gz"], env=self.plain, capture_output=True,
                              text=True, timeout=300, check=False)
        if done.returncode != 0:
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(DIED_EARLY, done.stderr)


if __name__ == "__main__":
    unittest.main()
