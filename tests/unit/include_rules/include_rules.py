#!/usr/bin/env python3
"""Checks who includes whom. The rule is docs/architecture.md's table; here it is as data.

    include_rules.py ROOT           scans the tree, prints every violation, exits 1 if there is one
    include_rules.py --self-check   plants one violation of each rule in a scratch tree and insists that it is found
"""
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import tree_check  # pylint: disable=wrong-import-position

# Module (a folder) -> the modules it may include besides itself. The longest matching folder counts.
MAY_INCLUDE = {
    "libtrack/support": (),
    "libtrack/log": ("libtrack/support",),
    "libtrack/mqtt": ("libtrack/log", "libtrack/support"),
    "libtrack/profile": ("libtrack/support",),
    "libtrack/procfs": ("libtrack/support",),
    "libtrack/process": ("libtrack/log", "libtrack/procfs", "libtrack/support"),
    "libtrack/threads": ("libtrack/procfs", "libtrack/support"),
    "libtrack/attach": ("libtrack/log", "libtrack/process", "libtrack/procfs", "libtrack/threads", "libtrack/support"),
    "libtrack/corefile": ("libtrack/procfs", "libtrack/threads", "libtrack/support"),
    "libtrack/heapgraph": ("libtrack/attach", "libtrack/corefile", "libtrack/log", "libtrack/process",
                           "libtrack/procfs", "libtrack/threads", "libtrack/support"),
    "libtrack/symbolize": ("libtrack/profile", "libtrack/support"),
    "libtrack/bundle": ("libtrack/profile", "libtrack/symbolize", "libtrack/support"),
    "libtrack/snapshot": ("libtrack/bundle", "libtrack/log", "libtrack/process", "libtrack/procfs", "libtrack/profile",
                          "libtrack/symbolize", "libtrack/threads", "libtrack/support"),
    "libtrack/cpu": ("libtrack/procfs", "libtrack/profile", "libtrack/snapshot", "libtrack/symbolize",
                     "libtrack/threads", "libtrack/support"),
    "libtrack/analysis": ("libtrack/profile", "libtrack/support"),
    "libtrack/verdicts": ("libtrack/analysis", "libtrack/profile", "libtrack/support"),
    "libtrack/figures": ("libtrack/analysis", "libtrack/log", "libtrack/process", "libtrack/procfs",
                         "libtrack/profile", "libtrack/snapshot", "libtrack/support"),
    "libtrack/timeline": ("libtrack/analysis", "libtrack/log", "libtrack/profile", "libtrack/support"),
    "libtrack/topology": ("libtrack/support",),
    "libtrack/disturb": ("libtrack/mqtt", "libtrack/support"),
    "libtrack/stress": ("libtrack/mqtt", "libtrack/topology", "libtrack/support"),
    "libtrack/hunt": ("libtrack/disturb", "libtrack/mqtt", "libtrack/snapshot", "libtrack/analysis", "libtrack/process", "libtrack/profile",
                      "libtrack/log", "libtrack/support"),
    "libtrack/publish": ("libtrack/support",),
    "libtrack/push": ("libtrack/profile", "libtrack/support"),
    "libtrack/http": ("libtrack/support",),
    "libtrack/service": ("libtrack/analysis", "libtrack/figures", "libtrack/http", "libtrack/log", "libtrack/process",
                         "libtrack/procfs", "libtrack/profile", "libtrack/snapshot", "libtrack/symbolize",
                         "libtrack/history", "libtrack/support"),
    "libtrack/history": ("libtrack/analysis", "libtrack/figures", "libtrack/profile", "libtrack/verdicts",
                         "libtrack/support"),
    "libtrack/include": (),
    "preload/recorder": (),
    "preload/hooks": ("preload/recorder",),
    "preload/attach": ("preload/hooks", "preload/recorder"),
    "preload/crash": ("preload/recorder",),
    "reports": ("libtrack/profile", "libtrack/analysis", "libtrack/verdicts", "libtrack/topology", "libtrack/support"),
    "reports/stress": ("libtrack/stress", "libtrack/analysis", "libtrack/support", "reports"),
    "reports/hunt": ("libtrack/hunt", "libtrack/profile", "libtrack/analysis", "libtrack/support", "libtrack/log", "reports"),
    "reports/timeline": ("libtrack/timeline", "libtrack/analysis", "libtrack/support", "reports"),
    "cli": ("libtrack", "reports"),
    "samples": (),
}
# Headers both sides of the log share. They include nothing of the project but the tables of kinds and of packets, and
# only they may enter the recorder.
TABLES = ("libtrack/log/kinds.h", "libtrack/log/packet_types.h")
SHARED_LAYOUT = ("libtrack/log/layout.h", "libtrack/log/environment.h", "libtrack/log/attach_layout.h",
                 "libtrack/log/file_systems.h", "libtrack/log/unseen_call.h", "libtrack/log/broker_sessions.h",
                 "libtrack/log/broker_before.h", "libtrack/log/trace_layout.h", *TABLES)
MAY_INCLUDE_TABLES = ("libtrack/profile", "libtrack/analysis", "libtrack/verdicts", "reports")  # whose subject sample types are
MAY_INCLUDE_LAYOUT = ("preload/recorder", "preload/hooks", "preload/attach", "preload/crash")

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
SUFFIXES = (".h", ".cc", ".c", ".inc")


