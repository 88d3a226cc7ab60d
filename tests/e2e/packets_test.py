"""Whose message was it: what the broker allocates while it handles a packet carries the packet, the client, the topic."""
import json
import socket
import ssl
import subprocess
import sys
import unittest

from harness.broker import Broker, TlsListener
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import PROGRAMS
from harness.processes import accepts, children_of, free_port
from harness.waiting import wait_until
from harness.web_socket import REQUEST

SESSIONS = 200
TOPICS = 60
PAYLOAD = b"x" * 1000
KEEPERS = {"keeper-a": 3, "keeper-b": 5, "keeper-c": 7}  # messages for each client of programs/message_keepers.c


class PacketsTest(EndToEnd):
    def by(self, label, target, *options):
        """Rows of a target by the value of a label."""
        return {row["label"]: row for row in self.rows("top", target, "--group-by", label, *options)}

    def offline_subscriber(self, port, topic, client_id="store", **options):
        """A session whose messages queue up."""
        with MqttClient(port, client_id, keep_session=True, **options) as client:
            client.subscribe(topic)

    def storm(self, port, **options):
        """One message on each of TOPICS topics."""
        with MqttClient(port, "meter", **options) as client:
            for i in range(TOPICS):
                client.publish(f"sensors/{i + 17}/temp", PAYLOAD)

    def assert_one_topic(self, pid):
        topics = self.by("mqtt_topic", pid, "--by", "inuse_space")
        sensors = [label for label in topics if "sensors" in label and "temp" in label]
        self.assertEqual(sensors, ["sensors/+/temp"])
        self.assertGreater(topics["sensors/+/temp"]["value"], TOPICS * len(PAYLOAD))
        clients = self.by("mqtt_client", pid)
        self.assertGreater(clients["meter"]["value"], TOPICS * len(PAYLOAD))
        self.assertGreater(clients["store"]["value"], 0)
        packets = self.by("mqtt_packet", pid)
        self.assertGreater(packets["PUBLISH"]["value"], TOPICS * len(PAYLOAD))
        self.assertTrue({"CONNECT", "SUBSCRIBE"} <= set(packets), packets)
        self.assert_pictures_agree(self.snapshot(pid, "storm"))

    def assert_pictures_agree(self, file):
        """The boxes below the root of --tag-root are the rows of --group-by; what has no label is there too."""
        clients = self.by("mqtt_client", file)
        folded = self.mqtrack("report", file, "--tag-root", "mqtt_client,mqtt_topic", "--format", "folded", "-o", "-").stdout
        roots, second = {}, set()
        for line in folded.splitlines():
            stack, _, value = line.rpartition(" ")
            client, topic = stack.split(";")[:2]
            roots[client] = roots.get(client, 0) + int(value)
            second.add((client, topic))
        self.assertEqual(set(roots), {f"mqtt_client: {label}" for label, row in clients.items() if row["value"]})
        self.assertIn("mqtt_client: (none)", roots)
        for label in ("meter", "store"):
            self.assertEqual(roots[f"mqtt_client: {label}"], clients[label]["value"])
        self.assertIn(("mqtt_client: meter", "mqtt_topic: sensors/+/temp"), second)
        self.mqtrack("report", file, "--tag-root", "mqtt_client", "--format", "flame", "-o", self.folder / "whose.svg")
        svg = (self.folder / "whose.svg").read_text()
        self.assertIn("<title>mqtt_client: meter\n", svg)

    def test_a_storm_on_many_topics_is_one_row(self):
        broker = self.recorded_broker()
        self.offline_subscriber(broker.port, "sensors/#")
        self.storm(broker.port)
        self.assert_one_topic(broker.pid)

    def secure_listener(self):
        """Its port, and the lines of mosquitto.conf that make it."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=broker",
                        "-keyout", "key.pem", "-out", "cert.pem"], cwd=self.folder, check=True, capture_output=True,
                       timeout=300)
        secure = free_port()
        return secure, ["user root", f"listener {secure} 127.0.0.1", f"certfile {self.folder}/cert.pem",
                        f"keyfile {self.folder}/key.pem"]

    def test_tls(self):
        secure, config = self.secure_listener()
        broker = self.recorded_broker(config=config)
        wait_until("the broker to listen with TLS", lambda: accepts(secure))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        self.offline_subscriber(secure, "sensors/#", tls=context)
        self.storm(secure, tls=context)
        self.assert_one_topic(broker.pid)

    def check_client_libraries(self, broker, port, *options):
        """Three clients of one service: each keeps what its own messages brought, and is told by its id."""
        service = subprocess.Popen([str(word) for word in (*self.recorded(), PROGRAMS / "message_keepers", port, *options)],
                                   env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(service.wait)
        self.addCleanup(service.stdin.close)
        self.addCleanup(service.stdout.close)
        self.assertEqual(service.stdout.readline(), "ready\n")
        kept = 0
        for name, messages in KEEPERS.items():
            for i in range(messages):
                broker.publish(f"keep/{name}/{i + 1000}", ["x"])
                kept += 1
                self.assertEqual(service.stdout.readline(), f"kept {kept}\n")
        pid = wait_until("the service to be a child of mqtrack run", lambda: children_of(service.pid))[0]
        rows = self.rows("top", pid, "--group-by", "mqtt_client", "--focus", "Keep", "--tag-focus", "mqtt_packet=PUBLISH")
        self.assertEqual({row["label"]: row["value"] for row in rows if row["value"] != 0},
                         {name: messages * 1000 for name, messages in KEEPERS.items()})
        topics = self.by("mqtt_topic", pid, "--focus", "Keep")
        self.assertEqual(set(topics) - {"(none)"}, {f"keep/{name}/+" for name in KEEPERS})

    def test_clients_of_libraries(self):
        broker = Broker(self)
        self.check_client_libraries(broker, broker.port)

    def test_clients_of_libraries_with_tls(self):
        secure, config = self.secure_listener()
        broker = Broker(self, config=config)
        wait_until("the broker to listen with TLS", lambda: accepts(secure))
        self.check_client_libraries(broker, secure, self.folder / "cert.pem")

    def test_mqtt_5_with_topic_aliases(self):
        broker = self.recorded_broker()
        self.offline_subscriber(broker.port, "rooms/#", version=5)
        with MqttClient(broker.port, "lamp", version=5) as client:
            client.publish("rooms/4/light", PAYLOAD, alias=3)
            for _ in range(TOPICS):
                client.publish("", PAYLOAD, alias=3)
        topics = self.by("mqtt_topic", broker.pid)
        self.assertGreater(topics["rooms/+/light"]["value"], TOPICS * len(PAYLOAD))

    def test_offline_sessions_with_queued_messages(self):
        broker = self.recorded_broker()
        names = [f"session-{i:03}" for i in range(SESSIONS)]
        for name in names:
            self.offline_subscriber(broker.port, f"jobs/{name}/next", name)
        before = self.snapshot(broker.pid, "before")
        # Each session by its own client id: what its CONNECT and its SUBSCRIBE made, and is still there.
        clients = self.by("mqtt_client", before)
        self.assertEqual([name for name in names if name not in clients], [])
        least = min(clients[name]["value"] for name in names)
        self.assertGreater(least, 500)  # a client context alone is larger
        with MqttClient(broker.port, "dispatcher") as client:
            for name in names:
                client.publish(f"jobs/{name}/next", PAYLOAD)
        after = self.snapshot(broker.pid, "after")
        # The queues were caused by the dispatcher, and grew by a message each.
        growth = self.diff(before, after, "--group-by", "mqtt_client")
        self.assertEqual(growth[0]["label"], "dispatcher")
        self.assertGreater(growth[0]["growth"], SESSIONS * len(PAYLOAD))
        self.assertEqual([row["label"] for row in growth if row["label"] in names and row["growth"] != 0], [])
        # By topic: what is queued is 200 topics of one message each, which are one row.
        topics = self.diff(before, after, "--group-by", "mqtt_topic")
        grown = {row["label"]: row["growth"] for row in topics if row["growth"] >= len(PAYLOAD)}
        self.assertEqual(set(grown) - {"(none)"}, {"jobs/session-+/next"})
        self.assertGreater(grown["jobs/session-+/next"], SESSIONS * len(PAYLOAD))
        text = self.mqtrack("diff", before, after, "--group-by", "mqtt_client").stdout
        self.assertIn("mqtt_client=dispatcher", text.splitlines()[1])
        # Each session's own share in a picture.
        folded = self.mqtrack("report", after, "--tag-root", "mqtt_client", "--format", "folded", "-o", "-").stdout
        drawn = {line.split(";")[0].removeprefix("mqtt_client: ") for line in folded.splitlines()}
        self.assertEqual(set(names) - drawn, set())

    def test_switched_off(self):
        self.environment["MQTRACK_WITHOUT"] = "packets"
        broker = self.recorded_broker()
        self.storm(broker.port)
        for label in ("mqtt_packet", "mqtt_client", "mqtt_topic"):
            self.assertEqual(set(self.by(label, broker.pid)), {"(none)"})

    def web_socket_broker(self):
        """One that listens for web sockets too, and the port."""
        port = free_port()
        broker = self.recorded_broker(config=[f"listener {port} 127.0.0.1", "protocol websockets"])
        wait_until("the broker to listen for WebSockets", lambda: accepts(port))
        return broker, port

    def assert_followed_over_web_sockets(self, broker):
        """The two clients of a storm: their packets are counted, and nothing is said to be missing."""
        done = self.mqtrack("top", broker.pid, "--group-by", "mqtt_client", "--format", "json")
        self.assertNotIn("WebSockets", done.stderr)
        table = json.loads(done.stdout)
        work = table["work"]
        self.assertEqual(work["received"], {"CONNECT": 2, "PUBLISH": TOPICS, "SUBSCRIBE": 1, "DISCONNECT": 2})
        self.assertEqual(work["sent"], {"CONNACK": 2, "PUBACK": TOPICS, "SUBACK": 1})
        state = table["mqtt_state"]
        self.assertEqual((state["complete"], state["sessions"], state["offline_sessions"], state["subscriptions"]),
                         (True, 1, 1, 1))

    def test_a_storm_over_web_sockets(self):
        broker, port = self.web_socket_broker()
        self.offline_subscriber(port, "sensors/#", web_socket=True)
        self.storm(port, web_socket=True)
        self.assert_one_topic(broker.pid)
        self.assert_followed_over_web_sockets(broker)
        with MqttClient(port, "browser", web_socket=True) as client:
            client.publish("large", b"x" * 100_000)  # in many reads
            sockets = self.by("mqtt_client", broker.pid, "--by", "fds")
            self.assertEqual(sockets["browser"]["value"], 1)

    def test_a_web_socket_that_is_asked_for_in_another_way(self):
        broker, port = self.web_socket_broker()
        requests = {"shouting": REQUEST.replace(b"Sec-WebSocket-Key", b"SEC-WEBSOCKET-KEY"),
                    "long": REQUEST.replace(b"Upgrade:", b"Cookie: " + b"x" * 2100 + b"\r\nUpgrade:", 1)}
        for name, request in requests.items():
            with MqttClient(port, name, web_socket=request) as client:
                client.publish(f"kept/{name}", PAYLOAD, retain=True)
        clients = self.by("mqtt_client", broker.pid)
        for name in requests:
            self.assertGreater(clients[name]["value"], len(PAYLOAD), name)
        work = json.loads(self.mqtrack("top", broker.pid, "--format", "json").stdout)["work"]
        self.assertEqual((work["received"]["CONNECT"], work["received"]["PUBLISH"]), (2, 2))

    def test_what_is_not_followed_gets_no_labels_of_others(self):
        broker, port = self.web_socket_broker()
        with MqttClient(port, "before", web_socket=True) as client:
            client.publish("kept/before", PAYLOAD, retain=True)
            before = self.by("mqtt_client", broker.pid)["before"]
            with socket.create_connection(("127.0.0.1", port), timeout=300) as other:
                other.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n")
                other.recv(1)
            self.assertEqual(self.by("mqtt_client", broker.pid)["before"], before)

    def test_a_storm_over_web_sockets_with_tls(self):
        secure = TlsListener(self)
        broker = self.recorded_broker(config=["user root", *secure.config, "protocol websockets"])
        secure.wait()
        self.offline_subscriber(secure.port, "sensors/#", web_socket=True, tls=secure.context)
        self.storm(secure.port, web_socket=True, tls=secure.context)
        self.assert_one_topic(broker.pid)
        self.assert_followed_over_web_sockets(broker)

    def test_several_packets_in_one_read_of_a_web_socket(self):
        broker, port = self.web_socket_broker()
        self.offline_subscriber(port, "#", web_socket=True)
        with MqttClient(port, "browser", web_socket=True) as client:
            client.publish_at_once({"alpha": PAYLOAD[:100], "beta": PAYLOAD[:100]})
        topics = self.by("mqtt_topic", broker.pid)
        self.assertEqual({"alpha", "beta"} & set(topics), set(), "which of them made what cannot be told")
        self.assertIn("(several)", topics)

    def test_what_a_web_socket_compresses_is_told(self):
        broker, port = self.web_socket_broker()
        with socket.create_connection(("127.0.0.1", port), timeout=300) as client:
            client.sendall(REQUEST)
            self.assertTrue(client.recv(64).startswith(b"HTTP/1.1 101"))
            self.assertNotIn("WebSockets", self.mqtrack("top", broker.pid, "--group-by", "mqtt_client").stderr)
            client.sendall(b"\xc2\x85\x01\x02\x03\x04abcde")

            def is_told():
                said = self.mqtrack("top", broker.pid, "--group-by", "mqtt_client").stderr
                return ("1 connection went over to WebSockets, and could not be followed there; all values are complete" in said)
            wait_until("it to be told", is_told)
            self.assertNotIn("WebSockets", self.mqtrack("top", broker.pid).stderr)

    def test_a_web_server_gets_no_labels(self):
        port = free_port()
        (self.folder / "page.txt").write_text(" page\n" * 1000)
        server = self.start("server", *self.recorded(), sys.executable, "-B", "-m", "http.server", port, "--bind",
                            "127.0.0.1", "--directory", self.folder)
        wait_until("the server to listen", lambda: accepts(port))
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port), 30) as connection:
                connection.sendall(b"GET /page.txt HTTP/1.0\r\n\r\n")
                answer = b""
                while piece := connection.recv(65536):
                    answer += piece
            self.assertTrue(answer.endswith(b" page\n" * 1000))
        logs = sorted(self.log_dir.glob("*.log"), key=lambda log: log.stat().st_mtime)
        self.assertEqual(len(logs), 1, server.text())
        self.assertEqual(set(self.by("mqtt_packet", logs[0])), {"(none)"})


if __name__ == "__main__":
    unittest.main()
