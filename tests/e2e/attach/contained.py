"""The base of tests with processes in namespaces of their own, made by the real unshare."""
import pathlib
import subprocess

from attached import Attached
from harness import processes
from harness.waiting import wait_until


class Contained(Attached):
    def may_unshare(self, *options):
        """Skips the test, and says why, where the machine does not allow such namespaces."""
        done = subprocess.run(["unshare", *options, "true"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.skipTest(f"unshare {' '.join(options)} is not allowed here: {done.stderr.strip()}")

    def resident(self, *prefix):
        """The program below `prefix`, be it a container or the recorder; its pid is the one it has here."""
        program = self.program("attach_resident", prefix=prefix)
        program.pid = wait_until("the program below unshare", lambda: self.named(program.process.pid, "attach_resident"))
        return program

    def named(self, pid, name):
        """A process below `pid`, or itself, with this name."""
        if pathlib.Path(f"/proc/{pid}/comm").read_text() == name[:15] + "\n":
            return pid
        found = [self.named(child, name) for child in processes.children_of(pid)]
        return next(filter(None, found), None)
