"""Reads a trace of Perfetto by the published field numbers, and insists on what its viewers take for granted: sound
messages, tracks that are described before they are used, and slices that nest.

Independent of mqtrack's writer: protos/perfetto/trace/{trace,trace_packet}.proto and track_event/*.proto."""
from dataclasses import dataclass, field

BEGIN, END, INSTANT, COUNTER = 1, 2, 3, 4


def fields(data):
    """Number and value of each field: an int, or bytes."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = varint(data, at)
        elif kind == 1:
            value, at = int.from_bytes(data[at:at + 8], "little"), at + 8
        elif kind == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        else:
            raise AssertionError(f"wire type {kind} of field {number}")
        assert at <= len(data), f"field {number} is longer than its message"
        yield number, value


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        assert shift < 70, "a varint without an end"


def signed(value):
    return value - (1 << 64) if value >> 63 else value


@dataclass
class Track:
    uuid: int = 0
    name: str = ""
    parent: int = 0
    pid: int = 0
    tid: int = 0
    is_counter: bool = False
    unit: int = 0


@dataclass
class Event:
    ns: int = 0
    kind: int = 0
    track: int = 0
    name: str = ""
    category: str = ""
    value: int = 0
    flows: tuple = ()
    notes: dict = field(default_factory=dict)


@dataclass
class Slice:
    begin: Event
    end_ns: int
    depth: int
    outer: object = None

    @property
    def nanos(self):
        return self.end_ns - self.begin.ns


def _track(data):
    track = Track()
    for number, value in fields(data):
        if number == 1:
            track.uuid = value
        elif number == 2:
            track.name = value.decode()
        elif number == 3:
            track.pid = dict(fields(value))[1]
        elif number == 4:
            thread = dict(fields(value))
            track.pid, track.tid = thread[1], thread[2]
        elif number == 5:
            track.parent = value
        elif number == 8:
            track.is_counter, track.unit = True, dict(fields(value)).get(3, 0)
    return track


def _note(data):
    """Of a DebugAnnotation."""
    name = value = None
    for number, content in fields(data):
        if number == 10:
            name = content.decode()
        elif number in (2, 3):
            value = content
        elif number == 4:
            value = signed(content)
        elif number == 6:
            value = content.decode()
    return name, value


def _event(ns, data):
    event = Event(ns)
    for number, value in fields(data):
        if number == 4:
            name, content = _note(value)
            event.notes[name] = content
        elif number == 9:
            event.kind = value
        elif number == 11:
            event.track = value
        elif number == 22:
            event.category = value.decode()
        elif number == 23:
            event.name = value.decode()
        elif number == 30:
            event.value = signed(value)
        elif number == 47:
            event.flows += (value,)
    return event


class PerfettoTrace:
    """`tracks` by uuid; `events` in order of time; `slices`, closed ones, by when they began. `whole`: False of a file that
    was cut short, whose last packet is left out."""

    def __init__(self, data, whole=True):
        self.tracks, self.events = {}, []
        self.sequences = set()
        for number, packet in self._packets(data, whole):
            assert number == 1, f"field {number} of a trace"
            self._add(packet)
        self.events.sort(key=lambda event: event.ns)
        self.slices = self._nest(whole)

    @staticmethod
    def _packets(data, whole):
        try:
            yield from fields(data)
        except (IndexError, AssertionError):
            if whole:
                raise

    def _add(self, packet):
        ns = 0
        for number, value in fields(packet):
            if number == 8:
                ns = value
            elif number == 10:
                self.sequences.add(value)
            elif number == 60:
                track = _track(value)
                assert track.uuid and track.uuid not in self.tracks, "a track without an id of its own"
                assert not track.parent or track.parent in self.tracks, "a parent that is not described before"
                self.tracks[track.uuid] = track
            elif number == 11:
                event = _event(ns, value)
                assert event.track in self.tracks, "an event on a track that is not described before"
                assert self.tracks[event.track].is_counter == (event.kind == COUNTER), "a counter that is none"
                self.events.append(event)

    def _nest(self, whole):
        open_slices, closed = {}, []
        for event in self.events:
            stack = open_slices.setdefault(event.track, [])
            if event.kind == BEGIN:
                stack.append(event)
            elif event.kind == END:
                assert stack, f"an end without a beginning on {self.tracks[event.track].name}"
                begin = stack.pop()
                closed.append(Slice(begin, event.ns, len(stack), stack[-1] if stack else None))
        left = [event.name for stack in open_slices.values() for event in stack]
        assert not left or not whole, f"slices that never end: {left}"
        return sorted(closed, key=lambda one: one.begin.ns)

    def track_named(self, name):
        found = [track for track in self.tracks.values() if track.name == name]
        assert len(found) == 1, f"{len(found)} tracks named {name!r} of {[track.name for track in self.tracks.values()]}"
        return found[0]

    def slices_on(self, track, category=None):
        return [one for one in self.slices if one.begin.track == track.uuid and category in (None, one.begin.category)]

    def instants(self, name=None, track=None):
        return [event for event in self.events if event.kind == INSTANT and name in (None, event.name) and
                (track is None or event.track == track.uuid)]

    def values(self, name):
        track = self.track_named(name)
        return [(event.ns, event.value) for event in self.events if event.track == track.uuid]
