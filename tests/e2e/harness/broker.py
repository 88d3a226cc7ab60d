"""A real mosquitto on a free loopback port."""
import re
import signal
import ssl
import subprocess

from . import processes
from .paths import find_program
from .waiting import wait_until

CONFIG = """\
listener {port} 127.0.0.1
allow_anonymous true
max_queued_messages 0
sys_interval 0
pid_file {pid_file}
"""


def broker_version():
    """Of the distribution's mosquitto, as a tuple."""
    text = subprocess.run([find_program("mosquitto"), "-h"], capture_output=True, text=True, check=False).stdout
    return tuple(int(number) for number in re.search(r"version (\d+)\.(\d+)\.(\d+)", text).groups())


def certificate(folder, name):
    """Key and certificate of 127.0.0.1, which a broker of any user can read."""
    key, file = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", file, "-days",
                    "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"], check=True,
                   capture_output=True, timeout=300)
    key.chmod(0o644)
    return key, file


class TlsListener:
    """A second listener, with a certificate made for the test: lines of the broker's `config`, and its clients' `context`."""

    def __init__(self, case):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=broker",
                        "-keyout", "key.pem", "-out", "cert.pem"], cwd=case.folder, check=True, capture_output=True,
                       timeout=300)
        self.port = processes.free_port()
        self.config = [f"listener {self.port} 127.0.0.1", f"certfile {case.folder}/cert.pem",
                       f"keyfile {case.folder}/key.pem"]
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def wait(self):
        wait_until("the broker to listen with TLS", lambda: processes.accepts(self.port))


class Broker:
    """Started at once; stopped by the test case that made it.

    prefix  what the broker is started with, such as [mqtrack, "run", "--"]; empty: without the recorder
    config  further lines of mosquitto.conf
    daemon  mosquitto -d: the process that was started ends, the broker lives on
    """

    def __init__(self, case, prefix=(), config=(), daemon=False):
        self.port = processes.free_port()
        self.folder = case.folder / f"broker-{self.port}"
        # The broker may run as another user, and wants to write its pid file there.
        self.folder.mkdir(mode=0o777)
        self.folder.chmod(0o777)
        case.addCleanup(self._clean_up, case)
        pid_file = self.folder / "pid"
        config_file = self.folder / "mosquitto.conf"
        config_file.write_text(CONFIG.format(port=self.port, pid_file=pid_file) + "".join(f"{x}\n" for x in config))
        self.pid = None
        command = [*prefix, find_program("mosquitto"), "-c", config_file, *(["-d"] if daemon else [])]
        self.started = processes.Logged(self.folder, "mosquitto", command, env=case.environment)
        if daemon:
            status = self.started.wait()
            case.assertEqual(status, 0, self.started.text())
            self.pid = int(wait_until("the daemon's pid file", lambda: pid_file.exists() and pid_file.read_text()))
        wait_until("the broker to accept connections", self._accepts)
        if not daemon:
            self.pid = self._pid_in_foreground()

    def _accepts(self):
        if self.pid is None and self.started.process.poll() is not None:
            raise AssertionError(f"the broker ended with {self.started.process.returncode}:\n{self.started.text()}")
        return processes.accepts(self.port)

    def _pid_in_foreground(self):
        """Whatever the broker was started with has it as a descendant; programs that exec have become it."""
        pid = self.started.pid
        while True:
            children = processes.children_of(pid)
            if not children:
                return pid
            pid = children[-1]

    def publish(self, topic, payloads):
        """Sends each payload as one QoS 1 message; returns when the broker has acknowledged the last one."""
        subprocess.run([find_program("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", "-t", topic, "-l"],
                       input="".join(f"{payload}\n" for payload in payloads), text=True, check=True, timeout=300)

    def stop(self, signal_number=signal.SIGTERM):
        """Ends the broker itself; whoever started it sees that it ended."""
        if self.pid is not None:
            processes.end(self.pid, signal_number)
        if self.started.process.poll() is None:
            self.started.wait()
        self.pid = None

    def _clean_up(self, case):
        if case.has_failed():
            print(f"--- broker on port {self.port}\n{self.started.text()}")
        if self.pid is not None:
            processes.end(self.pid, signal.SIGKILL)
        self.started.stop()
