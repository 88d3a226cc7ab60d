"""Fifty MQTT clients, each sending itself QoS 1 messages through the broker: nothing may get lost, nobody be dropped."""
import selectors
import socket
import threading
import time

from harness.waiting import wait_until

_CONNACK, _PUBLISH, _PUBACK, _SUBACK = 0x20, 0x30, 0x40, 0x90


def _string(text):
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _packet(first_byte, body):
    assert len(body) < 128
    return bytes([first_byte, len(body)]) + body


class _Client:
    """Publishes the next message when the last one has come back and was acknowledged."""

    def __init__(self, port, number):
        self.topic = f"attach/{number}"
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(_packet(0x10, _string("MQTT") + b"\x04\x02" + (0).to_bytes(2, "big")
                                    + _string(f"client{number}")))
        self.socket.sendall(_packet(0x82, b"\x00\x01" + _string(self.topic) + b"\x01"))
        self.data, self.ready, self.waiting_for = b"", 0, set()
        self.sent = self.received = 0
        self.sent_at, self.latencies = 0.0, []

    def publish(self):
        self.sent += 1
        packet_id = (self.sent % 65535 + 1).to_bytes(2, "big")
        self.payload = b"%08d" % self.sent
        self.waiting_for = {"ack", "message"}
        self.sent_at = time.monotonic()
        self.socket.sendall(_packet(_PUBLISH | 0x02, _string(self.topic) + packet_id + self.payload))

    def read(self):
        chunk = self.socket.recv(4096)
        if not chunk:
            raise AssertionError(f"the broker dropped {self.topic} after {self.sent} messages")
        self.data += chunk
        while len(self.data) >= 2 and len(self.data) >= 2 + self.data[1]:
            first, body = self.data[0], self.data[2:2 + self.data[1]]
            self.data = self.data[2 + self.data[1]:]
            self._handle(first & 0xF0, first, body)

    def _handle(self, kind, first, body):
        if kind in (_CONNACK, _SUBACK):
            self.ready += 1
        elif kind == _PUBACK:
            self.waiting_for.discard("ack")
        elif kind == _PUBLISH:
            start = 2 + len(self.topic)
            if first & 0x08:
                raise AssertionError(f"{self.topic}: the broker sent a message twice")
            if body[start + 2:] != self.payload:
                raise AssertionError(f"{self.topic}: {body[start + 2:]!r} came instead of {self.payload!r}")
            self.socket.sendall(_packet(_PUBACK, body[start:start + 2]))
            self.received += 1
            self.waiting_for.discard("message")
            self.latencies.append(time.monotonic() - self.sent_at)


class Traffic:
    """Runs in a thread of its own until close(). Between pause() and resume() nothing is under way."""

    def __init__(self, port, clients=50):
        self._clients = [_Client(port, number) for number in range(clients)]
        self._selector = selectors.DefaultSelector()
        for client in self._clients:
            self._selector.register(client.socket, selectors.EVENT_READ, client)
        self._paused, self._closing, self._failure = False, False, None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        wait_until("all clients to send", lambda: self.check() or self.messages() >= 2 * clients)

    def _run(self):
        try:
            while not self._closing:
                for client in self._clients:
                    if client.ready == 2 and not client.waiting_for and not self._paused:
                        client.publish()
                for key, _ in self._selector.select(timeout=0.02):
                    key.data.read()
        except Exception as failure:  # pylint: disable=broad-except
            self._failure = failure

    def check(self):
        """Raises what went wrong; otherwise false."""
        if self._failure is not None:
            raise self._failure
        return False

    def messages(self):
        return sum(client.received for client in self._clients)

    def pause(self):
        self._paused = True
        wait_until("messages under way to arrive",
                   lambda: self.check() or not any(client.waiting_for for client in self._clients))
        # The thread may have been between looking at the flag and sending.
        wait_until("everything sent to have arrived", lambda: self.check() or all(
            client.sent == client.received and not client.waiting_for for client in self._clients))

    def resume(self):
        self._paused = False

    def run_for(self, messages):
        """Waits until so many more messages have gone through."""
        goal = self.messages() + messages
        wait_until(f"{messages} messages", lambda: self.check() or self.messages() >= goal, seconds=120)

    def take_latencies(self):
        """Round trips since the last call, in seconds, sorted."""
        taken = []
        for client in self._clients:
            taken += client.latencies
            client.latencies = []
        return sorted(taken)

    def close(self):
        self._closing = True
        self._thread.join()
        for client in self._clients:
            client.socket.close()
        self.check()
