"""The first moments: allocations while the loader is still at work, and processes without an environment."""
import contextlib
import os
import pathlib
import unittest

from recording import PRELOAD, Recording


class Start(Recording):
    def test_an_indirect_function_whose_resolver_allocates(self):
        self.run_both("indirect")
        sizes = self.log_of("indirect").sizes()
        # What it allocated came before the recorder could see anything, and is not in the log; all else is.
        self.assertEqual((sizes[7001], sizes[6000], sizes[6007], sizes[9001]), (1, 0, 0, 0))

    def test_a_dlsym_that_allocates(self):
        self.run_both("early", preload=[self.program("allocating_dlsym.so")])
        sizes = self.log_of("early").sizes()
        self.assertEqual((sizes[6003], sizes[5003]), (1, 1))

    def test_an_environment_that_is_dropped(self):
        self.run_both("environment", "dropped")
        logs = [log for log in self.logs() if log.origin == 0 and pathlib.Path(log.exe).name == "environment"]
        self.assertEqual(len(logs), 1)
        self.assert_exact(logs[0])
        self.assertEqual(logs[0].sizes()[7001], 7)

    def test_exec_without_an_environment(self):
        for way in ("null", "null-variable"):
            with self.subTest(way):
                done = self.run_both("environment", way, self.program("environment"), "end")
                self.assertEqual(done.stdout, b"an empty one\n")
                # The variable that preloads the recorder is gone with the others: the program is not recorded, and the
                # log of the one before it ends.
                log = self.log_of("environment")
                self.assertEqual(log.state, 2)
                log.path.unlink()

    def test_a_recorder_without_an_environment(self):
        """Preloaded by the loader's own option, without a single variable."""
        loader = "/lib64/ld-linux-x86-64.so.2"
        done = self.run_program("environment", "null", loader, "--preload", PRELOAD, self.program("environment"), "end",
                                environment=self.plain)
        self.assertEqual((done.returncode, done.stdout), (0, b"an empty one\n"), done.stderr)
        # The log is in the default directory, among those of other tests, which come and go.
        ours = []
        for log in pathlib.Path(f"/dev/shm/mqtrack-{os.geteuid()}").glob("*.log"):
            with contextlib.suppress(FileNotFoundError), log.open("rb") as file:
                start = file.read(4096)
                if os.fsencode(self.program("environment")) in start and b"--preload" in start:
                    ours.append(log)
        for log in ours:
            log.unlink()
        self.assertEqual(len(ours), 1, ours)


if __name__ == "__main__":
    unittest.main()
