"""The part of docs/verdicts.md that the matrix writes: precision and recall at each length, and the cases."""
import re

import matrix_cases

BEGIN = "<!-- the matrix: written by tests/verdicts/matrix.py -->"
END = "<!-- the end of the matrix -->"
BEGIN_CLIENTS = "<!-- clients: written by tests/verdicts/matrix.py -->"
END_CLIENTS = "<!-- the end of the clients -->"


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


def _replace(text, begin, end, part):
    """What stands between two marks, or at the end of the text."""
    part = f"{begin}\n{part}\n{end}"
    marked = re.compile(re.escape(begin) + ".*" + re.escape(end), re.DOTALL)
    return marked.sub(lambda _: part, text) if marked.search(text) else f"{text.rstrip()}\n\n{part}\n".lstrip()


def write(page, judgements):
    """Between the page's marks, or at its end. Of services that are clients apart, and only what was run."""
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    clients = [judgement for judgement in judgements if judgement.case in matrix_cases.CLIENTS]
    unseen = [judgement for judgement in judgements if judgement.case in matrix_cases.UNSEEN]
    known = [judgement for judgement in judgements if judgement not in unseen and judgement not in clients]
    if known:
        part = f"{table(known)}\n\n{_cases(known)}"
        if unseen:
            part += f"\n\nCases that were written after the rules had been fixed:\n\n{table(unseen)}\n\n{_cases(unseen)}"
        text = _replace(text, BEGIN, END, part)
    if clients:
        text = _replace(text, BEGIN_CLIENTS, END_CLIENTS, "Services that are clients of a broker, written after the rules had been "
                        f"fixed as well:\n\n{table(clients)}\n\n{_cases(clients)}")
    page.write_text(text, encoding="utf-8")
