#!/usr/bin/env python3
"""Checks that a file's name tells what is in it.

    file_names.py ROOT           scans the tree, prints every violation, exits 1 if there is one
    file_names.py --self-check   plants one violation of each rule in a scratch tree and insists that it is found

- A .cc has a header of its name in its folder, and includes it first.
- What a header declares is defined in it, or in the .cc of its name, or in one per processor (name_x86_64.cc).
- No two folders have files of one name.
"""
import collections
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import tree_check  # pylint: disable=wrong-import-position

FOLDERS = ("libtrack", "reports", "cli", "preload")
PROCESSOR = re.compile(r"_(x86_64|aarch64|arm|riscv64)$")

# Sources without a header: what they define is called by name from outside, or registered in one list.
NO_HEADER = (
    (re.compile(r"^cli/main\.cc$"), "the program"),
    (re.compile(r"^cli/commands/[^/]+\.cc$"), "a verb; cli/verbs.cc lists them"),
    (re.compile(r"^preload/(hooks|crash)/.*_hooks\.cc$"), "interposed symbols"),
    (re.compile(r"^preload/crash/start_crash_report\.cc$"), "a constructor"),
    (re.compile(r"^preload/recorder/broker/client_link_\w+\.cc$"), "members of ClientLink, by what they do"),
    (re.compile(r"^preload/recorder/live/live_table_\w+\.cc$"), "members of LiveTable, by what they do"),
    (re.compile(r"^preload/recorder/log/log_file_\w+\.cc$"), "members of LogFile, by what they do"),
    (re.compile(r"^preload/recorder/log/filtered_log\.cc$"), "members of LogFile, by what they do"),
    (re.compile(r"^preload/recorder/packets/packet_tracker_\w+\.cc$"), "members of PacketTracker, by what they do"),
    (re.compile(r"^preload/hooks/memory/mappings_before\.cc$"), "one function of mapping_calls.h"),
)
# Header -> why its functions stand in files of other names.
ELSEWHERE = {
    "preload/hooks/hook_scope.h": "what all hooks share; start.cc opens the gate",
    "preload/hooks/memory/mapping_calls.h": "mappings_before.cc has the one that runs at an attach",
    "preload/hooks/mqtt/packet_events.h": "each file of hooks resolves its own functions",
    "preload/hooks/real_functions.h": "each file of hooks resolves its own functions",
    "preload/hooks/timers/timer_descriptors.h": "timerfd_hooks.cc has them",
    "preload/hooks/timers/timer_records.h": "start.cc knows what is recorded",
    "preload/hooks/typed_function.h": "real_functions.cc has them",
    "preload/recorder/broker/client_link.h": "members of ClientLink, by what they do",
    "preload/recorder/live/live_table.h": "members of LiveTable, by what they do",
    "preload/recorder/log/log_file.h": "members of LogFile, by what they do",
    "preload/recorder/packets/packet_tracker.h": "members of PacketTracker, by what they do",
}
COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)+\'|^[ \t]*#.*?(?<!\\)$', re.DOTALL | re.MULTILINE)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\(.*?\)\)|\[\[.*?\]\]", re.DOTALL)
SCOPE = re.compile(r"\b(?:namespace|class|struct|union)\b[^()]*$|extern\s*$")
FUNCTION = re.compile(r"(\b[A-Za-z_]\w*|operator\W+)\s*\((?!\s*\*).*\)\s*(?:const|noexcept|override|final|&|\s)*(?:->.*)?$", re.DOTALL)
NO_DECLARATION = re.compile(r"^\s*(?:using|typedef|static_assert|friend|return|template\s*<[^;]*>\s*(?:struct|class)|TRACK_\w+)\b"
                            r"|=\s*(?:0|default|delete)\s*$|^[^(]*=")


def declared_only(text):
    """Names of functions that a header declares and does not define: statements of a namespace or class."""
    text = ATTRIBUTE.sub(" ", COMMENT.sub(" ", text))
    names, scopes, statement = [], [], ""
    for char in text:
        if char == "{":
            scopes.append(bool(SCOPE.search(statement)) if all(scopes) else False)
            statement = "" if all(scopes) else statement
        elif char == "}":
            was_scope = scopes.pop() if scopes else True
            if all(scopes):
                statement = "" if was_scope or statement.rstrip().endswith(")") else statement
                statement = "" if not was_scope and FUNCTION.search(statement) else statement
        elif not all(scopes):
            continue
        elif char == ";":
            found = FUNCTION.search(statement.strip())
            if found and not NO_DECLARATION.search(statement.strip()):
                names.append(found.group(1))
            statement = ""
        else:
            statement += char
            if statement.strip() in ("public:", "private:", "protected:"):
                statement = ""
    return names


