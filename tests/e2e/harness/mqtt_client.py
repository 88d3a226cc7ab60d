"""A minimal MQTT client: thousands of topics, sessions and aliases over few connections, which mosquitto_pub cannot do."""
import select
import socket

from .web_socket import REQUEST, WebSocket

_CONNECT, _PUBLISH, _SUBSCRIBE, _UNSUBSCRIBE, _PINGREQ, _DISCONNECT = 0x10, 0x30, 0x82, 0xA2, 0xC0, 0xE0
_PUBACK, _PUBREC, _PUBREL, _PUBCOMP = 0x40, 0x50, 0x62, 0x70
_UNSUBACK, _PINGRESP = 0xB0, 0xD0
_RETAIN, _WILL = 0x01, 0x04


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
    web_socket    for a listener of web sockets; may be the request with which to ask for one
    will          a topic, and the payload that the broker sends when the client goes without a word
    keep_alive    seconds; 0: the client may be silent as long as it likes
    """

    def __init__(self, port, client_id="e2e", keep_session=False, version=4, tls=None, will=None, keep_alive=3600,
                 web_socket=False):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._is_tls, self._version = tls is not None, version
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket)
        if web_socket:
            self._socket = WebSocket(self._socket, REQUEST if web_socket is True else web_socket)
        self._id = 0
        expiry = b"\x05\x11\xff\xff\xff\xff" if keep_session else b"\0"  # of a session: never
        last_will = b"" if will is None else (b"\0" if version == 5 else b"") + _string(will[0]) + _string(will[1])
        flags = (0 if keep_session else 2) | (_WILL if will else 0)
        self._socket.sendall(_packet(_CONNECT, _string("MQTT") + bytes([version, flags])
                                     + keep_alive.to_bytes(2, "big") + (expiry if version == 5 else b"")
                                     + _string(client_id) + last_will))
        kind, answer = self._read_packet()
        if kind != 0x20 or answer[1] != 0:
            raise AssertionError(f"the broker refused the connection: {answer}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.sendall(_packet(_DISCONNECT, b""))
        if not self._is_tls:
            self._socket.shutdown(socket.SHUT_WR)
        while self._socket.recv(1 << 16):  # until the broker closes, and so has let go of this client
            pass
        self._socket.close()

    def close(self):
        """Goes without a word."""
        self._socket.close()

    def publish(self, topic, payload, retain=False, alias=None, qos=1, release=True):
        """`alias`: of MQTT 5; with an empty topic it stands for the topic that it was given with. Without `release` a
        message of QoS 2 stays half open."""
        properties = b"" if self._version != 5 else b"\0" if alias is None else b"\x03\x23" + alias.to_bytes(2, "big")
        packet_id = self._next_id() if qos else b""
        flags = _PUBLISH | qos << 1 | (_RETAIN if retain else 0)
        self._socket.sendall(_packet(flags, _string(topic) + packet_id + properties + payload))
        if qos:
            self._expect(_PUBACK if qos == 1 else _PUBREC, packet_id, topic)
        if qos == 2 and release:
            self._socket.sendall(_packet(_PUBREL, packet_id))
            self._expect(_PUBCOMP, packet_id, topic)

    def publish_at_once(self, messages):
        """{topic: payload} at QoS 1, over a web socket: each in a frame, all in one write."""
        ids = {topic: self._next_id() for topic in messages}
        properties = b"\0" if self._version == 5 else b""
        self._socket.send_frames([_packet(_PUBLISH | 2, _string(topic) + ids[topic] + properties + payload)
                                  for topic, payload in messages.items()])
        for topic, packet_id in ids.items():
            self._expect(_PUBACK, packet_id, topic)

    def _expect(self, wanted, packet_id, topic):
        kind, answer = self._read_packet()
        if kind != wanted or answer[:2] != packet_id:
            raise AssertionError(f"the broker did not acknowledge {topic}: {answer}")

    def receive(self):
        """The payload of the next message, which is acknowledged if it is of QoS 1."""
        kind, body = self._read_packet()
        if kind & 0xF0 != _PUBLISH:
            raise AssertionError(f"the broker sent no message: {kind:#x} {body}")
        start = 2 + int.from_bytes(body[:2], "big")
        if kind & 6 == 0:
            return body[start:]
        self._socket.sendall(_packet(_PUBACK, body[start:start + 2]))
        return body[start + 2:]

    def subscribe(self, topic):
        packet_id = self._next_id()
        self._socket.sendall(_packet(_SUBSCRIBE, packet_id + (b"\0" if self._version == 5 else b"") + _string(topic)
                                     + b"\1"))
        kind, answer = self._read_packet()
        if kind != 0x90 or answer[:2] != packet_id or answer[-1] != 1:
            raise AssertionError(f"the broker refused the subscription to {topic}: {answer}")

    def unsubscribe(self, topic):
        packet_id = self._next_id()
        self._socket.sendall(_packet(_UNSUBSCRIBE, packet_id + (b"\0" if self._version == 5 else b"") + _string(topic)))
        self._expect(_UNSUBACK, packet_id, topic)

    def read_retained(self, topic):
        """{topic: payload} of the retained messages that a subscription to this filter brings. Of MQTT 3.1.1."""
        self._socket.sendall(_packet(_SUBSCRIBE, self._next_id() + _string(topic) + b"\0") + _packet(_PINGREQ, b""))
        messages, kind = {}, None
        while kind != _PINGRESP:
            kind, body = self._read_packet()
            if kind & 0xF0 == _PUBLISH:
                end = 2 + int.from_bytes(body[:2], "big")
                messages[body[2:end].decode()] = body[end:].decode()
        return messages

    def read_what_has_come(self):
        """Throws away whatever the broker has sent until now, and does not wait for more."""
        while select.select([self._socket], [], [], 0)[0] and self._socket.recv(1 << 16):
            pass

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
