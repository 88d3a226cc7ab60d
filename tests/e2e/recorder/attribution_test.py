"""Who caused it: services that put work into queues. A label is right, or it is missing; it is never somebody else's."""
import collections
import socket
import threading
import unittest

from live_process import LiveProcess

CLIENTS, MESSAGES = 20, 30
TYPES = {1: "CONNECT", 3: "PUBLISH", 6: "PUBREL", 12: "PINGREQ"}


class Client:
    """Speaks MQTT with packets below 128 bytes."""

    def __init__(self, port, number):
        self.number, self.messages = number, 0
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        name = b"c%d" % number
        # The number begins at byte 13 of the body.
        self.ask(0x10, b"\0\4MQTT\4\2\0\74" + len(name).to_bytes(2, "big") + name, 0x20)

    def send(self, first, body):
        self.socket.sendall(bytes([first, len(body)]) + body)

    def ask(self, first, body, answer):
        self.send(first, body)
        head = self.receive(2)
        self.receive(head[1])
        assert head[0] == answer, head

    def receive(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            assert piece, "the service has closed the connection"
            data += piece
        return data

    def publish(self, flags, answer):
        self.messages += 1
        topic = b"room/%d" % self.number
        self.ask(0x30 | flags, len(topic).to_bytes(2, "big") + topic + self.messages.to_bytes(2, "big"), answer)

    def publish_1(self):
        self.publish(2, 0x40)

    def publish_2(self):
        self.publish(4, 0x50)
        self.ask(0x62, self.messages.to_bytes(2, "big"), 0x70)

    def ping(self):
        self.ask(0xC0, b"", 0xD0)


class Attribution(LiveProcess):
    def service(self, *command):
        process = self.ready(*command)
        return process, int(self.said[-1])

    def labelled(self, pid):
        """How many blocks of each size are labelled right, and how many are not at all. None may be labelled wrong."""
        log = self.log_of_pid(pid)
        right, missing, wrong = collections.Counter(), collections.Counter(), collections.Counter()
        for block in log.blocks:
            if not 90000 <= block.bytes < 300000 or block.bytes > 91000 and block.bytes < 100000:
                continue
            labels = {key: value for key, value in log.labels(block).items() if key.startswith("mqtt")}
            if not labels:
                missing[block.bytes] += 1
                continue
            client, kind = divmod(block.bytes % 100000, 100)
            expected = {"mqtt_packet": TYPES.get(kind), "mqtt_client": f"c{client}"}
            if kind == 3:
                expected["mqtt_topic"] = "room/+"
            if block.bytes >= 100000 and labels == expected:
                right[block.bytes] += 1
            else:
                wrong[(block.bytes, tuple(labels.items()))] += 1
        self.assertEqual(wrong, {})
        return right, missing

    def one_after_the_other(self, *command):
        process, port = self.service(*command)
        made = collections.Counter()
        warm_up = Client(port, 0)  # until the loop has polled once, nothing is known of it
        warm_up.publish_1()
        warm_up.socket.close()
        for number in range(10, 15):
            client = Client(port, number)
            for _ in range(50):
                client.publish_1()
            client.ping()
            client.socket.close()
            made.update({100001 + 100 * number: 1, 100003 + 100 * number: 50, 100012 + 100 * number: 1})
        return (made, *({size: count for size, count in found.items() if size not in (100001, 100003)}
                        for found in self.labelled(process.pid)))

    def test_asio_with_one_client_at_a_time(self):
        for way in ("buffer", "steps"):
            with self.subTest(way):
                made, right, missing = self.one_after_the_other("asio_service", way, "quiet")
                # A CONNECT may come together with the end of the client before, and be read ahead second in its turn.
                self.assertEqual({size: count for size, count in right.items() if size % 100 != 1},
                                 {size: count for size, count in made.items() if size % 100 != 1})
                self.assertEqual({size for size in missing if size % 100 != 1}, {90002})

    def test_asio_with_a_timer(self):
        """Its handlers come in between, and are nobody's. What is read ahead in a turn that they begin is missing."""
        for way in ("buffer", "steps"):
            with self.subTest(way):
                made, right, missing = self.one_after_the_other("asio_service", way)
                self.assertGreater(missing.get(90001, 0) + missing.get(90003, 0), 150)
                self.assertEqual({size: right.get(size, 0) + missing.get(size, 0) for size in made}, made)
                self.assertGreater(sum(right.values()), 100)

    def check_at_once(self, *command, publish):
        process, port = self.service(*command)
        clients = [Client(port, number) for number in range(10, 10 + CLIENTS)]
        for client in clients:
            self.addCleanup(client.socket.close)

        def work(client):
            for _ in range(MESSAGES):
                publish(client)

        threads = [threading.Thread(target=work, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        right, missing = self.labelled(process.pid)
        made = {size: right[size] + missing[size] for size in (*right, *missing)}
        return right, missing, made

    def test_asio_with_many_clients_at_once(self):
        """What each handler has put into the loop's queue cannot be seen, so much is missing. Nothing is wrong."""
        for way in ("steps", "buffer"):
            with self.subTest(way):
                right, missing, _ = self.check_at_once("asio_service", way, publish=Client.publish_1)
                self.assertEqual(sum(right.values()) + sum(c for size, c in missing.items() if size >= 100000),
                                 CLIENTS * (1 + MESSAGES))
                self.assertGreater(sum(right.values()), 0)

    def test_a_pool_of_threads(self):
        """What is handled by the thread that read it is labelled, all of it; what waited in the queue is not."""
        right, missing, made = self.check_at_once("pool_broker", publish=Client.publish_2)
        for number in range(10, 10 + CLIENTS):
            for kind, count in ((1, 1), (3, MESSAGES), (6, MESSAGES)):
                self.assertEqual(right[100000 + 100 * number + kind], count)
            self.assertEqual(missing[200006 + 100 * number], MESSAGES)
        self.assertEqual(sum(right.values()), CLIENTS * (1 + 2 * MESSAGES))
        self.assertEqual(made[90001], sum(right.values()) // 4)


if __name__ == "__main__":
    unittest.main()
