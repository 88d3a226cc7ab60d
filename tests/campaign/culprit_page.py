"""What came out, as lines on the terminal and as a page."""
import dataclasses
import platform
import time

import culprit_cases


class Growth:
    """The rows of one diff."""

    def __init__(self, table):
        self.rows = [site for site in table["sites"] if site["growth"] > 0]
        self._all = sum(site["growth"] for site in self.rows)

    def first(self):
        return self.rows[0]["function"] if self.rows else "nothing"

    def of(self, function):
        return next((row["growth"] for row in self.rows if row["function"] == function), 0)

    def share(self, function):
        return self.of(function) / self._all if self._all else 0.0

    def first_row(self):
        if not self.rows:
            return "no growth"
        below = f" below {self.rows[0]['caller']}" if self.rows[0]["caller"] else ""
        return f"{self.first()}{below} +{self.rows[0]['growth']:,} ({self.share(self.first()):.0%})"


@dataclasses.dataclass
class Outcome:
    case: object
    day: str
    leaky: Growth = None
    repaired: Growth = None
    failure: str = ""

    def product(self):
        return self.case.product + (", stripped" if self.case.stripped else "")

    def expected(self):
        return self.case.row or self.case.repaired

    def is_named(self):
        return not self.failure and self.leaky.first() == self.expected()

    def left(self):
        return self.repaired.of(self.expected())

    def is_gone(self):
        """Less than a twentieth of what it was: a table may have grown once."""
        return not self.failure and self.left() * 20 < self.leaky.of(self.expected())

    def is_as_expected(self):
        return self.is_named() and self.is_gone()

    def line(self, stacks=False):
        name = f"{self.product()} {self.case.repair}"
        if self.failure:
            return f"{name}: FAILED: {self.failure}"
        text = (f"{name} ({self.case.repaired}): {'ok' if self.is_as_expected() else 'WRONG'}: "
                f"leaky: {self.leaky.first_row()}; repaired: {self.repaired.first_row()}, of {self.expected()} {self.left()}")
        if stacks:
            for which in (self.leaky, self.repaired):
                for row in which.rows[:3]:
                    text += f"\n    {row['function']} +{row['growth']} ({row.get('object_growth')})"
                    text += "".join(f"\n        {frame['function']} {frame['module']}" for frame in row.get("stack", [])[:14])
        return text


HEAD = """\
# Leaks that brokers and client libraries really had

Written by `tests/campaign/culprits.py`, which repeats it: from the histories of mosquitto and Paho C it builds the version
before a repair and the repaired one, runs both under the recorder, drives them alike, and compares two snapshots around
the load with `mqtrack diff` in its defaults (`--by fds` or `--by threads` where those leak). Both are built by this
machine's compiler with `-g -O2`, and "stripped" without names. The first row is the one that `mqtrack diff` shows, with its
share of all that grew.

On {system}, {machine}, {day}. Growth is in bytes; of descriptors and threads it is their number.
"""
NAMED = """
## The function that was repaired is the first row

{right} of {all} are as the heading says; the others say what came instead. What has no name in a stripped library goes by
its offset, and by the nearest caller that has one.

| product | repair | what was lost | driven by | function that the repair changes | first row before the repair | first row after it | after it, of that function |
|---|---|---|---|---|---|---|---|
"""
ELSEWHERE = """
## Where what was lost was made by another function

An allocation profiler knows who made a thing, not who should have given it back. Here the repair stands where a thing
should have been dropped, and another function made it, or made most of it. The first row is the maker; its stack and the
packets that caused the growth (`--group-by mqtt_packet`) lead on.

| product | repair | what was lost | function that the repair changes | first row before the repair | why | after it, of that row |
|---|---|---|---|---|---|---|
"""
NOT_DRIVEN = """
## Looked at, and not driven

| product | repair | function | why not |
|---|---|---|---|
"""


def _link(outcome):
    return f"`{outcome.case.repair}`, {outcome.day}"


def _verdict(outcome, text):
    return text if outcome.is_as_expected() else f"**{text}**"


def page(outcomes):
    named = [outcome for outcome in outcomes if not outcome.case.why]
    elsewhere = [outcome for outcome in outcomes if outcome.case.why]
    text = HEAD.format(system=platform.freedesktop_os_release()["PRETTY_NAME"], machine=platform.machine(),
                       day=time.strftime("%Y-%m-%d"))
    text += NAMED.format(right=sum(outcome.is_as_expected() for outcome in named), all=len(named))
    for outcome in named:
        case = outcome.case
        before = outcome.failure or outcome.leaky.first_row()
        after, left = ("", "") if outcome.failure else (outcome.repaired.first_row(), f"+{outcome.left():,}" if outcome.left() else "none")
        text += (f"| {outcome.product()} | {_link(outcome)} | {case.lost} | {case.how} | `{case.repaired}` | {_verdict(outcome, before)} | "
                 f"{after} | {left} |\n")
    text += ELSEWHERE
    for outcome in elsewhere:
        case = outcome.case
        before = outcome.failure or outcome.leaky.first_row()
        left = "" if outcome.failure else f"+{outcome.left():,}" if outcome.left() else "none"
        text += (f"| {outcome.product()} | {_link(outcome)} | {case.lost} | `{case.repaired}` | {_verdict(outcome, before)} | {case.why} | "
                 f"{left} |\n")
    text += NOT_DRIVEN
    text += "".join(f"| {product} | `{repair}` | {function} | {why} |\n" for product, repair, function, why in culprit_cases.NOT_DRIVEN)
    return text
