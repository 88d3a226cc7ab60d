#!/usr/bin/env python3
"""Checks that what the documents point at exists: linked files and headings, repository paths and tests named in
backticks (`preload/recorder/fork_handlers.cc`, `RecorderTest.ThreadsRecordTogether`, `plugin_test.test_daemon_is_followed`).

    doc_references.py ROOT           checks README.md, CONTRIBUTING.md, CHANGELOG.md, docs/*.md and tests' README.md files
    doc_references.py --self-check   plants one dead reference of each kind in a scratch tree and insists that it is found
"""
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import tree_check  # pylint: disable=wrong-import-position

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
FOLDERS = ("cli/", "cmake/", "docs/", "libtrack/", "preload/", "reports/", "samples/", "tests/")
PATH = re.compile(r"\.?/?[\w./-]+")
UNIT_TEST = re.compile(r"([A-Z]\w*)\.([A-Z]\w*)")
SCRIPT_TEST = re.compile(r"(\w+_test)\.(test_\w+)")


def documents(root):
    named = [root / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    found = [path for path in named if path.is_file()] + sorted((root / "docs").glob("*.md"))
    return found + sorted((root / "tests").rglob("README.md"))


def anchors(path):
    """The fragments by which headings are linked to: lower case, blanks to dashes, punctuation left out."""
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    titles = [re.sub(r"[`*]", "", title) for title in HEADING.findall(text)]
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def unit_tests(root):
    pattern = re.compile(r"^TEST(?:_F|_P)?\((\w+), (\w+)\)", re.MULTILINE)
    return {name for path in (root / "tests").rglob("*_test.cc") for name in pattern.findall(path.read_text("utf-8"))}


def script_tests(root):
    pattern = re.compile(r"^    def (test_\w+)\(", re.MULTILINE)
    return {(path.stem, name) for path in (root / "tests").rglob("*_test.py")
            for name in pattern.findall(path.read_text("utf-8"))}


def dead_link(document, target):
    """Why a link of `document` leads nowhere, or None. Links to other sites are not followed."""
    if re.match(r"[a-z]+:", target):
        return None
    name, _, fragment = target.partition("#")
    linked = document.parent / name if name else document
    if not linked.exists():
        return f"link to {target}: no such file"
    if fragment and linked.suffix == ".md" and fragment not in anchors(linked):
        return f"link to {target}: no such heading"
    return None


def dead_name(root, tests, code):
    """Why something named in backticks does not exist, or None."""
    if match := SCRIPT_TEST.fullmatch(code):
        return None if match.groups() in tests["script"] else f"no such test: {code}"
    if match := UNIT_TEST.fullmatch(code):
        return None if match.groups() in tests["unit"] else f"no such test: {code}"
    path = code.removeprefix("./")
    if PATH.fullmatch(code) and path.startswith(FOLDERS) and not (root / path).exists():
        return f"no such file: {code}"
    return None


def check(root):
    """Every dead reference, and the number of references looked at."""
    tests = {"unit": unit_tests(root), "script": script_tests(root)}
    complaints, looked_at = [], 0
    for document in documents(root):
        text = FENCE.sub(lambda fence: "\n" * fence.group().count("\n"), document.read_text(encoding="utf-8"))
        for number, line in enumerate(text.splitlines(), 1):
            reasons = [dead_link(document, target) for target in LINK.findall(line)]
            reasons += [dead_name(root, tests, code) for code in CODE.findall(line)]
            looked_at += len(reasons)
            where = f"{document.relative_to(root)}:{number}: "
            complaints += [where + reason for reason in reasons if reason]
    return complaints, looked_at


def self_check():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "docs").mkdir()
        (root / "tests").mkdir()
        (root / "tests/a_test.cc").write_text("TEST(Suite, Case) {}\n")
        (root / "tests/a_test.py").write_text("class A:\n    def test_one(self):\n")
        (root / "README.md").write_text(
            "# A `title`, here\n[x](docs) [x](#a-title-here) [x](https://example.org/) `tests/a_test.cc` `Suite.Case` "
            "`a_test.test_one` `docs/*.md`\n```\n[x](only/an/example)\n```\n")
        if check(root)[0]:
            print("good references refused:", *check(root)[0], sep="\n  ")
            return 1
        dead = ["[x](gone.md)", "[x](#gone)", "[x](README.md#gone)", "`docs/gone.md`", "`./samples/gone.sh`",
                "`Suite.Gone`", "`a_test.test_gone`"]
        (root / "README.md").write_text("\n".join(dead) + "\n")
        lines = {int(complaint.split(":")[1]) for complaint in check(root)[0]}
        missed = [reference for number, reference in enumerate(dead, 1) if number not in lines]
        if missed:
            print("not found:", *missed, sep="\n  ")
        return 1 if missed else 0


if __name__ == "__main__":
    tree_check.run(check, self_check, "references")
