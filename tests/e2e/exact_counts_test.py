"""What the recorder counts is what there is: after five hundred connects, and at any instant, as /proc shows it."""
import contextlib
import itertools
import os
import pathlib
import random
import signal
import sys
import threading
import unittest

from harness.broker import Broker
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import TELEMETRY
from harness.processes import children_of
from harness.waiting import wait_until

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "recorder"))
from recorder_log import DESCRIPTOR, THREAD, RecorderLog  # pylint: disable=wrong-import-position

CONNECTS = 500
INSTANTS = 25
TYPES = ("fds", "threads", "timers", "mqtt_clients", "mqtt_subscriptions", "inuse_objects", "inuse_space")


class Churn:
    """Does one thing after the other, on a thread of its own, until it is stopped."""

    def __init__(self, step):
        self.done, self._step, self._stop, self._error = 0, step, False, None
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        try:
            while not self._stop:
                with self._turn:
                    self._step(self.done)
                    self.done += 1
        except (OSError, AssertionError) as error:
            self._error = error

    def paused(self):
        return self._turn

    def go_on(self, steps):
        goal = self.done + steps
        wait_until(f"{steps} steps of churn", lambda: self.done >= goal or not self._thread.is_alive())
        if self._error is not None:
            raise AssertionError("the churn has ended") from self._error

    def stop(self):
        self._stop = True
        self._thread.join()


def states(pid):
    """Of all threads."""
    found = set()
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found.add((task / "stat").read_text().rpartition(")")[2].split()[0])
    return found


@contextlib.contextmanager
def frozen(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until("the process to stand still", lambda: states(pid) <= {"T", "Z"})
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class ExactCountsTest(EndToEnd):
    def log(self, pid):
        [path] = self.log_dir.glob(f"{pid}-*.log")
        return RecorderLog(path)

    def descriptors_off(self, pid):
        """Descriptors that the log has and /proc has not, or the other way round."""
        really_open = {int(number) for number in os.listdir(f"/proc/{pid}/fd")}
        return len(set(self.log(pid).of_kind(DESCRIPTOR)) ^ really_open)

    def threads_off(self, pid):
        """How many more run than the kernel has: it still has some of those that have ended."""
        running = sum(n for labels, n in self.log(pid).things(THREAD).items() if ("state", "running") in labels)
        return running + 1 - len(os.listdir(f"/proc/{pid}/task"))

    def check_at_random_instants(self, pid, churn, count_off, most):
        """The process is stopped wherever it is: at most `most` calls may be under way, of which just one side knows. Now
        and then nothing happens for a while, and the counts are the same."""
        self.addCleanup(churn.stop)
        for instant in range(INSTANTS):
            churn.go_on(random.randint(1, 8))
            with frozen(pid):
                self.assertLessEqual(count_off(pid), most)
            if instant % 5 == 4:
                with churn.paused():
                    wait_until("the counts to agree when nothing happens", lambda: count_off(pid) == 0)
        churn.stop()

    def test_descriptors_of_the_broker(self):
        broker = self.recorded_broker()

        def come_and_go(number):
            with contextlib.ExitStack() as stack:
                for i in range(number % 7 + 1):
                    stack.enter_context(MqttClient(broker.port, f"visitor-{i}"))
        self.check_at_random_instants(broker.pid, Churn(come_and_go), self.descriptors_off, most=1)

    def telemetry(self, leak):
        """The sample service, and what makes it work: one reading after the other."""
        broker = Broker(self)
        service = self.start("telemetry", *self.recorded(), TELEMETRY, "--port", broker.port, "--leak", leak,
                             "--report-every", 1)
        service.wait_for_line("ready 0")
        pid = wait_until("the service to be a child of mqtrack run", lambda: children_of(service.pid))[0]
        client = MqttClient(broker.port, "meter")
        self.addCleanup(client.__exit__)

        def read(number):
            client.publish("telemetry/device-1/temperature", str(number % 40).encode())
            service.wait_for_line(f"processed {number + 1}")
        return pid, Churn(read)

    def test_descriptors_of_the_telemetry_service(self):
        pid, churn = self.telemetry("connection")
        self.check_at_random_instants(pid, churn, self.descriptors_off, most=2)
        self.assertGreater(len(self.log(pid).of_kind(DESCRIPTOR)), INSTANTS)

    def test_threads_of_the_telemetry_service(self):
        pid, churn = self.telemetry("thread")
        self.check_at_random_instants(pid, churn, self.threads_off, most=1)  # one that is being started
        unjoined = sum(n for labels, n in self.log(pid).things(THREAD).items() if ("state", "exited_unjoined") in labels)
        self.assertGreater(unjoined, INSTANTS)

    def totals(self, snapshot):
        return {kind: sum(row["value"] for row in self.rows("top", snapshot, "--by", kind)) for kind in TYPES}

    def test_connects_leave_nothing(self):
        broker = self.recorded_broker()
        visitors = itertools.count()

        def visit(times):
            for _ in range(times):
                with MqttClient(broker.port, f"visitor-{next(visitors) % 50}") as client:
                    client.subscribe("rooms/#")
        visit(60)  # what is met for the first time
        before = self.snapshot(broker.pid, "before")
        visit(CONNECTS)
        after = self.snapshot(broker.pid, "after")
        self.assertEqual(self.totals(after), self.totals(before))
        for kind in TYPES:
            self.assertEqual([row for row in self.diff(before, after, "--by", kind) if row["growth"] != 0], [], kind)
        functions = {row["function"] for row in self.rows("top", after, "--by", "fds")}
        self.assertNotIn("[not seen being made]", functions)


if __name__ == "__main__":
    unittest.main()
