"""What a service did: the MQTT packets that it received and sent are counted, each once, and growth is put beside them."""
import json
import sys
import textwrap
import unittest

from harness.broker import Broker, TlsListener
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import find_program
from harness.waiting import wait_until

CLIENTS, MESSAGES = 12, 15


class WorkTest(EndToEnd):
    def table(self, *arguments):
        return json.loads(self.mqtrack(*arguments, "--format", "json", "-n", "0").stdout)

    def storm(self, port, clients=CLIENTS, messages=MESSAGES, **options):
        """Each client subscribes to one topic, publishes to another, and goes."""
        for number in range(clients):
            with MqttClient(port, f"storm{number}", **options) as client:
                client.subscribe(f"quiet/{number}")
                for _ in range(messages):
                    client.publish("news", b"x" * 300)

    def of_storm(self, clients=CLIENTS, messages=MESSAGES):
        return {"received": {"CONNECT": clients, "PUBLISH": clients * messages, "SUBSCRIBE": clients,
                             "DISCONNECT": clients},
                "sent": {"CONNACK": clients, "PUBACK": clients * messages, "SUBACK": clients},
                "uncounted_senders": 0}

    def test_of_a_broker(self):
        broker = self.recorded_broker()
        self.assertEqual(self.table("top", broker.pid)["work"], {"received": {}, "sent": {}, "uncounted_senders": 0})
        self.assertNotIn("\n  work", self.mqtrack("top", broker.pid).stdout)
        self.storm(broker.port)
        before = self.snapshot(broker.pid, "before")
        self.assertEqual(self.table("top", before)["work"], self.of_storm())
        self.storm(broker.port, clients=3)
        after = self.snapshot(broker.pid, "after")
        self.assertEqual(self.table("diff", before, after)["work"], self.of_storm(clients=3))
        self.assertIn("\n  work  received 45 PUBLISH, 3 CONNECT, 3 SUBSCRIBE, 3 DISCONNECT; sent 45 PUBACK, 3 CONNACK, "
                      "3 SUBACK\n", self.mqtrack("diff", before, after).stdout)
        self.assertIn("\nMQTT packets: received 45 PUBLISH", self.mqtrack("diff", before, after, "--format", "markdown").stdout)
        self.assertIn("\n  work  no MQTT packets in between\n", self.mqtrack("diff", after, broker.pid).stdout)

    def test_of_a_broker_with_tls(self):
        secure = TlsListener(self)
        broker = self.recorded_broker(config=["user root", *secure.config])
        secure.wait()
        self.storm(secure.port, tls=secure.context)
        self.assertEqual(self.table("top", broker.pid)["work"], self.of_storm())

    def test_of_what_is_forwarded(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "store", keep_session=True) as client:
            client.subscribe("news")
        self.storm(broker.port, clients=1, messages=40)
        # The client never acknowledges: of its queue the broker sends what may be under way at a time, which is 20.
        reader = MqttClient(broker.port, "store", keep_session=True)
        self.addCleanup(reader.close)
        wait_until("as many as may be under way",
                   lambda: self.table("top", broker.pid)["work"]["sent"].get("PUBLISH") == 20)

    def test_of_a_client(self):
        broker = Broker(self)
        self.mqtrack("run", "--snapshot-at-exit", "client.pb.gz", "--", find_program("mosquitto_pub"), "-h", "127.0.0.1",
                     "-p", broker.port, "-q", "1", "-t", "news", "-m", "hello", "--repeat", "25")
        work = self.table("top", "client.pb.gz")["work"]
        self.assertEqual(work, {"received": {"CONNACK": 1, "PUBACK": 25},
                                "sent": {"CONNECT": 1, "PUBLISH": 25, "DISCONNECT": 1}, "uncounted_senders": 0})

    def test_of_connections_that_were_open_before_the_attach(self):
        broker = Broker(self, config=["user root"])  # this test's folder of logs is root's
        with MqttClient(broker.port, "early") as early:
            early.publish("news", b"x")
            self.mqtrack("attach", broker.pid)
            before = self.snapshot(broker.pid, "before")
            for _ in range(30):
                early.publish("news", b"x")
            work = self.table("diff", before, broker.pid)["work"]
            self.assertEqual(work, {"received": {"PUBLISH": 30}, "sent": {"PUBACK": 30}, "uncounted_senders": 0})
            self.storm(broker.port)
        self.mqtrack("detach", broker.pid)

    def test_a_forked_child_begins_anew(self):
        broker = Broker(self)
        script = self.folder / "forks.py"
        script.write_text(textwrap.dedent(f"""
            import os, sys
            sys.path.insert(0, {str(sys.path[0])!r})
            from harness.mqtt_client import MqttClient
            with MqttClient({broker.port}, "parent") as client:
                client.publish("news", b"x")
                if os.fork() == 0:
                    for _ in range(2): client.publish("news", b"x")
                    os._exit(0)
                os.wait()
        """))
        self.mqtrack("run", "--snapshot-at-exit", f"{self.folder}/all/", "--", sys.executable, "-B", script)
        works = [self.table("top", file)["work"] for file in sorted((self.folder / "all").glob("*.pb.gz"))]
        self.assertEqual(sorted((work["sent"].get("CONNECT", 0), work["sent"]["PUBLISH"], work["received"]["PUBACK"])
                                for work in works), [(0, 2, 2), (1, 1, 1)])

    def test_where_packets_are_not_followed_nothing_is_said(self):
        self.environment["MQTRACK_WITHOUT"] = "packets"
        broker = self.recorded_broker()
        self.storm(broker.port, clients=1)
        self.assertNotIn("work", self.table("top", broker.pid))
        self.assertNotIn("\n  work", self.mqtrack("top", broker.pid).stdout)

    def test_growth_for_each_packet(self):
        broker = self.recorded_broker("leaky", leak_bytes=24)
        with MqttClient(broker.port, "warm") as client:
            client.publish("news", b"x")
        before = self.snapshot(broker.pid, "before")
        with MqttClient(broker.port, "leak") as client:
            for _ in range(200):
                client.publish("news", b"x")
        after = self.snapshot(broker.pid, "after")
        row = self.table("diff", before, after)["sites"][0]
        self.assertEqual(row["per_packet"], {"packet": "PUBLISH", "direction": "received", "packets": 200, "value": 24,
                                             "exact": True, "objects": 1})
        limit = ("gate", "--base", before, after, "--per", "PUBLISH", "--max-growth")
        self.assertIn("PUBLISH received", self.mqtrack(*limit, "23", expect=1).stdout)
        self.mqtrack(*limit, "64")
        self.assertIn("no SUBSCRIBE", self.mqtrack("gate", "--base", before, after, "--per", "SUBSCRIBE", "--max-growth",
                                                   "64", expect=3).stdout)
        text = self.mqtrack("diff", before, after).stdout
        self.assertIn(" in 200 objects: 24 bytes in 1 object for each of 200 PUBLISH received.\n", text)


if __name__ == "__main__":
    unittest.main()
