#!/usr/bin/env python3
"""Sums up the reports that `ctest --output-junit` writes: every test that was skipped, with its reason, the end of what
every failed test printed, and last a line for each report. Whoever sees only the end of a log sees what failed.

    summarize_reports.py [--strict] --expected FILE REPORT.xml...
    summarize_reports.py --worth-another REPORT.xml

A report is called after the build that was tested: build/tsan.junit.xml is of "tsan", and build/tsan.again.junit.xml of its tests
that had failed and were run once more, alone: what passed there is named as unsteady. --worth-another prints those, as a regular
expression of ctest: the failed ones if they are few and all of them are end-to-end tests or benchmarks, which share the
machine's processors with others; else nothing. FILE has a line for each skip that
is put up with, and why (tests/expected_skips.txt). Exit code 1: a skip has no reason, or with --strict one is not in
FILE. Tests that failed do not change it: ctest said so itself.

A skip is a GoogleTest case (GTEST_SKIP), or a line "SKIPPED test: reason" of tests/e2e/harness/run_tests.py.
"""
import argparse
import fnmatch
import pathlib
import re
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

LAST_LINES = 25
MOST_UNSTEADY = 3  # that many at once are no accident
AMONG_OTHERS = ("e2e.", "bench.")
PYTHON_SKIP = re.compile(r"^SKIPPED (\S+): ?(.*)$", re.MULTILINE)
GOOGLE_SKIP = re.compile(r": Skipped\n(.*?)\n\s*\n", re.DOTALL)


def tests_in(report):
    return list(ElementTree.parse(report).getroot().iter("testcase"))


def build_of(report):
    return report.name.split(".")[0]


def failures_in(report):
    """Pairs of a test's name and the end of what it printed."""
    for test in tests_in(report):
        if test.get("status") == "fail" or test.find("failure") is not None:
            lines = (test.findtext("system-out") or "").rstrip().splitlines()
            yield test.get("name"), lines[-LAST_LINES:]


def worth_another(report):
    names = [name for name, _ in failures_in(report)]
    if not 0 < len(names) <= MOST_UNSTEADY or not all(name.startswith(AMONG_OTHERS) for name in names):
        return ""
    return "^(" + "|".join(name.replace(".", "[.]") for name in names) + ")$"


def passed_alone(report, reports):
    """The tests of a report that passed when they were run again."""
    again = report.with_name(f"{build_of(report)}.again.junit.xml")
    if again == report or again not in reports:
        return set()
    return {test.get("name") for test in tests_in(again)} - {name for name, _ in failures_in(again)}


def skips_in(report):
    """Pairs of a test's name, "entry" or "entry case", and the reason."""
    for test in tests_in(report):
        name, output = test.get("name"), test.findtext("system-out") or ""
        of_python = PYTHON_SKIP.findall(output)
        for case, reason in of_python:
            yield f"{name} {case}", reason.strip()
        if test.find("skipped") is not None and not of_python:
            said = GOOGLE_SKIP.search(output)
            yield name, " ".join(said.group(1).split()) if said else ""


def read_expected(file):
    """Triples of build, test and why, the first two with wildcards."""
    lines = [line.strip() for line in file.read_text().splitlines()]
    expected = []
    for line in lines:
        if not line or line.startswith("#"):
            continue
        pattern, bar, why = line.partition("|")
        words = pattern.split(maxsplit=1)
        if not bar or not why.strip() or len(words) != 2:
            raise SystemExit(f"{file}: expected \"BUILD TEST | why\", found \"{line}\"")
        expected.append((words[0], words[1].strip(), why.strip()))
    return expected


def check(reports, expected, strict, say=print):
    wrong = 0
    for report in reports:
        build = build_of(report)
        for name, reason in skips_in(report):
            known = any(fnmatch.fnmatchcase(build, of) and fnmatch.fnmatchcase(name, test) for of, test, _ in expected)
            say(f"{build}: {name}: {reason or 'NO REASON GIVEN'}{'' if known else ' [not expected]'}")
            wrong += not reason or (strict and not known)
    return wrong


