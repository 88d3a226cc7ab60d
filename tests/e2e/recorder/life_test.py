"""The beginning and the end of a process."""
import contextlib
import os
import pathlib
import signal
import subprocess
import unittest

from recording import PRELOAD, Recording


class Life(Recording):
    def sizes(self):
        return self.log_of("early").sizes()

    def test_constructors_and_destructors_are_recorded(self):
        self.run_both("early")
        sizes = self.sizes()
        expected = {5003: 1, 5005: 1, 5007: 1, 5009: 1, 6001: 0, 6003: 1, 6005: 1, 5002: 0}
        self.assertEqual({size: sizes[size] for size in expected}, expected)

    def test_quick_ends(self):
        for way in ("_exit", "quick_exit"):
            with self.subTest(way):
                self.run_both("early", way)
                log = self.log_of("early")
                self.assertEqual((log.state, log.sizes()[5007], log.sizes()[5003]), (2, 1, 0))
                log.path.unlink()

    def test_an_abort_leaves_a_log(self):
        self.run_recorded("early", "abort", expect=-signal.SIGABRT)
        self.assertEqual(self.sizes()[5007], 1)

    def test_exec_chains_leave_the_last_log(self):
        self.run_both(self.program("early"), "exec", 50)
        self.assertEqual(len(self.logs()), 1)
        self.assertEqual(self.sizes()[5007], 1)

    def test_closed_standard_descriptors(self):
        written = []
        for environment in (self.plain, {**self.recorded, "MQTRACK_VERBOSE": "1"}):
            done = subprocess.run(["/bin/sh", "-c", 'exec "$0" <&- >&- 2>&-', self.program("rude")], env=environment,
                                  cwd=self.folder, timeout=300, check=False)
            self.assertEqual(done.returncode, 0)
            written.append({file.name: file.read_bytes() for file in self.folder.glob("victim.*")})
        self.assertEqual(written[0], written[1])

    def test_other_libraries_before_and_after(self):
        window = self.program("real_window.so")
        for order in ([window, PRELOAD], [PRELOAD, window]):
            with self.subTest(order):
                done = self.run_program("early", environment={**self.recorded, "LD_PRELOAD": ":".join(order)})
                self.assertEqual((done.returncode, done.stdout), (0, b"42\n"))
                log = self.log_of("early")
                self.assertEqual((log.sizes()[6003], log.sizes()[5003]), (1, 1))
                log.path.unlink()

    def test_an_empty_environment(self):
        done = self.run_program("/usr/bin/env", "-i", f"LD_PRELOAD={PRELOAD}", self.program("early"),
                                environment={**self.plain, "MQTRACK_LOG_DIR": str(self.log_dir)})
        self.assertEqual((done.returncode, done.stdout), (0, b"42\n"))
        # The log is in the default directory, among those of other tests, which come and go.
        ours = []
        for log in pathlib.Path(f"/dev/shm/mqtrack-{os.geteuid()}").glob("*.log"):
            with contextlib.suppress(FileNotFoundError), log.open("rb") as file:
                if os.fsencode(self.program("early")) in file.read(4096):
                    ours.append(log)
        for log in ours:
            log.unlink()
        self.assertEqual(len(ours), 1, ours)


if __name__ == "__main__":
    unittest.main()