def first_include(text):
    found = re.search(r'^\s*#\s*include\s*["<]([^">]+)[">]', text, re.MULTILINE)
    return found.group(1) if found else None


def scan(root):
    """Every violation below `root`, and the number of files looked at."""
    files = {p.relative_to(root).as_posix(): p.read_text(encoding="utf-8")
             for folder in FOLDERS for p in sorted((root / folder).rglob("*")) if p.suffix in (".h", ".cc")}
    violations, folders, excused = [], collections.defaultdict(set), set()
    for name, text in files.items():
        folder, _, base = name.rpartition("/")
        stem = PROCESSOR.sub("", base.rsplit(".", 1)[0])
        if not name.startswith("cli/commands/"):
            folders[stem].add(folder)
        if name.endswith(".cc"):
            header = f"{folder}/{stem}.h"
            if any(pattern.search(name) for pattern, _ in NO_HEADER):
                continue
            if header not in files and name[:-3] + ".h" not in files:
                violations.append(f"{name}: there is no {header}; a header and its source bear one name")
            elif stem + ".cc" == base and first_include(text) != header:
                violations.append(f'{name}: includes "{first_include(text)}" first, not its own header')
        else:
            sources = "".join(other_text for other, other_text in files.items()
                              if other.endswith(".cc") and PROCESSOR.sub("", other[:-3]) == f"{folder}/{stem}")
            missing = [n for n in declared_only(text) if not re.search(rf"(?<!\w){re.escape(n)}\s*\(", sources)]
            if missing and name in ELSEWHERE:
                excused.add(name)
            elif missing:
                violations.append(f"{name}: declares {', '.join(missing[:3])}, which is not in a source of its name")
    for stem, where in sorted(folders.items()):
        if len(where) > 1:
            violations.append(f"{stem}: files of this name are in {', '.join(sorted(where))}")
    violations += [f"{name}: the exception is not needed" for name in ELSEWHERE if name in files and name not in excused]
    return violations, len(files)


PLANTED = {
    "libtrack/log/orphan.cc": ("int F() { return 0; }", "libtrack/log/orphan.cc: there is no"),
    "libtrack/log/late.cc": ('#include <vector>\n#include "libtrack/log/late.h"', "libtrack/log/late.cc: includes"),
    "libtrack/log/late.h": ("", None),
    "reports/free.h": ("namespace a {\n[[nodiscard]] int Free(int x = 1);\n}", "reports/free.h: declares Free,"),
    "reports/half.h": ("int Here();\nint There(int x);", "reports/half.h: declares There,"),
    "reports/half.cc": ('#include "reports/half.h"\nint Here() { return 0; }', None),
    "reports/member.h": ("class A {\n public:\n  A() : x_(1) {}\n  int Get() const;\n private:\n  int x_ = 0;\n};",
                         "reports/member.h: declares Get"),
    "cli/twin.h": ("", "twin: files of this name are in cli, reports"),
    "reports/twin.h": ("", None),
}
ALLOWED = {
    "cli/main.cc": "int main() {}",
    "cli/commands/twin.cc": "int Make() { return 0; }",
    "preload/hooks/memory/free_hooks.cc": "void free(void*) {}",
    "libtrack/log/part.h": "int Part();",
    "libtrack/log/part_x86_64.cc": '#include "libtrack/log/part.h"\nint Part() { return 1; }',
    "reports/all_here.h": "// int No();\nnamespace a {\ninline int F() { return G(1); }\nstruct B {\n  virtual ~B() = default;\n"
                          "  virtual int V() = 0;\n  int x = F();\n  std::function<int()> f;\n  int (*p)(int);\n"
                          "  constexpr int Get() const { return x; }\n};\nstatic_assert(sizeof(B) > 0);\n"
                          "using Z = decltype(F());\ntemplate <class T>\nvoid Do(T t) {\n  if (t) { F(); }\n  F();\n}\n}",
}


def self_check():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        contents = {**{name: text for name, (text, _) in PLANTED.items()}, **ALLOWED}
        for name, text in contents.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text + "\n", encoding="utf-8")
        found, _ = scan(root)
        expected = [start for _, start in PLANTED.values() if start]
        missed = [start for start in expected if not any(line.startswith(start) for line in found)]
        if missed or len(found) != len(expected):
            print("missed:", *missed, "found:", *found, sep="\n  ")
            return 1
    return 0


if __name__ == "__main__":
    tree_check.run(scan, self_check, "sources")
