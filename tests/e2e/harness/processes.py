"""Child processes whose output is kept for the moment a test fails, and what /proc says about others."""
import os
import pathlib
import random
import signal
import socket
import subprocess

from .waiting import wait_until


def free_port():
    """One that nobody listens on, below those that the kernel chooses from: no connection that begins meanwhile takes it."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def is_connected(port):
    """Whether somebody has a connection to that port of loopback."""
    rows = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
    return any(row[2] == f"0100007F:{port:04X}" and row[3] == "01" for row in rows)


def is_alive(pid):
    """False for a process that ended, also if nobody has waited for it yet."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid):
    """Of any of its threads."""
    found = []
    for children in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in children.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def command_of(pid):
    """The words of its command line, with blanks between; empty if it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ")
    except (FileNotFoundError, ProcessLookupError):
        return ""


def name_of(pid):
    """What it is called now; empty if it is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def thread_states(pid):
    """The state letter of every thread."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            found.append((task / "stat").read_text().rpartition(")")[2].split()[0])
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def end(pid, signal_number=signal.SIGTERM):
    """Ends one process by its id and waits until it is gone."""
    try:
        os.kill(pid, signal_number)
    except ProcessLookupError:
        return
    wait_until(f"process {pid} to end after signal {signal_number}", lambda: not is_alive(pid))


class Logged:
    """A process in the background; stdout and stderr go to files in `folder`, so that no pipe can fill up."""

    def __init__(self, folder, name, command, env=None, cwd=None):
        self.command = [str(word) for word in command]
        self.out, self.err = folder / f"{name}.out", folder / f"{name}.err"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=env,
                                            cwd=cwd)
        self.pid = self.process.pid

    def text(self):
        return self.out.read_text(errors="replace") + self.err.read_text(errors="replace")

    def wait_for_line(self, line):
        """Waits until stdout has this very line."""
        def seen():
            if line in self.out.read_text(errors="replace").split("\n"):
                return True
            if self.process.poll() is not None:
                raise AssertionError(f"{self.command} ended ({self.process.returncode}) before it said {line!r}:\n"
                                     f"{self.text()}")
            return False
        wait_until(f"{self.command[0]} to say {line!r}; it said:\n{self.text()[-2000:]}", seen)

    def wait(self, seconds=300):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.command} did not end within {seconds} s:\n{self.text()}") from None

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode
