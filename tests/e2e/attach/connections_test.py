"""Connections that were open before the attach: followed from where a packet begins, named by their peer, and said."""
import os
import socket
import ssl
import subprocess
import unittest

from attached import Attached
from harness.broker import Broker
from harness.mqtt_client import MqttClient
from harness.paths import find_program
from harness.processes import accepts, free_port
from harness.waiting import wait_until

PEER = "(peer 127.0.0.1)"
MESSAGES, PAYLOAD = 40, "x" * 1000


class ConnectionsTest(Attached):
    def broker(self):
        """Of this user: it writes its log where the test's are."""
        return Broker(self, config=["user root"] if os.getuid() == 0 else [])

    def by(self, label, target, *options):
        """Rows of a target by the value of a label."""
        return {row["label"]: row for row in self.rows("top", target, "--group-by", label, *options)}

    def note(self, target, *options):
        """What is said of labels that are missing."""
        return self.mqtrack("top", target, *options).stderr

    def real_publisher(self, port, topic):
        """mosquitto_pub, connected; a line to its standard input is a message."""
        client = subprocess.Popen([find_program("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(port), "-q", "1",
                                   "-i", "meter", "-t", topic, "-l"], stdin=subprocess.PIPE, text=True)
        self.addCleanup(client.wait)
        self.addCleanup(client.stdin.close)
        return client

    def real_subscriber(self, port, topic):
        """mosquitto_sub, subscribed: it has got the retained message."""
        with MqttClient(port, "retainer") as client:
            client.publish(topic, b"ready", retain=True)
        client = subprocess.Popen([find_program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(port), "-q", "1",
                                   "-i", "reader", "-t", topic, "-F", "%l"], stdout=subprocess.PIPE, text=True)
        self.addCleanup(client.stdout.close)
        self.addCleanup(client.wait)
        self.addCleanup(client.terminate)
        self.assertEqual(client.stdout.readline(), "5\n")
        return client

    def send(self, publisher, subscriber, count=MESSAGES):
        """All have arrived, so the broker has handled them."""
        for _ in range(count):
            publisher.stdin.write(PAYLOAD + "\n")
        publisher.stdin.flush()
        for _ in range(count):
            self.assertEqual(subscriber.stdout.readline(), f"{len(PAYLOAD)}\n")

    def store(self, port, topic, **options):
        """A session whose messages queue up."""
        with MqttClient(port, "store", keep_session=True, **options) as client:
            client.subscribe(topic)

    def test_real_clients_of_the_real_broker(self):
        broker = self.broker()
        topic = "sensors/17/temp"
        self.store(broker.port, topic)
        subscriber, publisher = self.real_subscriber(broker.port, topic), self.real_publisher(broker.port, topic)
        self.send(publisher, subscriber, 1)
        self.attach(broker.pid)
        before = self.snapshot(broker.pid, "before")
        self.assertIn("has no mqtt_client: what is made between packets has none, and", self.note(before, "--group-by", "mqtt_client"))
        self.assertRegex(self.note(before, "--group-by", "mqtt_client"),
                         r"\d\S* [KM]iB was there before the attach; 2 connections were open before the recording began, not known to be MQTT so far")
        self.send(publisher, subscriber)
        after = self.snapshot(broker.pid, "after")
        clients = self.by("mqtt_client", after)
        self.assertEqual(set(clients), {PEER, "(none)"})
        self.assertGreaterEqual(clients[PEER]["value"], MESSAGES * len(PAYLOAD))
        topics = self.by("mqtt_topic", after)
        self.assertGreaterEqual(topics["sensors/+/temp"]["value"], (MESSAGES - 1) * len(PAYLOAD))
        self.assertEqual(set(topics), {"sensors/+/temp", "(none)"})
        # Their sockets too; the reader has acknowledged the messages.
        self.assertEqual(self.by("mqtt_client", after, "--by", "fds")[PEER]["value"], 2)
        said = "2 connections were open before the recording began (2 have turned out to be MQTT, and are followed since"
        self.assertIn(said + " as (peer ADDRESS), since who they are was said before)", self.note(after, "--group-by", "mqtt_client"))
        self.assertIn(said + ")", self.note(after, "--group-by", "mqtt_topic"))
        self.assertIn(said, self.mqtrack("diff", before, after, "--group-by", "mqtt_topic").stderr)
        report = self.mqtrack("report", after, "--tag-root", "mqtt_topic", "--format", "folded", "-o", "-")
        self.assertIn(said, report.stderr)
        self.assertNotIn("was open before", self.note(after))
        # Who connects from now on has a name.
        with MqttClient(broker.port, "late") as client:
            client.publish(topic, PAYLOAD.encode())
        self.assertIn("late", self.by("mqtt_client", broker.pid))

    def test_subscriptions_name_their_topics(self):
        for version in (4, 5):
            broker = self.broker()
            with MqttClient(broker.port, "early", version=version) as client:
                self.attach(broker.pid)
                client.subscribe("rooms/12345/light")
                rows = self.by("mqtt_topic", broker.pid, "--tag-focus", "mqtt_packet=SUBSCRIBE")
                self.assertGreater(rows["rooms/+/light"]["value"], 0, version)
                self.assertEqual(self.by("mqtt_client", broker.pid, "--tag-focus", "mqtt_packet=SUBSCRIBE").keys(), {PEER})
            broker.stop()

    def test_topic_aliases_that_were_given_before(self):
        broker = self.broker()
        self.store(broker.port, "rooms/#", version=5)
        with MqttClient(broker.port, "lamp", version=5) as client:
            client.publish("rooms/4/light", b"on", alias=3)
            self.attach(broker.pid)
            client.publish("rooms/5/door", PAYLOAD.encode())
            for _ in range(MESSAGES):
                client.publish("", PAYLOAD.encode(), alias=3)
            rows = self.by("mqtt_topic", broker.pid)
            self.assertGreaterEqual(rows["(other)"]["value"], MESSAGES * len(PAYLOAD))
            self.assertGreaterEqual(rows["rooms/+/door"]["value"], len(PAYLOAD))

    def test_with_tls(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=broker",
                        "-keyout", "key.pem", "-out", "cert.pem"], cwd=self.folder, check=True, capture_output=True, timeout=300)
        secure = free_port()
        broker = Broker(self, config=["user root", f"listener {secure} 127.0.0.1", f"certfile {self.folder}/cert.pem",
                                      f"keyfile {self.folder}/key.pem"])
        wait_until("the broker to listen with TLS", lambda: accepts(secure))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.store(secure, "rooms/#", tls=context)
        with MqttClient(secure, "lamp", tls=context) as client:
            self.attach(broker.pid)
            for _ in range(MESSAGES):
                client.publish("rooms/4/light", PAYLOAD.encode())
            self.assertGreaterEqual(self.by("mqtt_topic", broker.pid)["rooms/+/light"]["value"], (MESSAGES - 1) * len(PAYLOAD))
            self.assertIn("(open before)", self.by("mqtt_client", broker.pid))

    def test_clients_of_libraries(self):
        broker = self.broker()
        keepers = subprocess.Popen([os.environ["MQTRACK_E2E_KEEPERS"], str(broker.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(keepers.wait)
        self.addCleanup(keepers.stdout.close)
        self.addCleanup(keepers.stdin.close)
        self.assertEqual(keepers.stdout.readline(), "ready\n")
        self.attach(keepers.pid)
        for kept, name in enumerate(("keeper-a", "keeper-b", "keeper-c") * 3, 1):
            broker.publish(f"keep/{name}/1000", ["x"])
            self.assertEqual(keepers.stdout.readline(), f"kept {kept}\n")
        topics = self.by("mqtt_topic", keepers.pid, "--focus", "Keep", "--tag-focus", "mqtt_packet=PUBLISH")
        self.assertEqual({label: row["value"] for label, row in topics.items()},
                         {f"keep/keeper-{letter}/+": 3000 for letter in "abc"})

    def test_other_protocols_are_not_taken_for_mqtt(self):
        broker = self.broker()
        with socket.create_connection(("127.0.0.1", broker.port)) as silent:
            self.attach(broker.pid)
            silent.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            try:
                self.assertEqual(silent.recv(1), b"")
            except ConnectionResetError:
                pass  # the broker has dropped it, one way or the other
        self.assertEqual(set(self.by("mqtt_client", broker.pid)), {"(none)"})


if __name__ == "__main__":
    unittest.main()
