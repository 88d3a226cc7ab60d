"""profile.proto, read by its published definition and nothing of ours."""
import gzip


def varint(data, at):
    """The number that begins at `at`, and where it ends."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if not byte & 0x80:
            return value, at


def fields(data):
    """Every field of a message: (number, integer or bytes)."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 0:
            yield tag >> 3, value
        elif tag & 7 == 2:
            assert at + value <= len(data), "a field that is longer than its message"
            yield tag >> 3, data[at:at + value]
            at += value
        else:
            raise AssertionError(f"wire type {tag & 7}")


def numbers(value):
    """A repeated number, packed or not."""
    if isinstance(value, int):
        return [value]
    packed, at = [], 0
    while at < len(value):
        number, at = varint(value, at)
        packed.append(number)
    return packed


def signed(number):
    return number - (1 << 64) if number >> 63 else number


class Profile:
    def __init__(self, compressed):
        strings, types, samples, self.comments = [], [], [], []
        self.time_nanos = self.duration_nanos = self.period = 0
        periods = {}
        for number, value in fields(gzip.decompress(compressed)):
            if number == 1:
                types.append(dict(fields(value)))
            elif number == 2:
                samples.append(list(fields(value)))
            elif number == 6:
                strings.append(value.decode())
            elif number == 9:
                self.time_nanos = value
            elif number == 10:
                self.duration_nanos = value
            elif number == 11:
                periods = dict(fields(value))
            elif number == 12:
                self.period = value
            elif number == 13:
                self.comments += numbers(value)
        assert strings[0] == ""
        self.types = [(strings[one.get(1, 0)], strings[one.get(2, 0)]) for one in types]
        self.period_type = (strings[periods.get(1, 0)], strings[periods.get(2, 0)])
        self.facts = [strings[comment].removeprefix("mqtrack: ") for comment in self.comments]
        self.values = [[signed(n) for number, value in sample if number == 2 for n in numbers(value)] for sample in samples]
        self.labels = {strings[dict(fields(value))[1]] for sample in samples for number, value in sample if number == 3}
        assert all(len(values) == len(self.types) for values in self.values)

    def total(self, name):
        column = [one for one, _ in self.types].index(name)
        return sum(values[column] for values in self.values)
