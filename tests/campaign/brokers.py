"""Sessions with message brokers and queues, in their own protocols."""
import socket

from programs import Server, digest


class _Line:
    """A connection of a protocol of lines."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 60)
        self.file = self.socket.makefile("rb")
        self.seen = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def line(self):
        line = self.file.readline()
        if not line:
            raise AssertionError("the server closed the connection")
        self.seen += line
        return line

    def body(self, size):
        data = self.file.read(size)
        self.seen += data
        return data


def nats(port, _folder):
    """Two subscribers with wildcards, 2,000 messages, one subscription taken back."""
    with _Line(port) as one, _Line(port) as two:
        for client, subject in ((one, b"room.*"), (two, b"room.>")):
            client.file.readline()  # INFO: names and times of the server
            client.send(b'CONNECT {"verbose":false,"pedantic":false}\r\nSUB %s 7\r\nPING\r\n' % subject)
            while client.line() != b"PONG\r\n":
                pass
        for i in range(2000):
            payload = b"%d" % i * (i % 20 + 1)
            one.send(b"PUB room.%d %d\r\n%s\r\n" % (i % 9, len(payload), payload))
        one.send(b"PING\r\n")
        two.send(b"PING\r\n")
        for client in (one, two):
            messages = 0
            while messages < 2000:
                words = client.line().split()
                if words[0] == b"MSG":
                    client.body(int(words[-1]) + 2)
                    messages += 1
            client.seen = client.seen.replace(b"PONG\r\n", b"")  # comes between the messages somewhere
            client.send(b"UNSUB 7\r\n")
        return digest(one.seen) + digest(two.seen)


def beanstalk(port, _folder):
    """1,000 jobs put with priorities into a tube, reserved in their order, every third buried and kicked, all deleted."""
    with _Line(port) as client:
        client.send(b"use work\r\nwatch work\r\nignore default\r\n")
        bodies = []
        for _ in range(3):
            client.line()
        for i in range(1000):
            body = b"job %d " % i * (i % 30 + 1)
            client.send(b"put %d 0 60 %d\r\n%s\r\n" % (i * 7919 % 100, len(body), body))
            client.file.readline()  # its number, which goes on from session to session
        for i in range(1000 + 334):
            client.send(b"reserve-with-timeout 0\r\n")
            _, number, size = client.file.readline().split()
            bodies.append(client.file.read(int(size) + 2))
            if i % 3 == 0 and i < 1000:
                client.send(b"bury %s 5\r\nkick 1\r\n" % number)
                client.line()
                client.line()
            else:
                client.send(b"delete %s\r\n" % number)
                client.line()
        client.send(b"reserve-with-timeout 0\r\n")
        client.line()
        return digest(client.seen + b"".join(bodies))


def redis(port, _folder):
    """Publish and subscribe, lists, sorted sets, a script, a transaction."""
    def command(*words):
        return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)

    with _Line(port) as subscriber, _Line(port) as client:
        subscriber.send(command(b"PSUBSCRIBE", b"news.*"))
        for _ in range(6):
            subscriber.line()
        client.send(command(b"FLUSHALL"))
        client.line()
        for i in range(1000):
            client.send(command(b"PUBLISH", b"news.%d" % (i % 5), b"m%d" % i * (i % 30 + 1)) +
                        command(b"ZADD", b"z", b"%d" % (i * 7919 % 997), b"member%d" % i) +
                        command(b"RPUSH", b"list", b"%d" % i))
            for _ in range(3):
                client.line()
            for _ in range(9):
                subscriber.line()
        client.send(command(b"MULTI") + command(b"LTRIM", b"list", b"100", b"200") + command(b"LLEN", b"list") + command(b"EXEC") +
                    command(b"EVAL", b"local s = 0 for i = 1, 10000 do s = s + i end return s", b"0") +
                    command(b"ZRANGE", b"z", b"0", b"9"))
        for _ in range(3 + 3 + 1 + 1 + 20):
            client.line()
        return digest(subscriber.seen) + digest(client.seen)


def irc(port, _folder):
    """Two users in a channel, 300 lines from one to the other, who leaves and comes back."""
    with _Line(port) as one, _Line(port) as two:
        for name, client in ((b"anna", one), (b"bert", two)):
            client.send(b"NICK %s\r\nUSER %s 0 * :x\r\n" % (name, name))
            while b" 376 " not in (line := client.line()) and b" 422 " not in line:
                pass
            client.send(b"JOIN #room\r\n")
            while b" 366 " not in client.line():
                pass
        heard = []
        for i in range(300):
            one.send(b"PRIVMSG #room :line %d %s\r\n" % (i, b"x" * (i % 200)))
            line = two.line()
            while b"PRIVMSG" not in line:
                line = two.line()
            heard.append(line.split(b" ", 1)[1])
            if i % 100 == 50:
                two.send(b"PART #room\r\nJOIN #room\r\n")
                while b" 366 " not in two.line():
                    pass
        for client in (one, two):
            client.send(b"QUIT :bye\r\n")
            while client.file.readline():
                pass
        return digest(b"".join(heard))


NGIRCD = """[Global]
Name = irc.example
Info = x
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = x
[Limits]
ConnectRetry = 60
MaxJoins = 100
MaxPenaltyTime = 0
[Options]
DNS = no
Ident = no
PAM = no
"""

BROKERS = [
    Server("nats-server", "nats-server", "two subscribers with wildcards, 2,000 messages", ["nats-server", "-a", "127.0.0.1", "-p", "{port}"], nats),
    Server("beanstalkd", "beanstalkd", "1,000 jobs with priorities, buried, kicked and deleted", ["beanstalkd", "-l", "127.0.0.1", "-p", "{port}"], beanstalk),
    Server("redis-server", "redis-server", "publish and subscribe, lists, sorted sets, a script, a transaction", ["redis-server", "--bind", "127.0.0.1", "--port", "{port}", "--save", "", "--dir", "{folder}"], redis),
    Server("ngircd", "ngircd", "two users in a channel, 300 lines", ["ngircd", "-n", "-f", "{folder}/ngircd.conf"], irc, files={"ngircd.conf": NGIRCD}),
]
