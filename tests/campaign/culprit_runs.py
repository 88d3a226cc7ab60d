"""A version of a broker or of a client library under the recorder: started, loaded, and looked at before and after."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness import processes, waiting  # pylint: disable=wrong-import-position

CLIENTS = pathlib.Path(__file__).resolve().parent / "clients"
CONFIG = "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\nlog_type all\nlog_dest stderr\nsys_interval 0\n"
TLS = "cafile {certificates}/ca.crt\ncertfile {certificates}/server.crt\nkeyfile {certificates}/server.key\n"


def make_certificates(folder):
    """An authority, a server with an alternative name, and a client."""
    folder.mkdir()

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-keyout", "ca.key", "-out", "ca.crt", "-subj",
            "/CN=campaign")
    (folder / "server.ext").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n", encoding="ascii")
    for name, more in (("server", ["-extfile", "server.ext"]), ("client", [])):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj",
                f"/CN=the-name-of-the-{name}-in-its-certificate")
        openssl("x509", "-req", "-days", "30", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial",
                "-out", f"{name}.crt", *more)
    return folder


class Scratch:
    """A folder and a log directory for one run, with what every run does with mqtrack. Use as a context manager."""

    def __init__(self, mqtrack, certificates):
        self._mqtrack, self.certificates = str(pathlib.Path(mqtrack).resolve()), certificates
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-culprit-"))
        self.log_dir = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-culprit-", dir="/dev/shm"))
        self.environment = {**os.environ, "MQTRACK_LOG_DIR": str(self.log_dir), "LC_ALL": "C.UTF-8"}
        self._ends, self._number = [], 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for end in reversed(self._ends):
            end()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.log_dir, ignore_errors=True)

    def at_end(self, what):
        self._ends.append(what)

    def start(self, name, command, recorded=True):
        prefix = [self._mqtrack, "run", "--"] if recorded else []
        started = processes.Logged(self.folder, name, [*prefix, *command], env=self.environment)
        self._ends.append(started.stop)
        return started

    def recorded_pid(self, started):
        """`mqtrack run` has the program as its child, or has become it."""
        children = processes.children_of(started.pid)
        pid = children[-1] if children else started.pid
        self._ends.append(lambda: processes.end(pid, signal.SIGKILL))
        return pid

    def next_number(self):
        self._number += 1
        return self._number

    def measure(self, pid, load, rounds, by, stacks):
        """Growth by function while `load` runs, after a first load that warms up: rows of `mqtrack diff` in its defaults."""
        load(max(rounds // 10, 5))
        before = self._snapshot(pid, "before")
        load(rounds)
        after = self._snapshot(pid, "after")
        words = ([] if by == "inuse_space" else ["--by", by]) + (["--stacks"] if stacks else [])
        table = json.loads(self._run("diff", before, after, *words, "--format", "json"))
        losses = table["base"]["losses"], table["new"]["losses"]
        if losses != (0, 0):
            raise AssertionError(f"the recorder lost {losses} events")
        return table

    def _snapshot(self, pid, name):
        self._run("snapshot", str(pid), "-o", name)
        return name

    def _run(self, *words):
        done = subprocess.run([self._mqtrack, *words], cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              timeout=300, check=False)
        if done.returncode != 0:
            raise AssertionError(f"mqtrack {words[0]}: {done.stderr.strip()}")
        return done.stdout


class Broker:
    """A broker of one version. Loads see its port, its certificates, and what they need to go on where they were."""

    def __init__(self, scratch, build, config=(), tls=False, recorded=True):
        self._scratch, self._reloads = scratch, 0
        self.kept = []  # connections that stay open until the end
        self.port, self.certificates = processes.free_port(), scratch.certificates
        file = scratch.folder / f"mosquitto-{self.port}.conf"
        text = CONFIG.format(port=self.port) + (TLS.format(certificates=self.certificates) if tls else "")
        file.write_text(text + "".join(line + "\n" for line in config), encoding="ascii")
        program = build / "src" / "mosquitto" if build else shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin")
        self._started = scratch.start(f"mosquitto-{self.port}", [program, "-c", file], recorded)
        waiting.wait_until("the broker to accept connections", self._accepts)
        self.pid = scratch.recorded_pid(self._started) if recorded else self._started.pid

    def _accepts(self):
        if self._started.process.poll() is not None:
            raise AssertionError(f"the broker ended: {self._started.text()[-500:]}")
        return processes.accepts(self.port)

    def next_number(self):
        return self._scratch.next_number()

    def reload(self):
        self._reloads += 1
        os.kill(self.pid, signal.SIGHUP)
        waiting.wait_until("the broker to reload its configuration",
                           lambda: self._started.text().count("Reloading config.") >= self._reloads)


class Client:
    """A small program of clients/ with one version of a client library. It does rounds when it is told to."""

    def __init__(self, scratch, build, source, libraries, arguments, prefix=()):
        folder = build / "lib"
        program = scratch.folder / pathlib.Path(source).stem
        subprocess.run(["gcc", "-g", "-O2", "-w", f"-I{build / 'lib'}", f"-I{build / 'src'}", f"-I{build / 'include'}", "-o", program,
                        CLIENTS / source, *[folder / library for library in libraries], "-pthread",
                        f"-Wl,-rpath,{folder}"], check=True, capture_output=True)
        self._orders = scratch.folder / "orders"
        os.mkfifo(self._orders)
        self._started = scratch.start(program.name, [*prefix, program, self._orders, *arguments])
        # Open for reading too, so that this does not wait for a client that has ended.
        self._pipe = os.open(self._orders, os.O_RDWR)
        scratch.at_end(lambda: os.close(self._pipe))
        self._done = 0
        waiting.wait_until("the client to start", lambda: "ready" in self._started.text() or self._ended())
        self.pid = scratch.recorded_pid(self._started)

    def _ended(self):
        if self._started.process.poll() is not None:
            raise AssertionError(f"the client ended: {self._started.text()[-500:]}")
        return False

    def load(self, rounds):
        self._done += 1
        os.write(self._pipe, f"{rounds}\n".encode())
        waiting.wait_until("the client's rounds", lambda: f"done {self._done}\n" in self._started.text() or self._ended(), 120)
