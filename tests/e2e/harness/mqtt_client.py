"""A minimal MQTT client: thousands of topics, sessions and aliases over few connections, which mosquitto_pub cannot do."""
import socket

_CONNECT, _PUBLISH, _SUBSCRIBE, _DISCONNECT = 0x10, 0x30, 0x82, 0xE0
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
    """Use as a context manager. Each publish returns when the broker has acknowledged it.

    keep_session  the broker keeps the session when the client is gone
    version       4: MQTT 3.1.1; 5: MQTT 5
    tls           an ssl.SSLContext, for a listener with TLS
    """

    def __init__(self, port, client_id="e2e", keep_session=False, version=4, tls=None):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._is_tls, self._version = tls is not None, version
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket)
        self._id = 0
        expiry = b"\x05\x11\xff\xff\xff\xff" if keep_session else b"\0"  # of a session: never
        self._socket.sendall(_packet(_CONNECT, _string("MQTT") + bytes([version, 0 if keep_session else 2])
                                     + (60).to_bytes(2, "big") + (expiry if version == 5 else b"")
                                     + _string(client_id)))
        kind, answer = self._read_packet()
        if kind != 0x20 or answer[1] != 0:
            raise AssertionError(f"the broker refused the connection: {answer}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.sendall(_packet(_DISCONNECT, b""))
        if not self._is_tls:
            self._socket.shutdown(socket.SHUT_WR)
        self._socket.recv(1)  # the broker closes: it has let go of this client
        self._socket.close()

    def close(self):
        """Goes without a word."""
        self._socket.close()

    def publish(self, topic, payload, retain=False, alias=None):
        """`alias`: of MQTT 5; with an empty topic it stands for the topic that it was given with."""
        properties = b"" if self._version != 5 else b"\0" if alias is None else b"\x03\x23" + alias.to_bytes(2, "big")
        packet_id = self._next_id()
        flags = _PUBLISH | _QOS1 | (_RETAIN if retain else 0)
        self._socket.sendall(_packet(flags, _string(topic) + packet_id + properties + payload))
        kind, answer = self._read_packet()
        if kind != 0x40 or answer[:2] != packet_id:
            raise AssertionError(f"the broker did not acknowledge {topic}: {answer}")

    def subscribe(self, topic):
        packet_id = self._next_id()
        self._socket.sendall(_packet(_SUBSCRIBE, packet_id + (b"\0" if self._version == 5 else b"") + _string(topic)
                                     + b"\1"))
        kind, answer = self._read_packet()
        if kind != 0x90 or answer[:2] != packet_id or answer[-1] != 1:
            raise AssertionError(f"the broker refused the subscription to {topic}: {answer}")

    def _next_id(self):
        self._id = self._id % 65535 + 1
        return self._id.to_bytes(2, "big")

    def _read_packet(self):
        """Its first byte and its body."""
        first, length, shift = self._read(1)[0], 0, 0
        while True:
            digit = self._read(1)[0]
            length |= (digit & 0x7F) << shift
            shift += 7
            if digit < 0x80:
                return first, self._read(length)

    def _read(self, count):
        data = b""
        while len(data) < count:
            chunk = self._socket.recv(count - len(data))
            if not chunk:
                raise AssertionError("the broker closed the connection")
            data += chunk
        return data
