#!/usr/bin/env python3
"""Checks that what the table of kinds (libtrack/log/kinds.h) says of a sample type stands nowhere else in the code.

    one_place.py ROOT           scans the tree, prints every violation, exits 1 if there is one
    one_place.py --self-check   plants one violation of each rule in a scratch tree and insists that it is found

Comments may name types, and so may the examples of a verb's help; these are checked to name types that there are.
"""
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import tree_check  # pylint: disable=wrong-import-position

TABLE = "libtrack/log/kinds.h"
FOLDERS = ("libtrack", "reports", "cli", "preload")
SUFFIXES = (".h", ".cc", ".c", ".inc")

# (file, literal) that is spelt like a type and means something else.
NOT_THE_TYPE = {
    ("cli/verbs.cc", "threads"): "the verb",
    ("reports/text/json_table.cc", "threads"): "a JSON field",
    ("reports/text/thread_dump_json.cc", "threads"): "a JSON field",
}

# Comments first, so that quotes in them and comment marks in strings are taken for what they are.
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\((?P<raw>.*?)\)(?P=mark)"|"(?P<text>(?:[^"\\\n]|\\.)*)"'
                   r"|'(?:[^'\\\n]|\\.)+'", re.DOTALL)
INCLUDE = re.compile(r'^\s*#\s*include\b.*$', re.MULTILINE)
EXAMPLE = re.compile(r"(?:--by |(?<![\w-]))([a-z]+_[a-z_]+|[a-z]+)(?==\d)|--by ([a-z_]+)")


class Table:
    """Names and words of the rows."""

    def __init__(self, text):
        self.types = set(re.findall(r'\.name = "([^"]+)"', text))
        words = re.findall(r'\.(?:many|one|meaning) = "([^"]+)"', text)
        self.words = {word for word in words if " " in word}  # "live bytes"; "timer" alone may be anything
        # Whole words that are a type and nothing else in English.
        self.unmistakable = re.compile(r"\b(?:" + "|".join(sorted(t for t in self.types if "_" in t)) + r")\b")


def literals(text):
    """[(line number, literal)] of C++ source, without those of #include lines."""
    text = INCLUDE.sub("", text)
    for match in TOKEN.finditer(text):
        literal = match.group("text") if match.group("text") is not None else match.group("raw")
        if literal is not None:
            yield text.count("\n", 0, match.start()) + 1, literal


def complaint(table, source, literal):
    """Why this literal may not stand in `source`, or None."""
    if (source, literal) in NOT_THE_TYPE:
        return None
    if literal in table.types:
        return f'"{literal}" is the name of a sample type; take it from the table of kinds'
    if literal in table.words:
        return f'"{literal}" is how the table of kinds calls a sample type; take it from there'
    examples = [a or b for a, b in EXAMPLE.findall(literal)] if source.startswith("cli/commands/") else []
    for name in examples:
        if name not in table.types:
            return f'the example names "{name}", which is no sample type'
    left = literal
    for name in examples:
        left = left.replace(name, "")
    found = table.unmistakable.search(left)
    return f'names the sample type "{found.group(0)}"; take it from the table of kinds' if found else None


def scan(root):
    """Every violation below `root`, and the number of literals looked at."""
    table = Table((root / TABLE).read_text(encoding="utf-8"))
    violations, looked_at, excused = [], 0, set()
    for path in sorted(p for folder in FOLDERS for p in (root / folder).rglob("*") if p.suffix in SUFFIXES):
        source = path.relative_to(root).as_posix()
        if source == TABLE:
            continue
        for line, literal in literals(path.read_text(encoding="utf-8")):
            looked_at += 1
            excused.add((source, literal))
            reason = complaint(table, source, literal)
            if reason:
                violations.append(f"{source}:{line}: {reason}")
    unused = [f"{source}: the exception for \"{literal}\" is not needed" for source, literal in NOT_THE_TYPE
              if (root / source).exists() and (source, literal) not in excused]
    return violations + unused, looked_at, table


SCRATCH_TABLE = '{.name = "threads", .many = "threads"}, {.name = "inuse_space", .many = "live bytes"},'
PLANTED = {
    "libtrack/analysis/a.cc": 'bool IsThreads(auto t) { return t == "threads"; }',
    "libtrack/profile/b.h": 'constexpr char kType[] = "inuse_space";',
    "preload/hooks/c.cc": 'const char* kLeftOut = R"(threads)";',
    "reports/words/d.cc": 'std::string Words() { return "live bytes"; }',
    "cli/options/e.cc": 'const char kHelp[] = "What to count: inuse_space, fds";',
    "cli/commands/f.cc": 'const char kExample[] = "mqtrack top mosquitto --by in_use";',
    "cli/commands/g.cc": 'const char kExample[] = "--max-growth heap_space=64KiB";',
    "cli/commands/h.cc": 'const char kHelp[] = "of inuse_space there is much";',
}
ALLOWED = {
    "libtrack/analysis/x.cc": '// "threads" and "inuse_space"\n/* "live bytes" */ const char kText[] = "threads that ended";',
    "cli/commands/y.cc": 'const char kExample[] = "mqtrack top mosquitto --by inuse_space -n 3, or inuse_space=64KiB";',
    "cli/verbs.cc": 'const char kVerb[] = "threads";',
    "reports/words/z.cc": "char kQuote = '\"'; // threads\n#include \"threads\"\n",
}


def self_check():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for source, text in {TABLE: SCRATCH_TABLE, **PLANTED, **ALLOWED}.items():
            (root / source).parent.mkdir(parents=True, exist_ok=True)
            (root / source).write_text(text + "\n", encoding="utf-8")
        found, _, _ = scan(root)
        if [line.split(":")[0] for line in found] != sorted(PLANTED):
            print("planted:", *sorted(PLANTED), "found:", *found, sep="\n  ")
            return 1
    return 0


def check(root):
    """What stands in two places, and how many literals were looked at: none counts if the table has no rows."""
    violations, looked_at, table = scan(root)
    return violations, looked_at if len(table.types) >= 2 else 0


if __name__ == "__main__":
    tree_check.run(check, self_check, "literals of types")
