"""What makes a broker's leak grow: each function sends `rounds` times what leaks once, and waits for the broker to be done."""
import ssl

from culprit_packets import DISCONNECT, PING, PUBLISH, SUBSCRIBE, UNSUBSCRIBE, Wire, connect, packet, properties, text

LONG = "a-topic-of-some-length/" * 8


def _round_trips(broker):
    """The broker serves one thing after the other: what was sent before is done, and clients that left are let go."""
    for number in range(3):
        with _joined(broker, f"last-{number}") as wire:
            wire.send(packet(DISCONNECT, b""))
            wire.wait_for_close()


def _joined(broker, client_id, tls=None, **options):
    wire = Wire(broker.port, tls)
    wire.send(connect(client_id, **options))
    code = wire.expect(0x20)[1]
    if code != 0:
        raise AssertionError(f"the broker refused {client_id} with {code}")
    return wire


def _refused(broker, packets, version=5):
    """A client that the broker throws out for its last packet."""
    with _joined(broker, "malformed", version=version) as wire:
        wire.send(*packets)
        wire.wait_for_close()


def malformed_subscribe(broker, rounds):
    for _ in range(rounds):
        _refused(broker, [packet(SUBSCRIBE, b"\0\1" + properties() + text(LONG) + b"\x30")])
    _round_trips(broker)


def malformed_publish(broker, rounds):
    for _ in range(rounds):
        _refused(broker, [packet(PUBLISH, text(LONG) + properties(b"\x7f\0") + b"value")])
    _round_trips(broker)


def foreign_alias(broker, rounds):
    """A topic alias that the broker does not allow."""
    for _ in range(rounds):
        _refused(broker, [packet(PUBLISH, text(LONG) + properties(b"\x23\x00\x64") + b"value")])
    _round_trips(broker)


def publish_properties(broker, rounds):
    """Properties that the broker does not pass on, before ones that it does."""
    props = b"\x02\0\0\0\x10" + b"\x26" + text("key") + text("value") + b"\x09" + text("c" * 40)
    with _joined(broker, "publisher", version=5) as wire:
        for _ in range(rounds):
            wire.send(packet(PUBLISH, text("a/b") + properties(props) + b"value"))
        wire.send(packet(DISCONNECT, b"\0"))
        wire.wait_for_close()
    _round_trips(broker)


def subscribe_again(broker, rounds):
    with _joined(broker, "again") as wire:
        for _ in range(rounds):
            wire.send(packet(SUBSCRIBE, b"\0\1" + text("some/filter/or/other") + b"\0"))
            wire.expect(0x90)
    _round_trips(broker)


def subscribe_and_leave(broker, rounds):
    """Clients that end without unsubscribing."""
    for _ in range(rounds):
        number = broker.next_number()
        with _joined(broker, f"comes-and-goes-{number}") as wire:
            topic = text(f"news/of-the-day-{number}/a-longer-last-level-of-the-topic")
            wire.send(packet(SUBSCRIBE, b"\0\1" + topic + b"\0"))
            wire.expect(0x90)
            wire.send(packet(DISCONNECT, b""))
            wire.wait_for_close()
    _round_trips(broker)


def shared_subscriptions(broker, rounds):
    """Clients that end without unsubscribing from a share of their own."""
    for _ in range(rounds):
        number = broker.next_number()
        with _joined(broker, f"shares-{number}", version=5) as wire:
            topic = text(f"$share/a-group-with-a-rather-long-name-{number}/work")
            wire.send(packet(SUBSCRIBE, b"\0\1" + properties() + topic + b"\0"))
            wire.expect(0x90)
            wire.send(packet(DISCONNECT, b"\0"))
            wire.wait_for_close()
    _round_trips(broker)


def retain_and_clear(broker, rounds):
    with _joined(broker, "retains") as wire:
        for _ in range(rounds):
            topic = text(f"state/of/device-{broker.next_number()}/with-a-long-last-level")
            for payload in (b"on", b""):
                wire.send(packet(PUBLISH | 3, topic + b"\0\1" + payload))
                wire.expect(0x40)
    _round_trips(broker)


