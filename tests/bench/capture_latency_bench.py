#!/usr/bin/env python3
"""What clients of a broker feel while mqtrack looks at its heap again and again.

    tests/bench/capture_latency_bench.py MQTRACK [--captures N] [--messages N] [--verb leaks|owners] [--check]

Three brokers of one ordinary size (50 offline sessions with 200 messages each) are served in turn, a moment each: a plain
one, a recorded one, and a recorded one that is being looked at all the while. Measured is the time from sending a message
of QoS 1 to its tenth copy's arrival, with at most 20 under way. A round ends when all copies of all messages have arrived
and the clients have said goodbye: a message that is lost, or a client that is disconnected, ends the bench. The looks run
as a command of their own, so they take a processor too, of which an ordinary machine has one to spare. --check (a smoke
run) does little of it.
"""
import argparse
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading

import broker_load
from broker_rounds import Broker

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from harness.mqtt_client import MqttClient  # pylint: disable=wrong-import-position

SESSIONS, QUEUED = 50, 200


def fill(port):
    for number in range(SESSIONS):
        with MqttClient(port, f"offline-{number}", keep_session=True) as client:
            client.subscribe("room/#")
    with MqttClient(port, "filler") as client:
        for number in range(QUEUED):
            client.publish("room/1", b"a payload, number %04d" % number)


class Looks:
    """Looks at a process from another thread, one after the other."""

    def __init__(self, command):
        self._command, self.count, self.still, self.ways = command, 0, [], set()

    def during(self, work):
        """What `work` returns. At least one look begins before it does and is counted."""
        ending = threading.Event()
        looking = threading.Thread(target=self._look, args=(ending,))
        looking.start()
        try:
            return work()
        finally:
            ending.set()
            looking.join()

    def _look(self, ending):
        while True:
            done = subprocess.run(self._command, capture_output=True, text=True, check=False)
            if done.returncode not in (0, 1):
                sys.exit(done.stderr)
            report = json.loads(done.stdout)
            facts = report["looks"][0] if "looks" in report else report["look"]
            self.count += 1
            self.still.append(facts["stood_still_nanoseconds"] / 1e6)
            self.ways.add(facts["way"])
            if ending.is_set():
                return


def share(values, part):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * part))]


def show(name, seconds):
    print(f"  {name:34}" + "".join(f"{share(seconds, part) * 1000:10.2f}" for part in (0.5, 0.9, 0.99, 0.999, 1))
          + f"{len(seconds):12,}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mqtrack")
    parser.add_argument("--captures", type=int, default=500)
    parser.add_argument("--messages", type=int, default=300)
    parser.add_argument("--verb", choices=("leaks", "owners"), default="leaks")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        options.captures, options.messages = 3, 50
    log_dir = tempfile.mkdtemp(prefix="mqtrack-bench-", dir="/dev/shm")
    brokers = []
    try:
        with tempfile.TemporaryDirectory(prefix="mqtrack-bench-") as folder:
            recorded = (options.mqtrack, "run", "--log-dir", log_dir, "--")
            for name, prefix in (("plain", ()), ("recorded", recorded), ("recorded, looked at all the time", recorded)):
                broker = Broker(folder, prefix)
                brokers.append((name, broker, []))
                fill(broker.port)
            looked_at = brokers[-1][1]
            looks = Looks([options.mqtrack, options.verb, str(looked_at.pid), "--log-dir", log_dir, "--json",
                           *(["--once"] if options.verb == "leaks" else [])])
            chance = random.Random(14)
            while looks.count < options.captures:
                for _, broker, seconds in chance.sample(brokers, len(brokers)):
                    def serve(port=broker.port):
                        return broker_load.fan_out(port, options.messages)
                    seconds.extend(looks.during(serve) if broker is looked_at else serve())
            print(f"{looks.count} looks by mqtrack {options.verb} ({', '.join(sorted(looks.ways))}), in each the broker stood still "
                  f"for {share(looks.still, 0.5):.2f} ms, of a hundred one for {share(looks.still, 0.99):.2f} ms or longer, "
                  f"{max(looks.still):.2f} ms at most")
            print(f"  {'milliseconds until all have it':34}" + "".join(f"{part:>10}" for part in ("half", "p90", "p99", "p99.9", "longest"))
                  + f"{'messages':>12}")
            for name, _, seconds in brokers:
                show(name, seconds)
            print("no message lost, no client disconnected")
    finally:
        for _, broker, _ in brokers:
            broker.end()
        shutil.rmtree(log_dir)


if __name__ == "__main__":
    main()
