"""Real brokers that are alive at the same time and served in turn, and what each round of traffic costs them.

On a shared machine the same traffic costs a broker a tenth more or less from one second to the next. So each round
serves every broker once, in another order each time, and compares it with the plain broker of the same round,
milliseconds apart: the median of these ratios is right to a few thousandths.
"""
import contextlib
import dataclasses
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

import broker_load

TICK = os.sysconf("SC_CLK_TCK")
BROKER = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.01)
    sys.exit("the broker does not answer")


def broker_pid(process):
    """heaptrack is a script: the broker is its child."""
    for task in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            if (task / "comm").read_text().strip() == "mosquitto" and process.pid in (int(task.name), int(fields[1])):
                return int(task.name)
        except (OSError, IndexError):
            continue
    sys.exit("the broker is not running")


def processor_seconds(pid):
    """User and system time, as ticks of the clock met them: right over many."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICK, int(fields[12]) / TICK


def processor_nanoseconds(pid):
    """User and system time together, of all threads, as the scheduler counts it."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir())


class Broker:
    """A mosquitto that ends with the process that started it."""

    def __init__(self, folder, prefix=(), environment=()):
        self.port = free_port()
        config = pathlib.Path(folder, f"{self.port}.conf")
        config.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nuser root\n")
        self._process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", *prefix, BROKER, "-c", str(config)],
                                         env={**os.environ, **dict(environment)}, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL)
        wait_for(self.port)
        self.pid = broker_pid(self._process)

    def end(self):
        if self._process.poll() is None:
            subprocess.run(["kill", str(self.pid)], check=False)
        self._process.wait(timeout=60)


class UserTime:
    """Counts how often a broker was met in user mode, by `perf record`: a hundred times finer than the kernel's clock."""
    RATE = 10_000  # looks in a second of processor time

    def __init__(self, folder, broker):
        self._file = pathlib.Path(folder, f"{broker.pid}.perf")
        orders, answers = (pathlib.Path(folder, f"{broker.pid}.{name}") for name in ("orders", "answers"))
        for fifo in orders, answers:
            os.mkfifo(fifo)
        self._perf = subprocess.Popen(["chrt", "--other", "0",  # at real-time priority it would wait for itself
                                       "perf", "record", "--quiet", "--event", "cpu-clock:u", "--freq", str(self.RATE),
                                       "--output", str(self._file), "--pid", str(broker.pid), "--delay=-1",
                                       f"--control=fifo:{orders},{answers}"], stdout=subprocess.DEVNULL,
                                      stderr=subprocess.DEVNULL)
        with open(orders, "r+b", buffering=0) as order, open(answers, "r+b", buffering=0) as answer:
            order.write(b"enable\n")
            if not select.select([answer], [], [], 20)[0]:
                sys.exit("perf does not begin to record: may it? (root, and the package linux-perf)")

    def stop(self):
        """The seconds."""
        self._perf.send_signal(signal.SIGINT)
        self._perf.wait(timeout=60)
        looks = subprocess.run(["perf", "script", "--fields", "tid", "--input", str(self._file)], stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, check=True).stdout.count(b"\n")
        self._file.unlink()
        return looks / self.RATE


@dataclasses.dataclass
class Cost:
    """What the rounds of one contender took."""
    nanoseconds: list = dataclasses.field(default_factory=list)  # of the broker's processor time, by round
    rates: list = dataclasses.field(default_factory=list)  # messages a second of the fan-out, by round
    latencies: list = dataclasses.field(default_factory=list)  # seconds until a message was everywhere
    user_seconds: float = 0
    system_seconds: float = 0

    def ratios(self, plain):
        """To the same rounds of `plain`, sorted."""
        return sorted(own / other for own, other in zip(self.nanoseconds, plain.nanoseconds))

    def median_ratio(self, plain):
        return statistics.median(self.ratios(plain))


def serve(broker, messages, window, cost):
    """One round: `messages` of 64 bytes at QoS 1 on 50 topics to ten subscribers, at most `window` of them under way;
    then a twentieth as many connects and disconnects, and subscribes and unsubscribes."""
    before, start = processor_nanoseconds(broker.pid), time.monotonic()
    latencies = broker_load.fan_out(broker.port, messages, window=window)
    cost.rates.append(messages / (time.monotonic() - start))
    cost.latencies += latencies
    broker_load.connect_churn(broker.port, messages // 20)
    broker_load.subscribe_churn(broker.port, messages // 20)
    cost.nanoseconds.append(processor_nanoseconds(broker.pid) - before)


def measure(contenders, folder, messages, rounds, window, with_perf=False, beside=lambda brokers: contextlib.nullcontext()):
    """A Cost for each of `contenders`: name -> (command prefix, environment). Brokers run on one processor, the load on
    another; those with a prefix may have threads of their own, and run where they like. `beside(brokers)`, by name, is a context in
    which they are measured."""
    processors = sorted(os.sched_getaffinity(0))
    brokers, costs = {}, {}
    try:
        for name, (prefix, environment) in contenders.items():
            os.sched_setaffinity(0, processors if prefix else processors[-1:])  # inherited
            brokers[name] = Broker(folder, prefix, environment)
        os.sched_setaffinity(0, processors[:1])
        for broker in brokers.values():
            serve(broker, messages, window, Cost())  # what is met for the first time
        with beside(brokers):
            costs = measure_rounds(brokers, folder, messages, rounds, window, with_perf)
    finally:
        for broker in brokers.values():
            broker.end()
        os.sched_setaffinity(0, processors)
    return costs


def measure_rounds(brokers, folder, messages, rounds, window, with_perf):
    """As measure, of brokers that run."""
    before = {name: processor_seconds(broker.pid) for name, broker in brokers.items()}
    costs = {name: Cost() for name in brokers}
    finer = {name: UserTime(folder, broker) for name, broker in brokers.items()} if with_perf else {}
    for _ in range(rounds):
        for name in random.sample(list(brokers), len(brokers)):
            serve(brokers[name], messages, window, costs[name])
    for name, cost in costs.items():
        after = processor_seconds(brokers[name].pid)
        cost.user_seconds, cost.system_seconds = (now - then for now, then in zip(after, before[name]))
    for name, clock in finer.items():
        costs[name].user_seconds = clock.stop()
    return costs
