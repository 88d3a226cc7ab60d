"""What `mqtrack diagnose` says of a case, held against the table."""
import dataclasses

from matrix_cases import GONE

SHORTEST = 3  # snapshots; only then may a verdict be put off
OK, LEAK_FOUND = 0, 1


@dataclasses.dataclass
class Judgement:
    case: object
    length: int
    looked: bool = False  # the process was running, and was asked who holds what
    named: int = 0     # planted leaks with the right verdict
    missed: int = 0    # planted leaks with another one, or none
    alarms: int = 0    # other functions with the verdict of a leak
    put_off: int = 0   # planted things of which it is said that more is needed to tell
    wrong: int = 0     # planted things that are no leaks, with a verdict that is neither right nor of a leak
    faults: tuple = ()

    def is_good(self):
        return not self.faults

    def words(self):
        return f"{self.length} snapshots" + (" and a look" if self.looked else "")


def _verdicts(rows, planted):
    return {row["verdict"] for row in rows if planted.is_of(row)} or {"none"}


def _judge_leak(judgement, right_ones, found):
    if found == {"inconclusive"} and judgement.length == SHORTEST:
        judgement.put_off += 1
        return True
    right = found <= (right_ones - {"leak"} if judgement.looked and "lost" in right_ones else right_ones)
    judgement.named, judgement.missed = judgement.named + right, judgement.missed + (not right)
    return right


def _judge_state(judgement, planted, found):
    allowed = planted.verdicts | ({"inconclusive"} if judgement.length == SHORTEST else set())
    judgement.put_off += "inconclusive" in found
    if not planted.function:  # a program of others: nothing is a leak, and what is state is said to be
        return not planted.verdicts.isdisjoint(found) or "none" in planted.verdicts or found <= allowed
    return found <= allowed


def judge(case, length, table, exit_code, looked=False):
    """`table`: the document that diagnose writes."""
    judgement, faults, rows = Judgement(case, length, looked), [], table["verdicts"]
    for planted in case.planted:
        found = _verdicts(rows, planted)
        if planted.is_leak():
            right = _judge_leak(judgement, planted.verdicts, found)
        else:
            right = _judge_state(judgement, planted, found)
            judgement.wrong += not right and not found & GONE
        if not right:
            faults.append(f"{planted.function or 'all'} is {' and '.join(sorted(found))}, not {' or '.join(sorted(planted.verdicts))}")
    for row in rows:
        if row["verdict"] in GONE and not any(planted.is_leak() and planted.is_of(row) for planted in case.planted):
            judgement.alarms += 1
            faults.append(f"{row['function']} is {row['verdict']}: {'; '.join(row['evidence'])}")
    expected = LEAK_FOUND if any(row["verdict"] in GONE for row in rows) else OK
    if exit_code != expected:
        faults.append(f"the exit code is {exit_code}, not {expected}")
    judgement.faults = tuple(faults)
    return judgement
