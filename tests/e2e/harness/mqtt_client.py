"""A minimal MQTT 3.1.1 publisher: thousands of topics over one connection, which mosquitto_pub cannot do."""
import socket

_CONNECT, _PUBLISH, _DISCONNECT = 0x10, 0x30, 0xE0
_QOS1, _RETAIN = 0x02, 0x01


def _string(text):
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _packet(first_byte, body):
    length, size = bytearray(), len(body)
    while True:
        size, digit = divmod(size, 128)
        length.append(digit | (0x80 if size else 0))
        if not size:
            return bytes([first_byte]) + bytes(length) + body


class MqttClient:
    """Use as a context manager. Each publish returns when the broker has acknowledged it."""

    def __init__(self, port, client_id="e2e"):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._id = 0
        self._socket.sendall(_packet(_CONNECT, _string("MQTT") + b"\x04\x02" + (60).to_bytes(2, "big")
                                     + _string(client_id)))
        if self._read(4) != b"\x20\x02\x00\x00":
            raise AssertionError("the broker refused the connection")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.sendall(_packet(_DISCONNECT, b""))
        self._socket.shutdown(socket.SHUT_WR)
        self._socket.recv(1)  # the broker closes: it has let go of this client
        self._socket.close()

    def publish(self, topic, payload, retain=False):
        self._id = self._id % 65535 + 1
        packet_id = self._id.to_bytes(2, "big")
        flags = _PUBLISH | _QOS1 | (_RETAIN if retain else 0)
        self._socket.sendall(_packet(flags, _string(topic) + packet_id + payload))
        if self._read(4) != b"\x40\x02" + packet_id:
            raise AssertionError(f"the broker did not acknowledge {topic}")

    def _read(self, count):
        data = b""
        while len(data) < count:
            chunk = self._socket.recv(count - len(data))
            if not chunk:
                raise AssertionError("the broker closed the connection")
            data += chunk
        return data
