"""What a broker has to hold, by the packets that the recorder sees, beside what the broker itself says in $SYS."""
import json
import unittest

from harness.broker import Broker, TlsListener
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import find_program
from harness.processes import accepts, free_port
from harness.waiting import wait_until

TOPICS, REPLACED, OFFLINE = 500, 200, 50
# What the broker calls these figures.
SYS = {"sessions": "clients/total", "connected": "clients/connected", "offline_sessions": "clients/disconnected",
       "subscriptions": "subscriptions/count", "retained": "retained messages/count"}


class BrokerStateTest(EndToEnd):
    def state(self, target):
        return json.loads(self.mqtrack("top", target, "--format", "json", "-n", "0").stdout).get("mqtt_state")

    def broker(self, *config):
        return self.recorded_broker(config=["sys_interval 1", "user root", *config])

    def figures(self, target, *names):
        state = self.state(target)
        self.assertEqual((state["complete"], state["gaps"]), (True, []))
        return tuple(state[name] for name in names)

    def assert_broker_agrees(self, broker):
        """The recorder's figures are the broker's own, with the client that asks for them in both."""
        with MqttClient(broker.port, "referee") as referee:
            last = {}

            def agrees():
                said = referee.read_retained("$SYS/#")
                state = self.state(broker.pid)
                for name, topic in SYS.items():
                    if f"$SYS/broker/{topic}" not in said:  # of this version of the broker a value may expire
                        return False
                    last[name] = (int(said[f"$SYS/broker/{topic}"]), state[name])
                broker_says, own = last["retained"], len(said)  # it counts the messages below $SYS as well
                last["retained"] = (broker_says[0] - own, broker_says[1])
                return all(theirs == ours for theirs, ours in last.values())
            try:
                wait_until("the broker's figures to be the recorder's", agrees)
            except AssertionError as error:
                raise AssertionError(f"{error}: {last}") from error

    def set_replace_and_clear(self, broker, port, **options):
        with MqttClient(port, "fleet", **options) as client:
            for number in range(TOPICS):
                client.publish(f"fleet/{number}", b"first", retain=True)
            for number in range(REPLACED):
                client.publish(f"fleet/{number}", b"second", retain=True)
            full = self.snapshot(broker.pid, "full")
            self.assert_broker_agrees(broker)
            for number in range(TOPICS):
                client.publish(f"fleet/{number}", b"", retain=True)
            cleared = self.snapshot(broker.pid, "cleared")
            self.assert_broker_agrees(broker)
        counted = ("retained", "retained_set", "retained_cleared")
        self.assertEqual(self.figures(full, *counted), (TOPICS, TOPICS + REPLACED, 0))
        self.assertEqual(self.figures(cleared, *counted), (0, TOPICS + REPLACED, TOPICS))
        return full, cleared

    def test_retained_messages(self):
        broker = self.broker()
        self.assertIsNone(self.state(broker.pid))
        idle = self.snapshot(broker.pid, "idle")
        self.assertNotIn("\n  state", self.mqtrack("top", idle).stdout)
        full, cleared = self.set_replace_and_clear(broker, broker.port)
        self.assertIn("\n  state retained 500 (+500; 700 set, 0 cleared), sessions 1 (+1)\n",
                      self.mqtrack("diff", idle, full).stdout)
        self.assertIn("\n  state retained 0 (-500; 0 set, 500 cleared), sessions 1\n",
                      self.mqtrack("diff", full, cleared).stdout)
        self.assertIn("\nThe broker's state: retained 500 (700 set, 0 cleared), sessions 1.\n",
                      self.mqtrack("top", full, "--format", "markdown").stdout)

    def test_retained_messages_with_tls_and_version_5(self):
        secure = TlsListener(self)
        broker = self.broker(*secure.config)
        secure.wait()
        self.set_replace_and_clear(broker, secure.port, tls=secure.context, version=5)

    def test_retained_messages_over_web_sockets(self):
        port = free_port()
        broker = self.broker(f"listener {port} 127.0.0.1", "protocol websockets")
        wait_until("the broker to listen for WebSockets", lambda: accepts(port))
        self.set_replace_and_clear(broker, port, web_socket=True)

    def sessions(self, broker, port, **options):
        counted = ("connected", "sessions", "offline_sessions", "subscriptions")
        for number in range(OFFLINE):
            with MqttClient(port, f"away{number}", keep_session=True, **options) as client:
                client.subscribe(f"fleet/{number}/#")
                client.subscribe("news")
        self.assertEqual(self.figures(broker.pid, *counted), (0, OFFLINE, OFFLINE, 2 * OFFLINE))
        self.assert_broker_agrees(broker)
        with MqttClient(port, "away0", keep_session=True, **options) as client, MqttClient(port, "short", **options) as short:
            client.unsubscribe("news")
            short.subscribe("news")
            short.subscribe("news")
            self.assertEqual(self.figures(broker.pid, *counted), (2, OFFLINE + 1, OFFLINE - 1, 2 * OFFLINE))
            self.assert_broker_agrees(broker)
        for number in range(1, OFFLINE):  # a clean session ends the other
            with MqttClient(port, f"away{number}", **options):
                pass
        self.assertEqual(self.figures(broker.pid, *counted), (0, 1, 1, 1))
        self.assert_broker_agrees(broker)

    def test_sessions_and_subscriptions(self):
        broker = self.broker()
        self.sessions(broker, broker.port)

    def test_sessions_and_subscriptions_with_tls(self):
        secure = TlsListener(self)
        broker = self.broker(*secure.config)
        secure.wait()
        self.sessions(broker, secure.port, tls=secure.context)

    def test_sessions_and_subscriptions_of_version_5(self):
        broker = self.broker()
        self.sessions(broker, broker.port, version=5)

    def test_a_client_that_does_not_acknowledge(self):
        broker = self.broker()
        counted = ("unacknowledged_out", "half_open_in", "wills")
        with MqttClient(broker.port, "mute", keep_session=True, will=("last/words", "gone")) as mute:
            mute.subscribe("news")
            with MqttClient(broker.port, "publisher", will=("others", "gone")) as publisher:
                for _ in range(7):
                    publisher.publish("news", b"x")
                publisher.publish("other", b"x", qos=2, release=False)
                self.assertEqual(self.figures(broker.pid, *counted), (7, 1, 2))
            self.assertEqual(self.figures(broker.pid, *counted), (7, 0, 1))
        self.assertEqual(self.figures(broker.pid, *counted, "offline_sessions"), (7, 0, 0, 1))
        with MqttClient(broker.port, "mute"):
            self.assertEqual(self.figures(broker.pid, *counted, "offline_sessions"), (0, 0, 0, 0))
        self.assertIn("\n  state no sessions, nothing retained\n", self.mqtrack("top", broker.pid).stdout)

    def test_a_client_that_acknowledges(self):
        for options in ({"version": 4}, {"version": 5}, {"keep_session": True}):
            broker = self.broker()
            with MqttClient(broker.port, "reader", **options) as reader, MqttClient(broker.port, "publisher") as publisher:
                reader.subscribe("news")
                for _ in range(9):
                    publisher.publish("news", b"x" * 300)
                self.assertEqual(self.figures(broker.pid, "unacknowledged_out"), (9,))
                for _ in range(7):
                    reader.receive()
                wait_until("the acknowledgements to be read", lambda broker=broker: self.figures(
                    broker.pid, "unacknowledged_out", "half_open_in") == (2, 0))
                publisher.publish("kept", b"x", retain=True)
                self.assertEqual(self.figures(broker.pid, "retained", "subscriptions", "unacknowledged_out"), (1, 1, 2))

    def test_who_is_refused_is_no_client(self):
        passwords = self.folder / "passwords"
        self.folder.chmod(0o755)
        passwords.write_text("")
        broker = self.broker(f"password_file {passwords}", "allow_anonymous false")
        for number in range(3):
            with self.assertRaises(AssertionError):
                MqttClient(broker.port, f"nobody{number}", keep_session=True)
        self.assertEqual(self.figures(broker.pid, "connected", "sessions"), (0, 0))

    def test_a_client_that_goes_without_a_word_has_gone(self):
        broker = self.broker()
        client = MqttClient(broker.port, "rude", will=("last/words", "gone"))
        self.assertEqual(self.figures(broker.pid, "connected", "wills"), (1, 1))
        client.close()
        wait_until("the client to be gone", lambda: self.figures(broker.pid, "connected", "sessions", "wills") == (0, 0, 0))

    def test_what_is_not_known_is_said(self):
        broker = Broker(self, config=["user root"])  # this test's folder of logs is root's
        with MqttClient(broker.port, "early") as early:
            early.publish("before", b"x", retain=True)
            self.mqtrack("attach", broker.pid)
            for number in range(3):
                early.publish(f"after/{number}", b"x", retain=True)
            with MqttClient(broker.port, "late"):
                state = self.state(broker.pid)
        self.assertEqual((state["complete"], state["gaps"]), (False, ["attached"]))
        self.assertIn(state["retained"], (2, 3))  # the first packet of a connection that was open proves that it is one
        self.assertEqual(state["connected"], 1)
        self.assertIn("; not counted: what was there before the attach\n", self.mqtrack("top", broker.pid).stdout)
        self.mqtrack("detach", broker.pid)

    def test_a_daemon_is_a_broker_from_its_start(self):
        broker = self.recorded_broker(daemon=True)
        with MqttClient(broker.port, "client") as client:
            client.publish("news", b"x", retain=True)
            self.assertEqual(self.figures(broker.pid, "connected", "retained"), (1, 1))

    def test_a_client_is_no_broker(self):
        broker = Broker(self)
        self.mqtrack("run", "--snapshot-at-exit", "client.pb.gz", "--", find_program("mosquitto_pub"), "-h", "127.0.0.1",
                     "-p", broker.port, "-q", "1", "-r", "-t", "news", "-m", "hello")
        self.assertIsNone(self.state("client.pb.gz"))


if __name__ == "__main__":
    unittest.main()
