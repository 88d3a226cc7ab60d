"""A web socket of a client, with the methods of a socket that MqttClient uses (RFC 6455)."""
import os
import select

REQUEST = (b"GET /mqtt HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Protocol: mqtt\r\n\r\n")
_BINARY, _CLOSE, _PING = 2, 8, 9


def frame(payload, opcode=_BINARY):
    """As a client sends it, masked."""
    length, mask = len(payload), os.urandom(4)
    if length < 126:
        head = bytes([0x80 | length])
    elif length < 65536:
        head = b"\xfe" + length.to_bytes(2, "big")
    else:
        head = b"\xff" + length.to_bytes(8, "big")
    return bytes([0x80 | opcode]) + head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class WebSocket:
    """Over a connected socket, which it owns from then on."""

    def __init__(self, connection, request=REQUEST):
        self._connection, self._message = connection, b""
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._some(1)
        if not answer.startswith(b"HTTP/1.1 101"):
            raise AssertionError(f"the broker refused the web socket: {answer}")

    def fileno(self):
        return self._connection.fileno()

    def sendall(self, payload):
        self._connection.sendall(frame(payload))

    def send_frames(self, payloads, opcode=_BINARY):
        """All of them in one write."""
        self._connection.sendall(b"".join(frame(payload, opcode) for payload in payloads))

    def ping(self):
        self._connection.sendall(frame(b"here?", _PING))

    def recv(self, count):
        """As a socket's: some bytes, none at the end."""
        while not self._message:
            head = self._connection.recv(1)
            if not head:
                return b""
            length = self._some(1)[0]
            if length > 125:
                length = int.from_bytes(self._exactly(2 if length == 126 else 8), "big")
            payload = self._exactly(length)
            if head[0] & 15 == _CLOSE:
                return b""
            if head[0] & 15 <= _BINARY:
                self._message += payload
        taken, self._message = self._message[:count], self._message[count:]
        return taken

    def has_more(self):
        return bool(self._message) or bool(select.select([self._connection], [], [], 0)[0])

    def shutdown(self, _how):
        self._connection.sendall(frame(b"\x03\xe8", _CLOSE))

    def close(self):
        self._connection.close()

    def _some(self, count):
        data = self._connection.recv(count)
        if not data:
            raise AssertionError("the broker closed the web socket")
        return data

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            data += self._some(count - len(data))
        return data
