"""MQTT by hand: packets that no client library would send, over a socket that may have TLS."""
import socket

CONNECT, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, PING, DISCONNECT = 0x10, 0x30, 0x82, 0xA2, 0xC0, 0xE0


def text(words):
    raw = words if isinstance(words, bytes) else words.encode()
    return len(raw).to_bytes(2, "big") + raw


def properties(raw=b""):
    return _length(len(raw)) + raw


def packet(first_byte, body):
    return bytes([first_byte]) + _length(len(body)) + body


def connect(client_id, version=4, clean=True, user=None, password=None, extra=b"", will=None):
    """`extra`: raw properties of MQTT 5; `will`: its raw bytes, properties first."""
    flags = (2 if clean else 0) | (0x80 if user else 0) | (0x40 if password else 0) | (4 if will else 0)
    body = text("MQIsdp" if version == 3 else "MQTT") + bytes([version, flags, 0, 60])
    body += (properties(extra) if version == 5 else b"") + text(client_id) + (will or b"")
    return packet(CONNECT, body + b"".join(text(word) for word in (user, password) if word))


def _length(size):
    raw = bytearray()
    while True:
        size, digit = divmod(size, 128)
        raw.append(digit | (0x80 if size else 0))
        if not size:
            return bytes(raw)


class Wire:
    """One connection to the broker. Use as a context manager, which closes it and waits for the broker to do so."""

    def __init__(self, port, tls=None):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._socket.close()

    def send(self, *packets):
        self._socket.sendall(b"".join(packets))

    def receive(self):
        """The first byte of the next packet, and its body; (0, b"") when the broker has closed."""
        first = self._read(1)
        if not first:
            return 0, b""
        size, shift = 0, 0
        while True:
            digit = self._read(1)
            if not digit:
                return 0, b""
            size |= (digit[0] & 0x7F) << shift
            shift += 7
            if digit[0] < 0x80:
                return first[0], self._read(size)

    def expect(self, first_byte):
        got, body = self.receive()
        if got != first_byte:
            raise AssertionError(f"a packet {first_byte:#x} was expected, and {got:#x} {body[:40]} came")
        return body

    def wait_for_close(self):
        while self.receive() != (0, b""):
            pass

    def _read(self, count):
        data = b""
        while len(data) < count:
            try:
                chunk = self._socket.recv(count - len(data))
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                return b""
            data += chunk
        return data
