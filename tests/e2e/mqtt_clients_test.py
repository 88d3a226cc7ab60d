"""Clients and subscriptions that a service holds through libmosquitto or Paho C: exactly those that are alive."""
import subprocess
import unittest

from harness.broker import Broker
from harness.case import EndToEnd
from harness.paths import PROGRAMS
from harness.processes import children_of
from harness.waiting import wait_until


class MqttClientsTest(EndToEnd):
    def counts(self, program):
        """What each client holds, by the label mqtt_client, and all subscriptions by mqtt_topic."""
        broker = Broker(self)
        command = [str(word) for word in (*self.recorded(), PROGRAMS / program, broker.port)]
        with open(self.folder / "errors", "wb") as errors:
            process = subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=errors)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)
        line = process.stdout.readline()
        self.assertEqual(line, b"ready\n", (self.folder / "errors").read_text())
        pid = wait_until("the program to be a child of mqtrack run", lambda: children_of(process.pid))[0]
        snapshot = self.snapshot(pid, program)

        def by(sample_type, label):
            rows = self.rows("top", snapshot, "--by", sample_type, "--group-by", label)
            return {row["label"]: row["value"] for row in rows if row["value"] != 0}
        functions = {row["function"] for row in self.rows("top", snapshot, "--by", "mqtt_subscriptions")}
        return by("mqtt_clients", "mqtt_client"), by("mqtt_subscriptions", "mqtt_client"), \
            by("mqtt_subscriptions", "mqtt_topic"), functions

    def test_libmosquitto(self):
        clients, subscriptions, topics, functions = self.counts("mosquitto_clients")
        self.assertEqual(clients, {"kept": 1, "clean": 1, "(generated)": 1})
        self.assertEqual(subscriptions, {"kept": 5, "clean": 1})
        self.assertEqual(topics, {"rooms/+/light": 1, "replies/+": 4, "several/+": 1})
        self.assertEqual(functions, {"Subscribe", "main"})

    def test_paho(self):
        clients, subscriptions, topics, functions = self.counts("paho_clients")
        self.assertEqual(clients, {"kept": 1, "five": 1, "async": 1})
        self.assertEqual(subscriptions, {"kept": 5, "five": 1})
        self.assertEqual(topics, {"rooms/+/light": 1, "replies/+": 3, "several/+": 1, "five/a": 1})
        self.assertEqual(functions, {"main"})


if __name__ == "__main__":
    unittest.main()
