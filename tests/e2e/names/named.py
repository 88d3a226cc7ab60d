"""The base of these tests: a service that is built here, in the layout that a test is about, and what it is named."""
import pathlib
import shutil
import subprocess
import unittest

from harness.case import EndToEnd

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
SERVICE, LIBRARY = "layout_service.c", "layout_library.c"
COMPILER = shutil.which("cc") or "gcc"
LEAKED = ("the_leak", "on_message", "main")
BYTES, ROUNDS = 3001, 100
LIBRARY_BYTES, LIBRARY_ROUNDS = 5003, 10


class Service:
    """A program that does some work for each byte that it is sent, and answers with one."""

    def __init__(self, test, command, **options):
        with open(test.folder / "service.err", "wb") as err:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=err,
                                            **{"env": test.environment, "cwd": test.folder, **options})
        self._test = test
        self.pid = self.process.pid
        test.addCleanup(self.end)
        self.work()

    def work(self):
        self.process.stdin.write(b"x")
        self.process.stdin.flush()
        if self.process.stdout.read(1) != b".":
            raise AssertionError((self._test.folder / "service.err").read_text(errors="replace"))

    def end(self):
        if self.process.stdin.closed:
            return
        self.process.stdin.close()
        self.process.wait(300)
        self.process.stdout.close()


class Named(EndToEnd):
    def build(self, source, output, *options):
        command = [COMPILER, "-g", "-O1", PROGRAMS / source, "-o", self.folder / output, *options]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                              cwd=self.folder, timeout=300)
        if done.returncode != 0 and any(option.startswith("-fuse-ld=") for option in options):
            linker = next(option for option in options if option.startswith("-fuse-ld="))
            raise unittest.SkipTest(f"{linker[9:]} cannot link here: {done.stderr.splitlines()[-1]}")
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stderr}")
        return self.folder / output

    def service(self, *command, **options):
        return Service(self, [*self.recorded(), *command], **options)

    def log(self):
        """The log of the service: the youngest there is."""
        return max(self.log_dir.glob("*.log"), key=lambda path: path.stat().st_mtime_ns)

    def growth(self, service, target=None):
        """What grew while the service did its work once: rows with their stacks."""
        target = target or self.log()
        before = self.snapshot(target, "before")
        service.work()
        after = self.snapshot(target, "after")
        return [row for row in self.diff(before, after, "--stacks") if row["growth"] != 0]

    @staticmethod
    def names(row):
        """The functions of a row's heaviest stack, leaf first."""
        return tuple(frame["function"] for frame in row["stack"])

    def assert_the_leak(self, row, frames=LEAKED):
        self.assertEqual((row["function"], row["growth"], row["object_growth"]), ("the_leak", BYTES * ROUNDS, ROUNDS))
        names = [name for name in self.names(row) if not name.startswith(("malloc", "_start", "__libc"))]
        self.assertEqual(tuple(names[:len(frames)]), frames)
        self.assertNotIn("[incomplete]", self.names(row))
        self.assertTrue(row["file"].endswith("layout_service.c"), row)

    def assert_recorded(self, *command, target=None, **options):
        service = self.service(*command, **options)
        rows = self.growth(service, target)
        self.assertEqual(len(rows), 1, rows)
        self.assert_the_leak(rows[0])
        service.end()
        for log in self.log_dir.glob("*.log"):
            log.unlink()
