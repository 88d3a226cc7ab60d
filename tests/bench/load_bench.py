#!/usr/bin/env python3
"""How much load one process of `mqtrack stress` puts on a broker, beside others in the same run, and how many connections it holds.

    tests/bench/load_bench.py MQTRACK [--messages N] [--connections N] [--rounds N] [--check]

One client publishes N messages of QoS 1 at once to one subscriber, by the distribution's mosquitto: mqtrack stress, mosquitto_pub with
mosquitto_sub, and, if npm can fetch it, the client library mqtt.js. Counted until the subscriber has all of them. Rounds go from one to the
next, and the best of each counts, since others use the machine too. Processor time is that of the clients, not the broker's.
Then clients connect, half a minute long, and all stay until the last one has. --check is a smoke run.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from fleet_bench import Broker, free_port

TOPIC = "load"
SCRIPT = """
const mqtt = require('mqtt'), [port, count] = process.argv.slice(2).map(Number), url = 'mqtt://127.0.0.1:' + port;
const sink = mqtt.connect(url), from = mqtt.connect(url);
let received = 0;
sink.on('message', () => { if (++received === count) { sink.end(true); from.end(true); } });
sink.on('connect', () => sink.subscribe('load', {qos: 1}, () => {
  const send = () => { for (let i = 0; i < count; ++i) from.publish('load', 'message ' + i, {qos: 1}); };
  from.connected ? send() : from.on('connect', send);
}));
"""


def scenario(count):
    return {"groups": [{"name": "publisher", "clients": 1, "qos": 1, "topic": TOPIC}, {"name": "sink", "qos": 1}],
            "stages": [{"do": "connect", "group": "sink"}, {"do": "subscribe", "group": "sink", "filter": TOPIC},
                       {"do": "connect", "group": "publisher"}, {"do": "publish", "rate": count * 100, "seconds": 0.01}]}


def by_stress(mqtrack, port, count, folder):
    file = folder / "scenario.json"
    file.write_text(json.dumps(scenario(count)))
    done = subprocess.run([mqtrack, "stress", f":{port}", file, "--json", "-q"], capture_output=True, text=True, check=True)
    stage = json.loads(done.stdout)["stages"][-1]
    if stage["done"] != count or stage["received"] != count:
        sys.exit(f"load_bench.py: {stage['done']} messages were acknowledged and {stage['received']} received, of {count}")


def by_mosquitto(_, port, count, folder):
    lines = folder / "lines"
    lines.write_text("".join(f"message {number}\n" for number in range(count)))
    # The session is there before the first message is sent.
    sink = ["mosquitto_sub", "-p", str(port), "-q", "1", "-t", TOPIC, "-i", "sink", "-c"]
    subprocess.run([*sink, "-E"], check=True)
    with subprocess.Popen([*sink, "-C", str(count)], stdout=subprocess.DEVNULL), lines.open() as stdin:
        subprocess.run(["mosquitto_pub", "-p", str(port), "-q", "1", "-t", TOPIC, "-l"], stdin=stdin, check=True)


def by_mqttjs(_, port, count, folder):
    subprocess.run(["node", "load.js", str(port), str(count)], cwd=folder, check=True)


def has_mqttjs(folder):
    (folder / "load.js").write_text(SCRIPT)
    return shutil.which("npm") and subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "mqtt@5"], cwd=folder,
                                                  capture_output=True, check=False, timeout=300).returncode == 0


def measured(way, *arguments):
    """Seconds and processor seconds."""
    def used():
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime
    before, begun = used(), time.monotonic()
    way(*arguments)
    return time.monotonic() - begun, used() - before


def throughput(mqtrack, folder, count, rounds, with_npm):
    ways = {"mqtrack stress": by_stress, "mosquitto_pub, mosquitto_sub": by_mosquitto}
    if with_npm and has_mqttjs(folder):
        ways["mqtt.js"] = by_mqttjs
    else:
        print("mqtt.js: not tried, " + ("npm could not fetch it" if with_npm else "this is a smoke run"))
    best = dict.fromkeys(ways, (float("inf"), float("inf")))
    for _ in range(rounds):
        for name, way in ways.items():
            broker = Broker(folder, free_port(), config="max_queued_messages 0\nmax_inflight_messages 0\n")
            best[name] = min(best[name], measured(way, mqtrack, broker.port, count, folder))
            broker.stop()
    print(f"{count:,} messages of QoS 1, one publisher and one subscriber, start and connection included\n")
    print(f"{'':30} {'messages/s':>10} {'of stress':>9} {'µs of processor each':>21}")
    for name, (seconds, processor) in best.items():
        print(f"{name:30} {count / seconds:10,.0f} {best['mqtrack stress'][0] / seconds:8.2f}x {processor / count * 1e6:21.1f}")


def connections(mqtrack, folder, count, seconds):
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, count + 1000), most))
    broker = Broker(folder, free_port())
    file = folder / "connections.json"
    file.write_text(json.dumps({"groups": [{"name": "clients", "clients": count}],
                                "stages": [{"do": "connect", "over": seconds}, {"do": "disconnect"}]}))
    done = subprocess.run([mqtrack, "stress", f":{broker.port}", file, "--json", "-q"], capture_output=True, text=True, check=False)
    broker.stop()
    if done.returncode != 0:
        sys.exit(f"load_bench.py: {done.stderr}")
    stage = json.loads(done.stdout)["stages"][0]
    print(f"\n{stage['done']:,} of {count:,} connections from one process, in {stage['seconds']:.0f} s")
    return stage["done"] == count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mqtrack", type=lambda name: pathlib.Path(name).resolve())
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-load-"))
    try:
        if options.check:
            options.messages, options.connections, options.rounds = 500, 100, 1
        throughput(options.mqtrack, folder, options.messages, options.rounds, not options.check)
        return 0 if connections(options.mqtrack, folder, options.connections, 1 if options.check else 30) else 1
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