def module_of(path):
    """The module a repository-relative path belongs to, or None."""
    inside = [name for name in MAY_INCLUDE if path.startswith(name + "/")]
    return max(inside, key=len, default=None)


def complaint(source, included):
    """Why `source` may not include `included`, or None."""
    module = module_of(source)
    if source in SHARED_LAYOUT:
        if included in TABLES and source not in TABLES:
            return None
        return "the log's layout is shared with the recorder and includes nothing"
    if included.startswith(module + "/"):
        return None
    if included in TABLES and module in MAY_INCLUDE_TABLES:
        return None
    if included in SHARED_LAYOUT and module in MAY_INCLUDE_LAYOUT:
        return None
    if any(included.startswith(allowed + "/") for allowed in MAY_INCLUDE[module]):
        return None
    allowed = ", ".join(MAY_INCLUDE[module]) or "nothing else"
    return f"{module} may include itself and {allowed}"


def scan(root):
    """Every violation below `root`, and the number of includes looked at."""
    violations, looked_at = [], 0
    for path in sorted(p for name in MAY_INCLUDE for p in (root / name).rglob("*") if p.suffix in SUFFIXES):
        source = path.relative_to(root).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            looked_at += 1
            reason = complaint(source, match.group(1))
            if reason is None and not (root / match.group(1)).is_file():
                reason = "no such file; includes are written from the top of the repository"
            if reason:
                violations.append(f'{source}:{number}: includes "{match.group(1)}": {reason}')
    return sorted(set(violations)), looked_at


PLANTED = [
    ("libtrack/support/a.h", "libtrack/profile/x.h"),
    ("libtrack/log/layout.h", "libtrack/support/x.h"),
    ("libtrack/log/environment.h", "libtrack/log/layout.h"),
    ("libtrack/log/kinds.h", "libtrack/log/layout.h"),
    ("libtrack/log/packet_types.h", "libtrack/log/kinds.h"),
    ("libtrack/support/c.cc", "libtrack/log/kinds.h"),
    ("libtrack/log/reader.cc", "libtrack/profile/x.h"),
    ("libtrack/profile/a.cc", "libtrack/log/reader.h"),
    ("libtrack/process/a.cc", "libtrack/profile/x.h"),
    ("libtrack/procfs/a.cc", "libtrack/log/x.h"),
    ("libtrack/threads/a.cc", "libtrack/process/x.h"),
    ("libtrack/process/b.cc", "libtrack/attach/x.h"),
    ("libtrack/corefile/a.cc", "libtrack/heapgraph/x.h"),
    ("libtrack/snapshot/b.cc", "libtrack/attach/x.h"),
    ("libtrack/symbolize/a.cc", "libtrack/process/x.h"),
    ("libtrack/snapshot/a.cc", "libtrack/analysis/x.h"),
    ("libtrack/snapshot/c.cc", "libtrack/cpu/x.h"),
    ("libtrack/analysis/a.cc", "libtrack/symbolize/x.h"),
    ("libtrack/topology/a.cc", "libtrack/profile/x.h"),
    ("libtrack/include/track/a.h", "libtrack/support/x.h"),
    ("preload/recorder/a.cc", "libtrack/log/reader.h"),
    ("preload/recorder/b.cc", "preload/hooks/x.h"),
    ("preload/hooks/a.cc", "libtrack/support/x.h"),
    ("reports/flame/a.cc", "libtrack/snapshot/x.h"),
    ("reports/text/a.cc", "cli/x.h"),
    ("cli/commands/a.cc", "preload/recorder/x.h"),
    ("samples/a.cc", "libtrack/support/x.h"),
    ("libtrack/support/b.cc", "libtrack/support/not_there.h"),
]
ALLOWED = [
    ("preload/recorder/c.cc", "libtrack/log/layout.h"),
    ("preload/recorder/d.cc", "libtrack/log/kinds.h"),
    ("libtrack/log/attach_layout.h", "libtrack/log/kinds.h"),
    ("libtrack/profile/c.cc", "libtrack/log/kinds.h"),
    ("preload/hooks/c.cc", "preload/recorder/x.h"),
    ("cli/c.cc", "libtrack/analysis/x.h"),
    ("reports/flame/c.cc", "reports/text/x.h"),
]


def self_check():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for source, included in PLANTED + ALLOWED:
            if not included.endswith("not_there.h"):
                (root / included).parent.mkdir(parents=True, exist_ok=True)
                (root / included).touch()
        for source, included in PLANTED + ALLOWED:
            (root / source).parent.mkdir(parents=True, exist_ok=True)
            (root / source).write_text(f'#include <vector>\n#include "{included}"\n')
        found, _ = scan(root)
        expected = sorted(f'{source}:2: includes "{included}"' for source, included in PLANTED)
        if [line.rsplit(": ", 1)[0] for line in found] != expected:
            print("planted:", *expected, "found:", *found, sep="\n  ")
            return 1
    return 0


if __name__ == "__main__":
    tree_check.run(scan, self_check, "#include lines")
