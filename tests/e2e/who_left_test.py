"""What a broker makes for a new connection, for $SYS or in its timers is nobody's, whoever was served last."""
import unittest

from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.waiting import wait_until

ROUNDS = 40


class WhoLeftTest(EndToEnd):
    def by(self, label, target, *options):
        """Values of a target by the value of a label, where there are any."""
        rows = self.rows("top", target, "--group-by", label, *options)
        return {row["label"]: row["value"] for row in rows if row["value"] != 0}

    def test_sockets_and_contexts_of_accept(self):
        broker = self.recorded_broker()
        for number in range(ROUNDS):
            with MqttClient(broker.port, f"alice{number}") as alice:
                alice.publish("news", b"x")
            bob = MqttClient(broker.port, f"bob{number}")
            self.addCleanup(bob.close)
        names = {f"bob{number}" for number in range(ROUNDS)}
        sockets = self.by("mqtt_client", broker.pid, "--by", "fds", "--tag-focus", "fd_kind=tcp")
        self.assertEqual({name: count for name, count in sockets.items() if name != "(none)"},
                         dict.fromkeys(names, 1))
        self.assertEqual(sockets["(none)"], 2)  # the one that listens, and one that mosquitto keeps in reserve
        for label in ("mqtt_client", "mqtt_packet", "mqtt_topic"):
            contexts = self.by(label, broker.pid, "--focus", "context__init", "--by", "inuse_objects")
            self.assertEqual(set(contexts), {"(none)"})
            self.assertGreaterEqual(contexts["(none)"], ROUNDS)
        # What CONNECT itself made is each one's own, and nothing of those who have left is there.
        clients = self.by("mqtt_client", broker.pid)
        self.assertEqual(set(clients) - {"(none)"}, names)

    def figures(self, broker, client, until):
        """Keeps the broker busy until what it makes for its figures is like that. None of it is anybody's."""
        def look():
            for _ in range(2000):
                client.publish("news", b"x")
            labelled = {}
            for label in ("mqtt_client", "mqtt_packet", "mqtt_topic"):
                labelled.update(self.by(label, broker.pid, "--focus", "sys_tree__update", "--by", "inuse_objects"))
            self.assertLessEqual(set(labelled), {"(none)"})
            made = self.by("generation", broker.pid, "--focus", "sys_tree__update", "--by", "alloc_objects")
            return made if until(made) else None

        return wait_until("the broker to publish its figures", look)

    def test_what_the_system_topics_make(self):
        broker = self.recorded_broker(config=["sys_interval 1"])
        with MqttClient(broker.port, "publisher") as client:
            made = self.figures(broker, client, lambda made: sum(made.values()) > 100)
            # Once more, all of them: each time the broker comes from a packet, and goes on to its figures.
            self.figures(broker, client, lambda now: now != made)


if __name__ == "__main__":
    unittest.main()