def tell(reports, say=print):
    """The failed tests, then a line for each report."""
    failed = {report: list(failures_in(report)) for report in reports}
    if any(failed.values()):
        say("== Failed tests")
    for report in reports:
        for name, lines in failed[report]:
            say(f"{report.name.removesuffix('.junit.xml')}: {name}")
            for line in lines:
                say(f"    {line}")
    say("== Summary")
    for report in reports:
        count, unsteady = len(tests_in(report)), passed_alone(report, reports)
        say(f"{report.name.removesuffix('.junit.xml')}: {count - len(failed[report])} of {count} tests passed, "
            f"{len(list(skips_in(report)))} skipped"
            + "".join(f"; {'UNSTEADY, passed alone' if name in unsteady else 'FAILED'}: {name}" for name, _ in failed[report]))


def self_check():
    """That it finds what it is for."""
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder, "release.junit.xml")
        report.write_text("""<testsuite>
  <testcase name="e2e.a" status="run"><system-out>SKIPPED a_test.A.test_x: no root
SKIPPED a_test.A.test_y:
</system-out></testcase>
  <testcase name="b_test.B.C" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
  <system-out>b_test.cc:7: Skipped
no
ptrace

[  SKIPPED ] B.C (0 ms)</system-out></testcase>
  <testcase name="c_test.C.D" status="run"><system-out>[       OK ] C.D</system-out></testcase></testsuite>""")
        found = list(skips_in(report))
        assert found == [("e2e.a a_test.A.test_x", "no root"), ("e2e.a a_test.A.test_y", ""),
                         ("b_test.B.C", "no ptrace")], found
        file = pathlib.Path(folder, "expected.txt")
        file.write_text("# why\n* e2e.a a_test.* | root\nrelease b_test.* | ptrace\n")
        expected = read_expected(file)
        quiet = lambda line: None
        assert check([report], expected, True, quiet) == 1  # the one without a reason
        assert check([report], expected[:1], True, quiet) == 2
        assert check([report], expected[:1], False, quiet) == 1
        tsan = report.rename(report.with_name("tsan.junit.xml"))
        assert check([tsan], expected, True, quiet) == 2
        said = []
        report.write_text("""<testsuite><testcase name="b_test.B.C" status="run"><system-out/></testcase>
  <testcase name="d_test.D.E" status="fail"><failure message=""/><system-out>expected
nothing</system-out></testcase></testsuite>""")
        tell([report], said.append)
        assert said == ["== Failed tests", "release: d_test.D.E", "    expected", "    nothing", "== Summary",
                        "release: 1 of 2 tests passed, 0 skipped; FAILED: d_test.D.E"], said
        assert worth_another(report) == ""  # a unit test shares nothing
        report.write_text(report.read_text().replace("d_test.D.E", "e2e.d"))
        assert worth_another(report) == "^(e2e[.]d)$", worth_another(report)
        again = report.with_name("release.again.junit.xml")
        again.write_text("""<testsuite><testcase name="e2e.d" status="run"><system-out/></testcase></testsuite>""")
        said.clear()
        tell([report, again], said.append)
        assert said[-2:] == ["release: 1 of 2 tests passed, 0 skipped; UNSTEADY, passed alone: e2e.d",
                             "release.again: 1 of 1 tests passed, 0 skipped"], said
        again.write_text(report.read_text())
        said.clear()
        tell([report, again], said.append)
        assert [line.endswith("FAILED: e2e.d") for line in said[-2:]] == [True, True], said
    return 0


def main():
    if sys.argv[1:] == ["--self-check"]:
        return self_check()
    if sys.argv[1:2] == ["--worth-another"] and len(sys.argv) == 3:
        report = pathlib.Path(sys.argv[2])
        print(worth_another(report) if report.exists() else "")
        return 0
    parser = argparse.ArgumentParser()
    parser.add_argument("--strict", action="store_true")
    parser.add_argument("--expected", type=pathlib.Path, required=True)
    parser.add_argument("reports", nargs="+", type=pathlib.Path)
    given = parser.parse_args()
    missing = [str(report) for report in given.reports if not report.exists()]
    if missing:
        raise SystemExit(f"there is no report {' '.join(missing)}")
    print("== Skipped tests")
    wrong = check(given.reports, read_expected(given.expected), given.strict)
    tell(given.reports)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
