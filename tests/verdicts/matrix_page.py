"""The part of docs/verdicts.md that the matrix writes: precision and recall at each length, and the cases."""
import re

import matrix_cases

BEGIN = "<!-- the matrix: written by tests/verdicts/matrix.py -->"
END = "<!-- the end of the matrix -->"


def _ratio(part, whole):
    return f"{part} of {whole}" + (f" ({100 * part / whole:.0f} %)" if whole else "")


def _row(of_length):
    named = sum(judgement.named for judgement in of_length)
    planted = sum(planted.is_leak() for judgement in of_length for planted in judgement.case.planted)
    alarms = sum(judgement.alarms for judgement in of_length)
    others = sum(not planted.is_leak() for judgement in of_length for planted in judgement.case.planted)
    put_off, wrong = (sum(getattr(judgement, name) for judgement in of_length) for name in ("put_off", "wrong"))
    return (f"| {of_length[0].words()} | {_ratio(named, named + alarms)} | {_ratio(named, planted)} | {alarms} | "
            f"{_ratio(others - wrong, others)} | {put_off} |")


def table(judgements):
    head = ("| observed in | precision: of verdicts of a leak, right | recall: of leaks, found | leaks that are none | state, caches "
            "and the like without a wrong verdict | told that more is needed |\n|---|---|---|---|---|---|\n")
    ways = sorted({(judgement.looked, judgement.length) for judgement in judgements})
    return head + "\n".join(_row([judgement for judgement in judgements if (judgement.looked, judgement.length) == way])
                            for way in ways)


def _cell(planted):
    return f"`{planted.function}`" if planted.function else "all of it"


def _cases(judgements):
    lines = ["| case | what it does | function | right verdicts | wrong at |", "|---|---|---|---|---|"]
    for case in dict.fromkeys(judgement.case for judgement in judgements):
        wrong = [judgement.words() for judgement in judgements if judgement.case is case and not judgement.is_good()]
        for planted in case.planted:
            lines.append(f"| {case.name} | {case.why} | {_cell(planted)} | {', '.join(sorted(planted.verdicts))} | "
                         f"{', '.join(wrong) or '-'} |")
    return "\n".join(lines)


def write(page, judgements):
    """Between the page's marks, or at its end."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    unseen = [judgement for judgement in judgements if judgement.case in matrix_cases.UNSEEN]
    known = [judgement for judgement in judgements if judgement not in unseen]
    part = f"{BEGIN}\n{table(known)}\n\n{_cases(known)}\n"
    if unseen:
        part += f"\nCases that were written after the rules had been fixed:\n\n{table(unseen)}\n\n{_cases(unseen)}\n"
    part += END
    marked = re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.DOTALL)
    text = marked.sub(lambda _: part, text) if marked.search(text) else f"{text.rstrip()}\n\n{part}\n".lstrip()
    page.write_text(text, encoding="utf-8")
