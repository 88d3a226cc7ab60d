"""An independent reading of a log, straight from libtrack/log/layout.h: the recorder's referee."""
import collections
import mmap
import struct

_HEADER = struct.Struct("<8s2I2Q6I6Q512s32s1024s4I2Q8Q3Q")
_SEGMENTS_AT, _SEGMENT, _MAX_SEGMENTS = _HEADER.size, struct.Struct("<2I3Q"), 256
_SHRINKING_AT, _SHRINKING = _SEGMENTS_AT + _MAX_SEGMENTS * _SEGMENT.size + 3 * 8, struct.Struct("<4Q")
_LIVE, _STACK_TAG, _LABELS_TAG = 1, 0x4B435453, 0x534C424C
LOSSES = ("table_full", "stack_full", "reentered", "before_start", "fork_window", "kept_free")
INCOMPLETE, EARLY, SYNTHETIC = 2, 4, 8

HEAP, THREAD, TIMER, DESCRIPTOR, MAPPING = 1, 2, 3, 4, 5
LABELS = {1: "thread", 2: "state", 3: "fd_kind", 4: "peer", 5: "mqtt_packet", 6: "mqtt_client", 7: "mqtt_topic",
          8: "name", 10: "kind", 11: "timer_kind", 12: "interval", 13: "stack_size", 14: "fired"}

Block = collections.namedtuple("Block", "address bytes stack generation labels")
Thing = collections.namedtuple("Thing", "kind handle bytes stack labels")


class RecorderLog:
    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:  # sparse, and gigabytes long
            data = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
        fields = _HEADER.unpack_from(data)
        assert fields[0] == b"MQTRLOG\n", f"{path}: no magic"
        self.state, self.origin, self.pid, self.parent_pid = fields[5], fields[7], fields[8], fields[9]
        self.file_bytes, self.reserved_bytes = fields[3], fields[4]
        self.exe = fields[17].split(b"\0")[0].decode()
        self.segment_count, self.recorded_kinds = fields[21], fields[24]
        self.losses = {name: n for name, n in zip(LOSSES, fields[26:34]) if n}
        self.unmatched_frees, self.replaced = fields[35], fields[36]
        self.steps, self.withdrawals, *gone_events = _SHRINKING.unpack_from(data, _SHRINKING_AT)
        # Of things that came and went in levels of the live table which are no longer there.
        self.inserted = self.removed = gone_events[self.withdrawals & 1]
        self.blocks, self.others, self.torn = [], [], 0  # heap blocks, other live things
        self.segments = []
        for i in range(min(self.segment_count, _MAX_SEGMENTS)):
            kind, withdrawn, offset, size, count = _SEGMENT.unpack_from(data, _SEGMENTS_AT + _SEGMENT.size * i)
            if kind and withdrawn and withdrawn == self.withdrawals & 0xFFFFFFFF:
                continue  # killed before it could clear the kind
            if kind:
                self.segments.append((offset, offset + size))
            if kind == _LIVE:
                self._read_level(data[offset:offset + count * 128], count)
        self._data = data
        if self.steps % 2:  # killed while it moved entries to an older level: one may be in both
            doubles = {block.address: block for block in self.blocks}
            self.inserted -= len(self.blocks) - len(doubles)
            assert len(self.blocks) - len(doubles) <= 1, f"{path}: more than one block is there twice"
            self.blocks = list(doubles.values())

    def _read_level(self, level, count):
        for at in range(0, count * 128, 128):
            words = struct.unpack_from("<Q5Q5Q10I", level, at)
            state, keys, meta, references = words[0], words[1:6], words[6:11], words[11:]
            version, counted, occupied = state >> 16, state >> 12 & 0xF, sum(key != 0 for key in keys)
            self.inserted += (version + counted) // 2
            self.removed += (version - counted) // 2
            if counted != occupied or 1 in keys:
                self.torn += 1
            for i, key in enumerate(keys):
                kind, handle, size, born = key >> 60, key & (1 << 60) - 1, meta[i] & (1 << 44) - 1, meta[i] >> 44
                stack, labels = references[2 * i:2 * i + 2]
                if kind == HEAP:
                    self.blocks.append(Block(handle, size, stack, born, labels))
                elif key > 1:
                    self.others.append(Thing(kind, handle, size, stack, labels))

    def stack(self, block):
        """(flags, return addresses) of the stack that made a block."""
        at = block.stack * 8
        tag, depth, flags = struct.unpack_from("<3I", self._data, at)
        assert tag == _STACK_TAG, f"{self.path}: the stack at {at} is missing"
        return flags, struct.unpack_from(f"<{depth}Q", self._data, at + 40)

    def things(self, kind):
        """Live things of a kind, each as its labels by name, with how many have these labels."""
        return collections.Counter(frozenset(self.labels(thing).items()) for thing in self.others if thing.kind == kind)

    def of_kind(self, kind):
        """Live things of a kind by their handles: the number of a descriptor, the address of a mapping."""
        return {thing.handle: thing for thing in self.others if thing.kind == kind}

    def labels(self, thing):
        if not thing.labels:
            return {}
        at = thing.labels * 8
        tag, count = struct.unpack_from("<IH", self._data, at)
        assert tag == _LABELS_TAG, f"{self.path}: the labels at {at} are missing"
        found, at = {}, at + 16
        for _ in range(count):
            key, length = self._data[at], self._data[at + 1]
            if length:
                found[LABELS.get(key, key)] = self._data[at + 2:at + 2 + length].decode()
            at += 2 + length
        return found

    def sizes(self):
        """How many live blocks there are of each size."""
        return collections.Counter(block.bytes for block in self.blocks)

    def problems(self, ended=True):
        """What is wrong with the log of a process that is quiet or dead; empty if nothing is."""
        found = []
        addresses = [block.address for block in self.blocks]
        if len(addresses) != len(set(addresses)):
            found.append("a block is there twice")
        live = len(self.blocks) + len(self.others)
        if self.inserted - self.removed != live:
            found.append(f"{self.inserted} inserted - {self.removed} removed != {live} live")
        if len({(thing.kind, thing.handle) for thing in self.others}) != len(self.others):
            found.append("a thing is there twice")
        if ended and self.torn:
            found.append(f"{self.torn} torn buckets")
        ranges = sorted(self.segments)
        if any(a[1] > b[0] for a, b in zip(ranges, ranges[1:])):
            found.append("segments overlap")
        if self.reserved_bytes > self.file_bytes:
            found.append("more is reserved than the file holds")
        for block in self.blocks + self.others:
            if block.stack:
                self.stack(block)
        return found
