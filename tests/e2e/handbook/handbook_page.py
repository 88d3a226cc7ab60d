"""A page of docs/handbook as something that can be run.

Blocks of ```console are run from the page's top to its bottom, in one folder: each line that begins with "$ " is a command, and
what follows is what it prints on standard output. A command that ends with "&" runs until the page's end. Comments say what a
reader need not see:

    <!-- run … -->                             commands that prepare the page's folder
    <!-- shows 9 lines, exit code 1 -->        of the next block: each output is cut after so many lines; the exit code of its last command
"""
import difflib
import re
from dataclasses import dataclass, field

ELLIPSIS = "…"
_PIECE = re.compile(r"<!-- run\n(?P<hidden>.*?)\n-->|<!-- shows (?P<lines>\d+) lines(?:, exit code (?P<code>\d+))? -->"
                    r"|```console\n(?P<block>.*?)```", re.DOTALL)


@dataclass
class Step:
    """A command, and what the page says it prints."""
    command: str
    printed: list = field(default_factory=list)
    is_hidden: bool = False
    most_lines: int = 40
    code: int = 0
    start: int = 0  # where its block begins in the page

    @property
    def is_service(self):
        return not self.is_hidden and self.command.endswith(" &")


def steps_of(text):
    most_lines, code = 40, 0
    for piece in _PIECE.finditer(text):
        if piece["hidden"] is not None:
            yield Step(piece["hidden"], is_hidden=True)
        elif piece["lines"]:
            most_lines, code = int(piece["lines"]), int(piece["code"] or 0)
        else:
            yield from _steps_of_block(piece["block"], most_lines, code, piece.start("block"))
            most_lines, code = 40, 0


def _steps_of_block(block, most_lines, code, start):
    steps = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append(Step(line[2:], most_lines=most_lines, start=start))
        else:
            steps[-1].printed.append(line)
    steps[-1].code = code
    return steps


def shown(output, most_lines):
    """What a page shows of an output."""
    lines = [line.rstrip() for line in output.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    return lines if len(lines) <= most_lines else [*lines[:most_lines], ELLIPSIS]


def with_outputs(text, outputs):
    """The page with each block's outputs replaced: a list of (step, lines)."""
    blocks = {}
    for step, lines in outputs:
        blocks.setdefault(step.start, []).extend([f"$ {step.command}", *lines])
    for start in sorted(blocks, reverse=True):
        end = text.index("```", start)
        text = text[:start] + "\n".join(blocks[start]) + "\n" + text[end:]
    return text


_MASKS = ((re.compile(r"0x[0-9a-f]+"), "0x#"), (re.compile(r"[+-]?\d[\d,.:]*( ?[KMG]?i?B\b| ?%| ?ms\b| ?s\b)?"), "#"),
          (re.compile(r"\b(unchanged|#)\b"), "#"), (re.compile(r"[─-╿▀-▟]+"), "-"), (re.compile(r"\bs\b"), ""), (re.compile(r"\s+"), " "))


def masked(line):
    """A line without what differs from run to run: figures, addresses, width."""
    for pattern, instead in _MASKS:
        line = pattern.sub(instead, line)
    return line.strip()


# A line with another of these says something else, however much the rest is alike.
_JUDGES = re.compile(r"\b(PASS|FAIL|exceed\w*|within|lost|leaks?|backlogs?|caches?|churn|warm-up|inconclusive|allocator|none|nothing|"
                     r"alive|ended|killed|crash\w*|grew|shrank)\b", re.IGNORECASE)


def unwrapped(lines):
    """Each line with those that it goes on in: where it is broken depends on the figures."""
    whole = []
    for line in lines:
        if whole and line.startswith(" " * 12):
            whole[-1] += " " + line.strip()
        else:
            whole.append(line)
    return whole


def is_like(line, printed):
    """Whether one of the printed lines, masked, is this one, give or take a word that depends on the figures."""
    judged = _JUDGES.findall(line)
    return any(line == other or (_JUDGES.findall(other) == judged and _likeness(line, other) >= 0.75) for other in printed)


def _likeness(line, other):
    return difflib.SequenceMatcher(None, line.split(), other.split()).ratio()
