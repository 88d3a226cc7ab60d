"""What a broker makes for a new connection, for $SYS or in its timers is nobody's, whoever was served last.

The broker may be stripped. Its functions are known by what they do, not by their names: a function without a name has
its place in the file, which is the same in every run.
"""
import collections
import re
import unittest

from harness.case import EndToEnd
from harness.mqtt_client import MqttClient
from harness.waiting import wait_until

ROUNDS = 40


def exactly(function):
    """A regular expression for this function only."""
    return f"^{re.escape(function)}$"


class WhoLeftTest(EndToEnd):
    def by(self, label, target, *options):
        """Values of a target by the value of a label, where there are any."""
        rows = self.rows("top", target, "--group-by", label, *options)
        return {row["label"]: row["value"] for row in rows if row["value"] != 0}

    def functions(self, target):
        """How many objects were ever made on behalf of each function, by its callees too."""
        objects = collections.Counter()
        folded = self.mqtrack("report", target, "--by", "alloc_objects", "--format", "folded", "-o", "-").stdout
        for line in folded.splitlines():
            stack, count = line.rsplit(" ", 1)
            for name in set(stack.split(";")):
                objects[name] += int(count)
        return objects

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
        # The function that accepts connections makes their contexts, too.
        accepted = self.rows("top", broker.pid, "--by", "fds", "--tag-focus", "mqtt_client=bob")
        self.assertEqual([row["value"] for row in accepted], [ROUNDS])
        acceptor = exactly(accepted[0]["function"])
        for label in ("mqtt_client", "mqtt_packet", "mqtt_topic"):
            contexts = self.by(label, broker.pid, "--focus", acceptor, "--by", "inuse_objects")
            self.assertEqual(set(contexts), {"(none)"})
            self.assertGreaterEqual(contexts["(none)"], ROUNDS)
        # What CONNECT itself made is each one's own, and nothing of those who have left is there.
        clients = self.by("mqtt_client", broker.pid)
        self.assertEqual(set(clients) - {"(none)"}, names)

    def publisher(self, *config):
        """A broker and a client that publishes to it."""
        broker = self.recorded_broker(config=config)
        client = MqttClient(broker.port, "publisher")
        self.addCleanup(client.close)
        return broker, client

    def figures(self, broker, client, function, until):
        """Keeps the broker busy until what it makes for its figures is like that. None of it is anybody's."""
        def look():
            for _ in range(2000):
                client.publish("news", b"x")
            labelled = {}
            for label in ("mqtt_client", "mqtt_packet", "mqtt_topic"):
                labelled.update(self.by(label, broker.pid, "--focus", function, "--by", "inuse_objects"))
            self.assertLessEqual(set(labelled), {"(none)"})
            made = self.by("generation", broker.pid, "--focus", function, "--by", "alloc_objects")
            return made if until(made) else None

        return wait_until("the broker to publish its figures", look, seconds=300)

    def maker_of_figures(self, broker, client):
        """The function that makes the most of what only a broker with figures makes."""
        silent_broker, silent_client = self.publisher("sys_interval 0")
        for _ in range(2000):
            silent_client.publish("news", b"x")
        others = self.functions(silent_broker.pid)

        def look():
            client.publish("news", b"x")
            made = self.functions(broker.pid)
            return {name: count for name, count in made.items() if name not in others and count > 50}

        found = wait_until("the broker to make figures", look, seconds=300)
        return exactly(max(found, key=found.get))

    def test_what_the_system_topics_make(self):
        broker, client = self.publisher("sys_interval 1")
        maker = self.maker_of_figures(broker, client)
        made = self.figures(broker, client, maker, lambda made: sum(made.values()) > 100)
        # Once more, all of them: each time the broker comes from a packet, and goes on to its figures.
        self.figures(broker, client, maker, lambda now: now != made)


if __name__ == "__main__":
    unittest.main()
