#!/usr/bin/env python3
"""What a device of a fleet costs: bytes over the network and processor time of each way to report, of a broker with clients.

    tests/bench/fleet_bench.py MQTRACK [--clients N] [--rounds N] [--check]

A recorded mosquitto gets N clients with a subscription and a retained message each (sessions that stay, so that nothing has to be held
open). Then each way reports a few times, and the bytes that went over its connection, both ways, are counted by a relay between the two;
processor time is that of the command, all of it: start, reading the log, symbols, sending. Printed for one report and for a day. A
scrape is of `mqtrack metrics` as Prometheus asks for it, with gzip. --check (a smoke run) uses few clients.
"""
import argparse
import gzip
import http.server
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness.processes import accepts, free_port  # noqa: E402
from harness.waiting import wait_until  # noqa: E402


class Relay:
    """Hands on what comes, and counts it."""

    def __init__(self, port):
        self.to, self.bytes = port, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.to))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self.pump, args=(source, target), daemon=True).start()

    def pump(self, source, target):
        try:
            while piece := source.recv(65536):
                self.bytes += len(piece)
                target.sendall(piece)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class Store(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Broker:
    def __init__(self, folder, port, prefix=(), environment=None, config=""):
        file = folder / f"{port}.conf"
        file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nsys_interval 0\nuser root\n{config}")
        mosquitto = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
        self.process = subprocess.Popen([*prefix, mosquitto, "-c", file], env=environment, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        self.port = port
        wait_until("the broker to accept connections", lambda: accepts(port) or self.process.poll() is not None)
        if self.process.poll() is not None:
            sys.exit(f"fleet_bench.py: the broker ended with {self.process.returncode}")

    def add_clients(self, count):
        for number in range(count):
            subprocess.run(["mosquitto_sub", "-p", str(self.port), "-i", f"device-{number}", "-c", "-q", "1", "-t", f"site/{number}/#",
                            "-E"], check=True)
            subprocess.run(["mosquitto_pub", "-p", str(self.port), "-t", f"site/{number}/state", "-r", "-q", "1", "-m", "x" * 200],
                           check=True)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def processor_seconds(command, environment):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=environment, capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"fleet_bench.py: {' '.join(map(str, command))}: {done.stderr.decode()}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, done.stdout


def row(name, every, bytes_, cpu):
    reports = 86400 / every
    print(f"{name:34} {every:6} {bytes_:9.0f} {bytes_ * reports / 1e6:9.2f} {cpu * 1000:8.0f} {cpu * reports / 86400 * 100:8.3f}")


def measure(mqtrack, clients, rounds):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-fleet-"))
    logs = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-fleet-", dir="/dev/shm"))
    environment = {**os.environ, "MQTRACK_LOG_DIR": str(logs)}
    service = Broker(folder, free_port(), [mqtrack, "run", "-q", "--"], environment)
    collector = Broker(folder, free_port())
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Store)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        service.add_clients(clients)
        by_mqtt, by_http = Relay(collector.port), Relay(server.server_address[1])
        print(f"{'way':34} {'every':>6} {'bytes':>9} {'MB/day':>9} {'cpu ms':>8} {'cpu %':>8}")
        cpu, text = processor_seconds([mqtrack, "metrics", "mosquitto", "--sites", "10"], environment)
        row("scraped (mqtrack metrics, gzip)", 15, len(gzip.compress(text)) + 300, cpu)
        for name, words, relay, every in (
                ("mqtrack publish", ["publish", "--to", f"mqtt://127.0.0.1:{by_mqtt.port}"], by_mqtt, 30),
                ("mqtrack push, Pyroscope", ["push", "--store", "pyroscope", "--to", f"http://127.0.0.1:{by_http.port}"], by_http, 60),
                ("mqtrack push, Parca", ["push", "--store", "parca", "--to", f"http://127.0.0.1:{by_http.port}"], by_http, 60)):
            spool = ["--spool", folder / "spool"] if words[0] == "push" else []
            relay.bytes, used = 0, 0.0
            for _ in range(rounds):
                used += processor_seconds([mqtrack, *words, *spool, "--once"], environment)[0]
            row(name, every, relay.bytes / rounds, used / rounds)
        snapshot = folder / "one.pb.gz"
        cpu, _ = processor_seconds([mqtrack, "snapshot", "mosquitto", "-o", snapshot], environment)
        row("a snapshot on disk", 3600, snapshot.stat().st_size, cpu)
        log = next(logs.glob("*.log")).stat()
        print(f"log in memory: {log.st_blocks * 512:,} bytes for {clients} clients")
    finally:
        service.stop()
        collector.stop()
        server.shutdown()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(logs, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("mqtrack", type=pathlib.Path)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        arguments.clients, arguments.rounds = 3, 1
    measure(arguments.mqtrack.resolve(), arguments.clients, arguments.rounds)


if __name__ == "__main__":
    main()
