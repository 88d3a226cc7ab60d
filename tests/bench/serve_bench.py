#!/usr/bin/env python3
"""What it costs a broker to be served and scraped: processor time of the same traffic, beside brokers that are only recorded and plain ones.

    tests/bench/serve_bench.py MQTRACK [--rounds N] [--messages N] [--every SECONDS] [--check]

Four brokers are alive at the same time and served in turn (tests/bench/broker_rounds.py): a plain mosquitto; one that is recorded; one that
is recorded, served with a history, and scraped as Prometheus (/metrics) and Parca (/debug/pprof/allocs) do every SECONDS (15); and
the same once a second. Printed are the medians of the ratios to the plain broker and to the recorded one of the same round, and what the
servers used. --check (a smoke run) insists that each server was scraped and that all served the same traffic, and on no figure.
"""
import argparse
import contextlib
import http.client
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import urllib.parse

import broker_rounds

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness.waiting import wait_until  # noqa: E402

PATHS = ("/metrics", "/mosquitto/debug/pprof/allocs")


class Scraped:
    """A server for the processes whose logs are in a folder, and a scraper."""

    def __init__(self, mqtrack, folder, every):
        self.logs = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-serve-", dir="/dev/shm"))
        self.every, self.scrapes, self.ended = every, 0, threading.Event()
        out = pathlib.Path(folder, f"served-{every}")
        with out.open("wb") as file:
            self.process = subprocess.Popen([mqtrack, "serve", "--listen", "127.0.0.1:0", "--history", f"{out}.history"],
                                            env={**os.environ, "MQTRACK_LOG_DIR": str(self.logs)}, stdout=file, stderr=subprocess.DEVNULL)
        self.port = urllib.parse.urlsplit(wait_until("the server's address", lambda: out.read_text().strip())).port
        self.thread = threading.Thread(target=self.scrape)

    def scrape(self):
        wait_until("the broker to be served", lambda: self.ask(PATHS[1]) == 200)
        while True:
            if any(self.ask(path) != 200 for path in PATHS):
                break
            self.scrapes += 1
            if self.ended.wait(self.every):
                break

    def ask(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def used(self):
        return broker_rounds.processor_nanoseconds(self.process.pid) / 1e9

    def end(self):
        self.ended.set()
        if self.thread.ident:
            self.thread.join()
        self.process.terminate()
        self.process.wait(timeout=60)
        shutil.rmtree(self.logs, ignore_errors=True)


@contextlib.contextmanager
def scraped(servers):
    """From when each server has been scraped once: short rounds would be over before it has seen its broker."""
    for server in servers:
        wait_until("a scrape", lambda one=server: one.scrapes or not one.thread.is_alive())
    yield


def measure(mqtrack, rounds, messages, every):
    prefix = ("env", str(mqtrack), "run", "-q", "--")  # the same for all, also for the plain one
    servers = []
    with tempfile.TemporaryDirectory(prefix="mqtrack-serve-") as folder, tempfile.TemporaryDirectory(dir="/dev/shm") as logs:
        try:
            contenders = {"plain": (("env",), {}), "recorded": (prefix, {"MQTRACK_LOG_DIR": logs})}
            for seconds in (every, 1):
                servers.append(Scraped(mqtrack, folder, seconds))
                contenders[f"scraped every {seconds} s"] = (prefix, {"MQTRACK_LOG_DIR": str(servers[-1].logs)})
            for server in servers:
                server.thread.start()
            costs = broker_rounds.measure(contenders, folder, messages, rounds, 20, beside=lambda _: scraped(servers))
            used = [server.used() for server in servers]
        finally:
            for server in servers:
                server.end()
    print(f"{'broker':22} {'to plain':>9} {'to recorded':>12} {'ms a round':>11}")
    for name, cost in costs.items():
        print(f"{name:22} {cost.median_ratio(costs['plain']):9.3f} {cost.median_ratio(costs['recorded']):12.3f} "
              f"{sorted(cost.nanoseconds)[len(cost.nanoseconds) // 2] / 1e6:11.2f}")
    for server, seconds in zip(servers, used):
        print(f"the server that is scraped every {server.every} s: {server.scrapes} scrapes, {seconds / max(server.scrapes, 1) * 1000:.0f} ms each, "
              "all that it does besides included")
    return costs, servers


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("mqtrack", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--every", type=int, default=15)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    if arguments.check:
        arguments.rounds, arguments.messages = 2, 100
    costs, servers = measure(arguments.mqtrack.resolve(), arguments.rounds, arguments.messages, arguments.every)
    if arguments.check:
        if not all(server.scrapes for server in servers):
            sys.exit("serve_bench.py: a server was not scraped")
        if any(len(cost.nanoseconds) != arguments.rounds for cost in costs.values()):
            sys.exit("serve_bench.py: a broker was not served")


if __name__ == "__main__":
    main()
