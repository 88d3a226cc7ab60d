"""`go tool pprof` as the referee of our own numbers."""
import gzip
import os
import re
import subprocess

from .paths import find_program
from .pprof_reader import varint

# A row of -top: flat flat% sum% cum cum% name. With -unit=bytes sizes end in B, other values in the unit asked for.
_ROW = re.compile(r"^\s*(-?\d+)(?:B|bytes)?\s+\S+%\s+\S+%\s+(-?\d+)(?:B|bytes)?\s+\S+%\s+(.+?)(?: \((?:inline|partial-inline)\))?$")
_DROP_FRAMES = 7  # field number in Profile


def top(newer, base=None, sample_type="inuse_space", folder=None, options=(), cumulative=False):
    """Flat, or cumulative, values by function name. Nothing is cut off, and nothing is symbolized again."""
    command = [find_program("go"), "tool", "pprof", "-top", "-symbolize=none", "-nodecount=0", "-nodefraction=0",
               "-unit=bytes", f"-sample_index={sample_type}", *options,
               *([f"-base={base}"] if base else []), str(newer)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, "PPROF_TMPDIR": str(folder or "/tmp"), "HOME": str(folder or "/tmp")})
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stderr}")
    lines = done.stdout.splitlines()
    if f"Type: {sample_type}" not in lines:
        raise AssertionError(f"pprof shows another type than {sample_type}:\n{done.stdout}")
    header = next(i for i, line in enumerate(lines) if line.split()[:2] == ["flat", "flat%"])
    rows = {}
    for line in lines[header + 1:]:
        match = _ROW.match(line)
        if match is None:
            raise AssertionError(f"unexpected line of pprof: {line!r}")
        name, value = match.group(3), int(match.group(2 if cumulative else 1))
        rows[name] = rows.get(name, 0) + value
    return rows


def stacks(profile, folder, *options):
    """Every sample of -raw: its frames, root first, as (name, file), and its last value."""
    command = [find_program("go"), "tool", "pprof", "-raw", "-symbolize=none", *options, str(profile)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, "PPROF_TMPDIR": str(folder), "HOME": str(folder)})
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stderr}")
    samples, locations = done.stdout.split("\nSamples:\n")[1].split("\nLocations\n")
    frames, current = {}, None
    for line in locations.split("\nMappings")[0].splitlines():
        if match := re.match(r"\s+(\d+): 0x[0-9a-f]+ (?:M=\d+ )?(?:\[F\] )?(.*)$", line):
            current = frames.setdefault(match.group(1), [])
            line = match.group(2)
        # Behind the line, later versions say the column.
        if match := re.match(r"\s*(.*?) ?(\S*?):\d+(?::\d+)? s=-?\d+", line):
            current.insert(0, (match.group(1), match.group(2)))
    for line in samples.splitlines()[1:]:  # the first one names the types
        if match := re.match(r"\s*([-\d ]+): ([\d ]+)\s*$", line):
            ids = match.group(2).split()
            yield [frame for id in reversed(ids) for frame in frames[id]], int(match.group(1).split()[-1])


def without_drop_frames(source, target):
    """Copies a profile, leaving out the field by which pprof hides malloc's own frames."""
    data, kept, at = gzip.decompress(source.read_bytes()), bytearray(), 0
    while at < len(data):
        start = at
        tag, at = varint(data, at)
        if tag & 7 == 0:
            _, at = varint(data, at)
        elif tag & 7 == 2:
            length, at = varint(data, at)
            at += length
        else:
            raise AssertionError(f"wire type {tag & 7} at byte {start}")
        if tag >> 3 != _DROP_FRAMES:
            kept += data[start:at]
    target.write_bytes(gzip.compress(bytes(kept)))
    return target


def _pprof(profile, folder, sample_type, *options):
    command = [find_program("go"), "tool", "pprof", "-symbolize=none", "-unit=bytes", f"-sample_index={sample_type}",
               *options, str(profile)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False,
                          env={**os.environ, "PPROF_TMPDIR": str(folder), "HOME": str(folder)})
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}\n{done.stderr}")
    return done.stdout


def _number(text):
    return 0 if text == "." else int(re.sub(r"(?:B|bytes)?$", "", text))


def peek(profile, pattern, sample_type, folder):
    """By function: ({caller: value}, flat, cum, {callee: value}); without those that nothing passes."""
    found = {}
    for block in re.split(r"^-+\+-+$", _pprof(profile, folder, sample_type, f"-peek={pattern}"), flags=re.M)[2:]:
        callers, callees, own = {}, {}, None
        for line in block.splitlines():
            left, _, name = line.partition(" | ")
            name = re.sub(r" \((?:inline|partial-inline)\)$", "", name.strip())
            words = left.split()
            if len(words) > 2:
                own = (name, _number(words[0]), _number(words[3]))
            elif words and _number(words[0]):
                (callers if own is None else callees)[name] = _number(words[0])
        if own and (own[2] or own[1]):
            found[own[0]] = (callers, own[1], own[2], callees)
    return found


def listing(profile, pattern, sample_type, folder):
    """By (function, line) of -list: (flat, cum). pprof shows lines only of sources that it finds, so each is given one
    that is long enough."""
    sources = folder / "sources"
    rows, name = {}, None
    files = {file for stack, _ in stacks(profile, folder, f"-sample_index={sample_type}") for _, file in stack if file}
    for file in files:
        stand_in = sources / file.lstrip("/")
        stand_in.parent.mkdir(parents=True, exist_ok=True)
        stand_in.write_text("x\n" * 20_000)
    # What is trimmed off an absolute path is its first slash.
    text = _pprof(profile, folder, sample_type, f"-list={pattern}", f"-source_path={sources}", "-trim_path=/")
    for line in text.splitlines():
        if match := re.match(r"ROUTINE =+ (.*) in .*$", line):
            name = match.group(1)
        elif match := re.match(r"\s*(\S+)\s+(\S+)\s+(\d+):", line):
            flat, cum = _number(match.group(1)), _number(match.group(2))
            if flat or cum:
                rows[name, int(match.group(3))] = (flat, cum)
    return rows
