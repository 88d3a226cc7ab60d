#!/usr/bin/env python3
"""What the recorder needs on a small board: the log's and the recorder's memory, and the size of a snapshot, of a mosquitto
with the state of a small gateway.

    tests/bench/small_board_bench.py MQTRACK [--clients 50] [--retained 2000] [--check]

Every row is a broker of its own: CLIENTS connections with ten subscriptions each, RETAINED retained messages of 200 bytes.
Figures are those that a snapshot carries (docs/formats.md). --check uses few.
"""
import argparse
import gzip
import os
import pathlib
import re
import subprocess
import tempfile

from broker_load import SUBSCRIBE, Connection, packet, string
from fleet_bench import Broker, free_port

ROWS = (("exact", ()), ("exact, --log-limit 16MiB", ("--log-limit", "16MiB")),
        ("--sample 64KiB", ("--sample", "64KiB")))


def load(port, clients, retained):
    """The connections, which stay open."""
    connections = [Connection(port, f"client-{number}") for number in range(clients)]
    for number, connection in enumerate(connections):
        topics = b"".join(string(f"plant/{number}/{topic}/+") + b"\x01" for topic in range(10))
        connection.send(packet(SUBSCRIBE, b"\x00\x01" + topics))
        connection.wait_for(0x90)
    for number in range(retained):
        body = string(f"site/{number % 40}/value/{number}") + (number % 65000 + 1).to_bytes(2, "big") + bytes(200)
        connections[0].send(packet(0x33, body))
        connections[0].wait_for(0x40)
    return connections


def measure(mqtrack, options, clients, retained):
    """The facts of one broker, and the bytes of its snapshot."""
    with tempfile.TemporaryDirectory(prefix="mqtrack-bench-", dir="/dev/shm") as logs, \
            tempfile.TemporaryDirectory(prefix="mqtrack-bench-") as name:
        folder = pathlib.Path(name)
        environment = {**os.environ, "MQTRACK_LOG_DIR": logs}
        broker = Broker(folder, free_port(), [mqtrack, "run", *options, "--"], environment)
        try:
            connections = load(broker.port, clients, retained)
            file = folder / "x.pb.gz"
            subprocess.run([mqtrack, "snapshot", "mosquitto", "--no-symbols", "-q", "-o", file], env=environment, check=True,
                           stdout=subprocess.DEVNULL)
            for connection in connections:
                connection.socket.close()
            text = gzip.decompress(file.read_bytes()).decode("latin-1")
            facts = {key: int(value) for key, value in re.findall(r"mqtrack: (\w+): (\d+)", text)}
            return facts, file.stat().st_size
        finally:
            broker.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mqtrack")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--retained", type=int, default=2000)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    clients, retained = (3, 20) if options.check else (options.clients, options.retained)
    print(f"mosquitto with {clients} clients, {10 * clients} subscriptions, {retained} retained messages of 200 bytes\n")
    print("| | broker resident | of it the recorder | the log | lost | snapshot |\n|---|---|---|---|---|---|")
    for name, words in ROWS:
        facts, size = measure(options.mqtrack, words, clients, retained)
        mib = [f"{facts[key] / 1048576:.1f} MiB" for key in ("rss_bytes", "recorder_rss_bytes", "log_bytes")]
        print(f"| {name} | {' | '.join(mib)} | {facts.get('losses', 0):,} | {size / 1024:.0f} KiB |")


if __name__ == "__main__":
    main()
