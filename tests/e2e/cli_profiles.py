"""Small pprof profiles, written from nothing: what the tests of the command line read. See google/pprof's profile.proto."""
import gzip


def varint(number):
    number &= (1 << 64) - 1
    encoded = bytearray()
    while number > 0x7f:
        encoded.append(number & 0x7f | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def field(number, value):
    """An integer or a length-delimited field."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


class Strings:
    def __init__(self):
        self.known = {"": 0}

    def __getitem__(self, text):
        return self.known.setdefault(text, len(self.known))


HEAP_TYPES = (("inuse_objects", "count"), ("inuse_space", "bytes"))


def pprof(samples, types=HEAP_TYPES, comments=(), labels=None, seconds=0,
          program="/usr/sbin/service"):
    """A gzipped profile. `samples`: [([(function, file, line), … leaf first], [value, …])]. `labels`: one dict for each
    sample. `seconds`: when it was taken."""
    strings, functions, message = Strings(), {}, b""
    for name, unit in types:
        message += field(1, field(1, strings[name]) + field(2, strings[unit]))
    for index, (stack, values) in enumerate(samples):
        ids = [functions.setdefault(frame, len(functions) + 1) for frame in stack]
        body = field(1, b"".join(map(varint, ids))) + field(2, b"".join(map(varint, values)))
        for key, text in (labels[index] if labels else {}).items():
            body += field(3, field(1, strings[key]) + field(2, strings[text]))
        message += field(2, body)
    message += field(3, field(1, 1) + field(2, 0x1000) + field(3, 0x9000) + field(5, strings[program]))
    for (name, file, line), number in functions.items():
        message += field(4, field(1, number) + field(2, 1) + field(3, 0x1000 + number)
                         + field(4, field(1, number) + field(2, line)))
        message += field(5, field(1, number) + field(2, strings[name]) + field(3, strings[name])
                         + field(4, strings[file]))
    comment_ids = [strings[comment] for comment in comments]
    message += field(9, seconds * 1_000_000_000)
    message += field(11, field(1, strings["space"]) + field(2, strings["bytes"]))
    for text in strings.known:
        message += field(6, text.encode(errors="surrogateescape"))
    message += b"".join(field(13, number) for number in comment_ids)
    return gzip.compress(message, mtime=0)


MAIN = ("main", "src/main.c", 10)
STORE = ("store_message", "src/store.c", 42)
CONNECT = ("accept_client", "src/net.c", 7)

BEFORE = pprof([([STORE, MAIN], [10, 1000]), ([CONNECT, MAIN], [3, 300])])
AFTER = pprof([([STORE, MAIN], [50, 5000]), ([CONNECT, MAIN], [3, 300])])
THREADS_ONLY = pprof([([CONNECT, MAIN], [0, 0, 4])], types=HEAP_TYPES + (("threads", "count"),))
LOSSES = pprof([([STORE, MAIN], [10, 1000])],
               comments=("mqtrack: target: broker (pid 4711)", "mqtrack: losses: 12", "mqtrack: lost_bytes: 2048"))
