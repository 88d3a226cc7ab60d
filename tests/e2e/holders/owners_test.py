"""mqtrack owners on the stock, stripped broker: every client's bytes are its own, and all bytes are somebody's."""
import collections
import json
import ssl
import subprocess
import unittest

from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.paths import PROGRAMS
from harness.processes import accepts, free_port
from harness.waiting import wait_until

MESSAGES, CLIENTS = 200, 50


class OwnersTest(EndToEnd):
    def owners(self, target, *options):
        report = json.loads(self.mqtrack("owners", target, "--json", "-n", "0", *options).stdout)
        self.assertEqual(report["schema"], "mqtrack-owners/1")
        self.assertEqual(report["look"]["way"], "clone")
        for suffix in ("", "_by_all"):
            for value in ("bytes", "blocks"):
                self.assertEqual(sum(owner[value + suffix] for owner in report["owners"]), report["live"][value])
        return report

    def clients(self, report):
        return {owner["name"]: (owner["blocks"], owner["bytes"]) for owner in report["owners"] if owner["kind"] == "client"}

    def offline(self, port, name, topic, tls=None):
        with MqttClient(port, name, keep_session=True, tls=tls) as client:
            client.subscribe(topic)

    def publish(self, port, topic, count, tls=None):
        with MqttClient(port, "publisher", tls=tls) as client:
            for number in range(count):
                client.publish(topic, b"a payload, number %04d" % number)

    def price(self, clients, names):
        """(blocks, bytes) of clients that have the same. The broker's contexts keep a few pointers to what it has freed;
        if a small block of another client is at that place now, it is shared. So one may lack such a block."""
        prices = collections.Counter(clients[name] for name in names)
        usual = max(prices, key=lambda price: (prices[price], price))
        self.assertGreaterEqual(prices[usual] * 10, len(names) * 8, prices)
        for blocks, size in prices:
            self.assertIn(usual[0] - blocks, (0, 1), prices)
            self.assertIn(usual[1] - size, range(0, 25), prices)
        return usual

    def check_price(self, clients, names, messages):
        """So much for the session, so much for each message, whoever has it."""
        empty, half, full = (self.price(clients, names[group]) for group in ("empty", "half", "full"))
        self.assertEqual(half[0] - empty[0], messages // 2, "a block for each message")
        self.assertEqual(full[0] - half[0], messages // 2)
        self.assertEqual(half[1] - empty[1], full[1] - half[1])
        self.assertEqual((half[1] - empty[1]) % (messages // 2), 0)
        self.assertGreater(empty[1], 500, "with the session itself")

    def make_sessions(self, port, count, tls=None, messages=MESSAGES):
        names = {"empty": [f"e{i:04}" for i in range(10)], "half": [f"h{i:04}" for i in range(10)],
                 "full": [f"f{i:04}" for i in range(count - 20)]}
        for name in names["empty"]:
            self.offline(port, name, "hall/#", tls)
        for name in names["full"]:
            self.offline(port, name, "room/#", tls)
        self.publish(port, "room/1", messages // 2, tls)
        for name in names["half"]:
            self.offline(port, name, "room/#", tls)
        self.publish(port, "room/1", messages // 2, tls)
        return names

    def test_queues_of_offline_clients(self):
        broker = self.recorded_broker()
        names = self.make_sessions(broker.port, CLIENTS)
        report = self.owners(broker.pid)
        clients = self.clients(report)
        self.assertEqual(set(clients), {name for group in names.values() for name in group})
        self.check_price(clients, names, MESSAGES)
        # What is alive is what a snapshot says.
        live = json.loads(self.mqtrack("top", broker.pid, "--format", "json").stdout)["total"]
        self.assertEqual((report["live"]["bytes"], report["live"]["blocks"]), (live["value"], live["objects"]))
        # Stored messages are held by variables of the broker, since every receiver points to them.
        database = sum(owner["blocks"] for owner in report["owners"]
                       if owner["kind"] == "global" and "mosquitto" in owner["name"])
        self.assertGreater(database, MESSAGES * 3, report["owners"][:5])
        self.assertEqual([owner for owner in report["owners"] if owner["kind"] == "lost"], [])
        text = self.mqtrack("owners", broker.pid, "-n", "5").stdout
        self.assertIn(f"{CLIENTS} MQTT clients'", text)
        self.assertIn("more owners with", text)

    def test_two_thousand_with_shared_subscriptions_and_retained_messages(self):
        broker = self.recorded_broker()
        with MqttClient(broker.port, "keeper") as keeper:
            for number in range(300):
                keeper.publish(f"kept/{number}", b"a retained message", retain=True)
        for number in range(1950):
            self.offline(broker.port, f"m{number:04}", f"$share/group{number % 7}/jobs/{number % 10}")
        names = self.make_sessions(broker.port, CLIENTS)
        report = self.owners(broker.pid)
        clients = self.clients(report)
        self.assertEqual(len(clients), 1950 + CLIENTS)
        said = collections.Counter((owner["client"]["state"], owner["client"]["queued"], owner["client"]["subscriptions"])
                                   for owner in report["owners"] if owner["kind"] == "client")
        self.assertEqual(said, {("offline", 0, 1): 1950 + 10, ("offline", MESSAGES // 2, 1): 10,
                                ("offline", MESSAGES, 1): CLIENTS - 20})
        self.check_price(clients, names, MESSAGES)
        self.price(clients, [name for name in clients if name.startswith("m")])

    def test_over_tls(self):
        secure = free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem",
                        "-days", "1", "-subj", "/CN=localhost"], cwd=self.folder, check=True, capture_output=True, timeout=300)
        broker = self.recorded_broker(config=["user root", f"listener {secure} 127.0.0.1",
                                              f"certfile {self.folder}/cert.pem", f"keyfile {self.folder}/key.pem",
                                              "allow_anonymous true"])
        wait_until("the broker to listen with TLS", lambda: accepts(secure))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        names = self.make_sessions(secure, 30, tls=context)
        clients = self.clients(self.owners(broker.pid))
        self.assertEqual(set(clients), {name for group in names.values() for name in group})
        self.check_price(clients, names, MESSAGES)

    def test_as_a_profile_that_can_be_compared(self):
        broker = self.recorded_broker()
        self.offline(broker.port, "pump7", "room/#")
        before, after = self.folder / "before.pb.gz", self.folder / "after.pb.gz"
        self.mqtrack("owners", broker.pid, "--format", "pprof", "-o", before)
        self.publish(broker.port, "room/1", 100)
        report = self.owners(broker.pid)
        self.mqtrack("owners", broker.pid, "--format", "pprof", "-o", after)
        grown = {row["label"]: row for row in self.diff(before, after, "--group-by", "owner")}
        self.assertEqual(grown["client pump7"]["object_growth"], 100)
        self.assertEqual(grown["client pump7"]["value"], self.clients(report)["pump7"][1])
        picture = self.folder / "owners.svg"
        self.mqtrack("report", after, "--tag-root", "owner", "--format", "flame", "-o", picture)
        self.assertIn("client pump7", picture.read_text())

    def test_variables_and_threads(self):
        service = self.start("holders", *self.recorded(), PROGRAMS / "holders", PROGRAMS / "holder_plugin.so")
        service.wait_for_line("ready")
        owners = {(owner["kind"], owner["name"]): owner for owner in self.owners("holders")["owners"]}
        for name, blocks, size in (("list_head", 5, 240), ("inside", 1, 500), ("tagged", 1, 64), ("empty", 1, 0),
                                   ("second_base", 1, 40), ("large", 2, (1 << 20) + 74)):
            found = [owner for (kind, owner_name), owner in owners.items()
                     if kind == "global" and owner_name.endswith(f"{name} (holders)")]
            self.assertEqual([(owner["blocks"], owner["bytes"]) for owner in found], [(blocks, size)], name)
        self.assertEqual(owners["global", "variable (libholder_library.so)"]["bytes"], 90)
        self.assertEqual(owners["global", "variable (holder_plugin.so)"]["bytes"], 92)
        self.assertEqual(owners["lost", ""]["bytes"], 1000 + 324 + 48 + 144 + 192 + 161 + 82 + 83)
        threads = sorted(owner["bytes"] for (kind, _), owner in owners.items() if kind == "thread")
        self.assertGreaterEqual(len(threads), 4)


if __name__ == "__main__":
    unittest.main()
