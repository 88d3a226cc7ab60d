"""Traffic for broker_bench.py: one process, raw MQTT 3.1.1, with a bounded number of messages under way."""
import collections
import pathlib
import select
import socket
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from harness.mqtt_client import _packet as packet, _string as string  # pylint: disable=wrong-import-position

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, UNSUBSCRIBE, DISCONNECT = 0x10, 0x32, 0x40, 0x82, 0xA2, 0xE0


class Connection:
    def __init__(self, port, client_id):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self.send(packet(CONNECT, string("MQTT") + b"\x04\x02" + (60).to_bytes(2, "big") + string(client_id)))
        self.wait_for(0x20)

    def send(self, data):
        self.socket.sendall(data)

    def packets(self):
        """What can be read now, as (first byte, body)."""
        self._received += self.socket.recv(65536)
        while len(self._received) >= 2:
            length, at, shift = 0, 1, 0
            while True:
                if at == len(self._received):
                    return
                byte = self._received[at]
                length |= (byte & 0x7F) << shift
                at, shift = at + 1, shift + 7
                if byte < 0x80:
                    break
            if len(self._received) < at + length:
                return
            yield self._received[0], self._received[at:at + length]
            self._received = self._received[at + length:]

    def wait_for(self, kind):
        while True:
            for first, body in self.packets():
                if first & 0xF0 == kind & 0xF0:
                    return body

    def close(self):
        self.send(packet(DISCONNECT, b""))
        self.socket.shutdown(socket.SHUT_WR)
        while self.socket.recv(4096):
            pass
        self.socket.close()


def fan_out(port, messages, subscribers=10, window=20):
    """`messages` of 64 bytes at QoS 1 on 50 topics to all subscribers, at most `window` not yet acknowledged. Returns the
    seconds from sending a message to its last copy's arrival, sorted."""
    readers = [Connection(port, f"reader-{i}") for i in range(subscribers)]
    for reader in readers:
        reader.send(packet(SUBSCRIBE, b"\x00\x01" + string("bench/#") + b"\x01"))
        reader.wait_for(0x90)
    writer = Connection(port, "writer")
    by_file = {connection.socket: connection for connection in [writer, *readers]}
    sent_at, copies, latencies = {}, collections.Counter(), []
    sent = acknowledged = 0
    while len(latencies) < messages:
        while sent < messages and sent - acknowledged < window and len(sent_at) < window:
            body = string(f"bench/{sent % 50}") + (sent % 65535 + 1).to_bytes(2, "big") + sent.to_bytes(8, "big") + b"x" * 56
            sent_at[sent] = time.perf_counter()
            writer.send(packet(PUBLISH, body))
            sent += 1
        for ready in select.select(list(by_file), [], [], 60)[0]:
            connection = by_file[ready]
            answers = b""
            for first, body in connection.packets():
                if first & 0xF0 == PUBACK:
                    acknowledged += 1
                elif first & 0xF0 == 0x30:
                    topic_end = 2 + int.from_bytes(body[:2], "big")
                    answers += packet(PUBACK, body[topic_end:topic_end + 2])
                    number = int.from_bytes(body[topic_end + 2:topic_end + 10], "big")
                    copies[number] += 1
                    if copies[number] == subscribers:
                        latencies.append(time.perf_counter() - sent_at.pop(number))
                        del copies[number]
            if answers:
                connection.send(answers)
    for connection in by_file.values():
        connection.close()
    return sorted(latencies)


def connect_churn(port, rounds):
    for i in range(rounds):
        Connection(port, f"visitor-{i}").close()


def subscribe_churn(port, rounds):
    client = Connection(port, "subscriber")
    for i in range(rounds):
        filter_ = string(f"site/{i % 100}/sensor/{i}/+")
        client.send(packet(SUBSCRIBE, (i % 65535 + 1).to_bytes(2, "big") + filter_ + b"\x01"))
        client.wait_for(0x90)
        client.send(packet(UNSUBSCRIBE, (i % 65535 + 1).to_bytes(2, "big") + filter_))
        client.wait_for(0xB0)
    client.close()
