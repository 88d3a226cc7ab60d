"""mqtrack owners says of each client of the stock broker whether it is there, and what waits for it."""
import json
import time
import unittest

from harness.broker import Broker, TlsListener
from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.waiting import wait_until

SESSIONS, MESSAGES = 50, 200
NOTHING = {"state": None, "since_time_nanos": None, "messages": None, "queued": None, "inflight": None,
           "half_received": None, "subscriptions": None}


class ClientStatesTest(EndToEnd):
    def clients(self, target):
        report = json.loads(self.mqtrack("owners", target, "--json", "-n", "0").stdout)
        for owner in report["owners"]:
            self.assertEqual("client" in owner, owner["kind"] == "client")
        return {owner["name"]: owner["client"] for owner in report["owners"] if owner["kind"] == "client"}

    def assert_state(self, client, **expected):
        self.assertEqual({name: client[name] for name in expected}, expected)

    def publish(self, port, topic, count, **options):
        with MqttClient(port, "publisher") as client:
            for number in range(count):
                client.publish(topic, b"a payload, number %04d" % number, **options)

    def test_offline_sessions_with_queues_and_connected_clients(self):
        broker = self.recorded_broker()
        began = time.time()
        for number in range(SESSIONS):
            with MqttClient(broker.port, f"pump{number}", keep_session=True) as client:
                for filter_number in range(1 + number % 3):
                    client.subscribe(f"room/{filter_number}" if filter_number else "room/#")
        with MqttClient(broker.port, "watcher") as watcher, MqttClient(broker.port, "idle", keep_session=True):
            watcher.subscribe("other/#")
            watcher.subscribe("more/#")
            self.publish(broker.port, "room/a", MESSAGES)
            clients = self.clients(broker.pid)
            self.assertEqual(set(clients), {f"pump{number}" for number in range(SESSIONS)} | {"watcher", "idle"})
            for number in range(SESSIONS):
                pump = clients[f"pump{number}"]
                self.assert_state(pump, state="offline", messages=MESSAGES, queued=MESSAGES, inflight=0, half_received=0,
                                  subscriptions=1 + number % 3)
                self.assertGreaterEqual(pump["since_time_nanos"] / 1e9, began - 1)
                self.assertLessEqual(pump["since_time_nanos"] / 1e9, time.time() + 1)
            self.assert_state(clients["watcher"], state="connected", messages=0, queued=0, inflight=0, subscriptions=2)
            self.assert_state(clients["idle"], state="connected", messages=0, queued=0, inflight=0, subscriptions=0)
            text = self.mqtrack("owners", broker.pid, "-n", "0").stdout
            self.assertRegex(text, r"(?m)client pump0\n +offline for .*, 200 queued, 0 inflight, 1 subscription$")
            self.assertRegex(text, r"(?m)client watcher\n +connected, 0 queued, 0 inflight, 2 subscriptions$")
            self.assertIn(f"{SESSIONS + 2} MQTT clients' (2 connected, {SESSIONS} offline)", text)
        self.assertNotIn("watcher", self.clients(broker.pid))
        # One comes back, and takes what has waited.
        with MqttClient(broker.port, "pump0", keep_session=True) as client:
            for _ in range(MESSAGES):
                client.receive()
            client.publish("nobody/hears", b"so that the broker has seen all acknowledgements")
            clients = self.clients(broker.pid)
            self.assert_state(clients["pump0"], state="connected", messages=0, queued=0, inflight=0, subscriptions=1)
            self.assert_state(clients["pump1"], state="offline", queued=MESSAGES)

    def test_what_is_under_way_and_what_waits(self):
        """20 at most are under way at once (max_inflight_messages)."""
        broker = self.recorded_broker()
        slow = MqttClient(broker.port, "slow", keep_session=True)
        slow.subscribe("room/#")
        half = MqttClient(broker.port, "half")
        for number in range(3):
            half.publish(f"elsewhere/{number}", b"half received", qos=2, release=False)
        self.publish(broker.port, "room/a", 50)
        clients = self.clients(broker.pid)
        self.assert_state(clients["slow"], state="connected", messages=50, queued=30, inflight=20)
        self.assert_state(clients["half"], state="connected", messages=3, queued=0, half_received=3)
        slow.close()
        wait_until("the broker to see its end", lambda: self.clients(broker.pid)["slow"]["state"] == "offline")
        self.assert_state(self.clients(broker.pid)["slow"], state="offline", messages=50, queued=30, inflight=20)

    def test_a_retained_message_and_a_will_count_as_messages(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "pump", keep_session=True) as pump:
            pump.subscribe("room/#")
            pump.subscribe("last/#")
        dying = MqttClient(broker.port, "dying", will=("last/word", "bye"))
        dying.close()
        self.publish(broker.port, "room/a", 2)
        self.assert_state(self.clients(broker.pid)["pump"], state="offline", queued=2)
        self.publish(broker.port, "kept/a", 1, retain=True)

    def test_over_tls_and_after_a_take_over(self):
        listener = TlsListener(self)
        broker = self.recorded_broker(config=["user root", *listener.config, "allow_anonymous true"])
        listener.wait()
        with MqttClient(listener.port, "pump", keep_session=True, tls=listener.context) as pump:
            pump.subscribe("room/#")
        self.publish(broker.port, "room/a", 7)
        there = MqttClient(listener.port, "there", tls=listener.context)
        self.addCleanup(there.close)
        there.subscribe("other/#")
        clients = self.clients(broker.pid)
        self.assert_state(clients["pump"], state="offline", queued=7, inflight=0, subscriptions=1)
        self.assert_state(clients["there"], state="connected", queued=0, subscriptions=1)
        # Another connection with the same id takes the first one's place.
        with MqttClient(broker.port, "there") as taker:
            taker.publish("nobody/hears", b"so that the broker has seen it")
            self.assert_state(self.clients(broker.pid)["there"], state="connected", subscriptions=0)

    def test_nothing_is_said_of_what_nobody_saw(self):
        broker = self.recorded_broker()
        hostile = "<b>&amp;\"'\u202e\u00fc"
        with MqttClient(broker.port, hostile, keep_session=True) as client:
            client.subscribe("room/#")
        long = "long" * 30
        with MqttClient(broker.port, long, keep_session=True) as client:
            client.subscribe("room/#")
        clients = self.clients(broker.pid)
        self.assert_state(clients[hostile], state="offline", subscriptions=1)
        self.assertEqual({name: value for name, value in clients[long[:64]].items() if name != "messages"},
                         {name: value for name, value in NOTHING.items() if name != "messages"})
        text = self.mqtrack("owners", broker.pid).stdout
        self.assertNotIn("\u202e", text)
        self.assertIn("state not known", text)

    def test_without_packets(self):
        broker = Broker(self, prefix=self.recorded("--without", "packets"), config=[])
        with MqttClient(broker.port, "pump", keep_session=True) as client:
            client.subscribe("room/#")
        self.assertEqual(self.clients(broker.pid), {})
        self.assertIn("MQTT packets were not recorded", self.mqtrack("owners", broker.pid).stdout)


if __name__ == "__main__":
    unittest.main()
