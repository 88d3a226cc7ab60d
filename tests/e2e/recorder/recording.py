"""The base of the recorder's tests: a program runs plain and recorded, and must behave the same."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path += [str(pathlib.Path(__file__).resolve().parents[2] / "support"), str(pathlib.Path(__file__).resolve().parents[1])]
from harness.waiting import wait_until  # pylint: disable=wrong-import-position
from preloadable import preloadable  # pylint: disable=wrong-import-position
from recorder_log import RecorderLog  # pylint: disable=wrong-import-position

PRELOAD = preloadable(os.environ["MQTRACK_TEST_PRELOAD"])
REFEREE = preloadable(os.environ["MQTRACK_TEST_REFEREE"])
MQTRACK = os.environ["MQTRACK_TEST_MQTRACK"]
PROGRAMS = pathlib.Path(preloadable(os.environ["MQTRACK_TEST_PROGRAMS"]))


# As Debian 13 and 12 call it.
MIMALLOC = ("libmimalloc.so.3", "libmimalloc.so.2")


def library(*names):
    """A shared library of the system by its file name, such as libjemalloc.so.2; the first of several."""
    listing = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    found = {words[0]: words[-1] for words in map(str.split, reversed(listing.splitlines())) if words}
    for name in names:
        if name in found:
            return found[name]
    raise AssertionError(f"{' or '.join(names)} is not installed; tests/run.sh installs it")


def find_program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        raise AssertionError(f"{name} is not installed; tests/run.sh installs it")
    return found


class Recording(unittest.TestCase):
    maxDiff = None
    wait_until = staticmethod(wait_until)

    def setUp(self):
        self.log_dir = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-recorder-", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, self.log_dir, ignore_errors=True)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-recorder-"))
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.plain = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD" and not k.startswith("MQTRACK_")}
        self.plain.update(LC_ALL="C.UTF-8")
        self.recorded = {**self.plain, "LD_PRELOAD": PRELOAD, "MQTRACK_LOG_DIR": str(self.log_dir)}

    @staticmethod
    def program(name):
        """A program of these tests by its name, or any by its path."""
        return str(PROGRAMS / name) if "/" not in name else name

    def run_program(self, *command, environment, timeout=300, **options):
        command = [self.program(command[0]), *map(str, command[1:])]
        options = {"stdin": subprocess.DEVNULL, "cwd": self.folder, **options}
        return subprocess.run(command, env=environment, capture_output=True, timeout=timeout, check=False, **options)

    def run_recorded(self, *command, preload=(), expect=0, **options):
        """Runs a program under the recorder; `preload`: other libraries, after ours."""
        environment = {**self.recorded, "LD_PRELOAD": " ".join([PRELOAD, *preload])}
        done = self.run_program(*command, environment=environment, **options)
        self.assertEqual(done.returncode, expect, (command, done.stdout[-2000:], done.stderr[-2000:]))
        return done

    def run_both(self, *command, preload=(), **options):
        """Runs a program without and with the recorder and insists that nobody can tell them apart."""
        plain_environment = {**self.plain, "LD_PRELOAD": " ".join(preload)}
        recorded_environment = {**self.recorded, "LD_PRELOAD": " ".join([PRELOAD, *preload])}
        plain = self.run_program(*command, environment=plain_environment, **options)
        recorded = self.run_program(*command, environment=recorded_environment, **options)
        self.assertEqual((recorded.returncode, recorded.stdout, recorded.stderr),
                         (plain.returncode, plain.stdout, plain.stderr), command)
        self.assertEqual(plain.returncode, 0, (command, plain.stdout[-2000:], plain.stderr[-2000:]))
        return recorded

    def logs(self):
        return [RecorderLog(path) for path in sorted(self.log_dir.glob("*.log"))]

    def log_of(self, name):
        """The one log of the program `name`; consistent and without losses."""
        found = [log for log in self.logs() if pathlib.Path(log.exe).name == name]
        self.assertEqual(len(found), 1, [log.path for log in found])
        self.assert_exact(found[0])
        return found[0]

    def assert_exact(self, log):
        self.assertEqual(log.problems(), [], log.path)
        self.assertEqual(log.losses, {}, log.path)
        self.assertEqual(log.replaced, 0, log.path)

    def snapshot(self, path):
        """mqtrack must be able to open any log."""
        out = self.folder / "snapshot.pb.gz"
        done = subprocess.run([MQTRACK, "snapshot", path, "-o", out], env=self.plain, capture_output=True, text=True,
                              timeout=300, check=False)
        self.assertEqual(done.returncode, 0, (path, done.stdout, done.stderr))
        return out
