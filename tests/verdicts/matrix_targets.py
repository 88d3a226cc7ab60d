"""What is watched: the service with one planted behaviour, or the distribution's mosquitto, under the recorder."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile

from harness import broker, paths
from harness.mqtt_client import MqttClient

SERVICE = paths.PROGRAMS / "verdict_service"


class Scratch:
    """A folder and a log directory for one run. Use as a context manager; what was registered last is cleaned up first."""

    def __init__(self):
        self._ends = contextlib.ExitStack()
        self.addCleanup = self._ends.callback  # as a test case has it, for the harness
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-verdicts-"))
        self.folder.chmod(0o755)
        log_dir = tempfile.mkdtemp(prefix="mqtrack-verdicts-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.addCleanup(shutil.rmtree, log_dir, ignore_errors=True)
        self.environment = {**os.environ, "MQTRACK_LOG_DIR": log_dir, "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ends.close()

    def has_failed(self):
        return False

    def mqtrack(self, *arguments, good=(0,)):
        """What it says on stdout, and its exit code."""
        done = subprocess.run([paths.MQTRACK, *map(str, arguments)], env=self.environment, capture_output=True, text=True,
                              timeout=300, stdin=subprocess.DEVNULL, check=False)
        if done.returncode not in good:
            raise AssertionError(f"mqtrack {' '.join(map(str, arguments))}: {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout, done.returncode


class Target:
    """`kept`: by name, what the load keeps from one round to the next; clients in it stay connected until the end."""

    def __init__(self, scratch):
        self._scratch = scratch
        self.kept = {}
        self.port = self.pid = 0

    def client(self, client_id, **options):
        return MqttClient(self.port, client_id, keep_alive=0, **options)

    def keep(self, client_id, **options):
        """The client of this name, which is connected when it is asked for first."""
        if client_id not in self.kept:
            self.kept[client_id] = self.client(client_id, **options)
            self._scratch.addCleanup(self.kept[client_id].close)
        return self.kept[client_id]


class Service(Target):
    def __init__(self, scratch, case):
        super().__init__(scratch)
        self._process = subprocess.Popen([paths.MQTRACK, "run", "-q", "--", SERVICE, case], env=scratch.environment, text=True,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        scratch.addCleanup(self._end)
        word, port, pid = self._answer().split()
        assert word == "ready"
        self.port, self.pid = int(port), int(pid)

    def let_hours_pass(self, hours):
        """Returns when these hours, and all that clients had sent before, are dealt with."""
        self._process.stdin.write(f"tick {hours}\n")
        self._process.stdin.flush()
        assert self._answer() == "done\n"

    def _answer(self):
        line = self._process.stdout.readline()
        if not line:
            raise AssertionError(f"the service ended with {self._process.wait()}")
        return line

    def _end(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)


class ClientService(Target):
    """A service that is a client of a broker, which is not recorded itself. `library`: "mosquitto" or "paho"."""

    def __init__(self, scratch, library):
        super().__init__(scratch)
        self.port = broker.Broker(scratch).port
        service = paths.PROGRAMS / f"verdict_{library}_service"
        self._process = subprocess.Popen([paths.MQTRACK, "run", "-q", "--", service, str(self.port)], env=scratch.environment,
                                         text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        scratch.addCleanup(self._end)
        word, pid = self._process.stdout.readline().split()
        assert word == "ready"
        self.pid = int(pid)

    def let_hours_pass(self, hours):
        """Returns when these hours, and all messages before, are dealt with."""
        for _ in range(hours):
            self.keep("publisher").publish("hour", b"over")
        self.keep("publisher").publish("sync", b"now")
        assert self._process.stdout.readline() == "done\n"

    def _end(self):
        with self.client("last") as last:
            last.publish("end", b"now")
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(60)


class Mosquitto(Target):
    """`queued` and `sessions` are unlimited, as broker.py configures it; everything else as it is by default."""

    def __init__(self, scratch):
        super().__init__(scratch)
        started = broker.Broker(scratch, prefix=[paths.MQTRACK, "run", "-q", "--"])
        self.port, self.pid = started.port, started.pid

    def let_hours_pass(self, hours):
        """A broker has no clock that could be moved. A new client is answered when all before it is dealt with."""
        del hours
        with self.client("last"):
            pass