def full_queue(broker, rounds):
    """QoS 2 messages whose publisher never releases them, beyond what the broker queues."""
    with _joined(broker, "never-releases", clean=False) as wire:
        for number in range(rounds):
            packet_id = (broker.next_number() % 60000 + 1).to_bytes(2, "big")
            wire.send(packet(PUBLISH | 4, text(LONG) + packet_id + b"x" * 1000))
            if number % 10 == 0:  # not every message has an answer; a ping has
                wire.send(packet(PING, b""))
                while wire.receive()[0] not in (PING | 0x10, 0):
                    pass
    _round_trips(broker)


def many_topics(broker, rounds):
    """UNSUBSCRIBE for many topics at once."""
    topics = b"".join(text(f"t{number}") for number in range(9))
    with _joined(broker, "leaves", version=5) as wire:
        for _ in range(rounds):
            wire.send(packet(UNSUBSCRIBE, b"\0\1" + properties() + topics))
            wire.expect(0xB0)
    _round_trips(broker)


def unknown_authentication(broker, rounds):
    extra = b"\x11\0\0\0\x3c" + b"\x15" + text("METHOD-" * 20) + b"\x16" + text("data" * 5)
    for number in range(rounds):
        with Wire(broker.port) as wire:
            wire.send(connect(f"asks-{number}", version=5, clean=False, user="user" * 5, password="password", extra=extra))
            wire.wait_for_close()
    _round_trips(broker)


def refused_session(broker, rounds):
    """Clients that want a session to be kept, and are not allowed in."""
    for _ in range(rounds):
        with Wire(broker.port) as wire:
            wire.send(connect(f"stranger-{broker.next_number()}", version=5, clean=False, extra=b"\x11\0\0\0\x3c"))
            wire.wait_for_close()


def refused_will(broker, rounds):
    """Clients with a will that is to be published later, who are not allowed in."""
    will = properties(b"\x18\0\0\0\x3c") + text("will/topic") + text("gone-" * 20)
    for _ in range(rounds):
        with Wire(broker.port) as wire:
            wire.send(connect(f"testator-{broker.next_number()}", version=5, will=will))
            wire.wait_for_close()


def will_with_foreign_property(broker, rounds):
    """A will whose properties end with one that no will may have."""
    will = properties(b"\x03" + text("text/plain") + b"\x09" + text("c" * 60) + b"\x1f" + text("why")) + text("will/topic") + text("gone")
    for _ in range(rounds):
        with Wire(broker.port) as wire:
            wire.send(connect("testament", version=5, will=will))
            wire.wait_for_close()
    _round_trips(broker)


def leading_slash(broker, rounds):
    with _joined(broker, "slash", version=3) as wire:
        for _ in range(rounds):
            wire.send(packet(SUBSCRIBE, b"\0\1" + text("/house/kitchen/temperature") + b"\0"))
            wire.expect(0x90)
    _round_trips(broker)


def _certified(broker):
    context = ssl.create_default_context(cafile=str(broker.certificates / "ca.crt"))
    context.check_hostname = False
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(broker.certificates / "client.crt", broker.certificates / "client.key")
    return context


def identity_and_password(broker, rounds):
    """Clients that are known by their certificates, and give a name and a password all the same."""
    context = _certified(broker)
    for number in range(rounds):
        with _joined(broker, f"known-{number}", tls=context, user="somebody-" * 10, password="secret-" * 20) as wire:
            wire.send(packet(DISCONNECT, b""))


def reload_with_identities(broker, rounds):
    if not broker.kept:
        context = _certified(broker)
        broker.kept += [_joined(broker, f"stays-{number}", tls=context) for number in range(10)]
    for _ in range(rounds):
        broker.reload()
        for wire in broker.kept:  # one that is answered comes after all that the signal made the broker do
            wire.send(packet(PING, b""))
            wire.expect(PING | 0x10)
