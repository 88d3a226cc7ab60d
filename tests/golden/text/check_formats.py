#!/usr/bin/env python3
"""Parses the golden files back: the XML is well-formed JUnit, the JSON has exactly the fields docs/json.md lists."""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

ROOT = pathlib.Path(__file__).resolve().parents[3]
GOLDENS = ROOT / "tests/golden/text/expected"
failures = []


def expect(condition, text):
    if not condition:
        failures.append(text)


def documented_fields(schema):
    """Maps 'object path' to {field: (type, optional)} from the tables below the schema's heading in docs/json.md."""
    section = re.split(r"^## ", (ROOT / "docs/json.md").read_text(), flags=re.M)
    text = next(part for part in section if part.startswith(f"`{schema}`"))
    fields = {}
    for path, field, kind in re.findall(r"^\| `([^`]*)` \| `([^`]*)` \| ([a-z, ?]+) \|", text, flags=re.M):
        fields.setdefault(path, {})[field] = kind
    expect(fields, f"docs/json.md documents no field of {schema}")
    return fields


TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "list": list, "null": type(None)}


def check_object(value, path, fields, where):
    known = fields.get(path)
    expect(known is not None, f"{where}: {path} is not documented")
    if known is None:
        return
    for field in value:
        expect(field in known, f"{where}: {path}.{field} is not documented")
    for field, kind in known.items():
        words = re.split(r"[ ,]+", kind.replace("?", ""))
        if field not in value:
            expect("?" in kind, f"{where}: {path}.{field} is missing")
            continue
        expect(any(isinstance(value[field], TYPES[word]) for word in words if word in TYPES),
               f"{where}: {path}.{field} is {value[field]!r}, not {kind}")
        child = f"{path}.{field}"
        if isinstance(value[field], dict):
            check_object(value[field], child, fields, where)
        if isinstance(value[field], list):
            for entry in value[field]:
                if isinstance(entry, dict):
                    check_object(entry, child + "[]", fields, where)


def check_json(path):
    value = json.loads(path.read_text())
    check_object(value, "$", documented_fields(value["schema"]), path.name)


def check_junit(path):
    suite = xml.fromstring(path.read_bytes()).find("testsuite")
    cases = suite.findall("testcase")
    expect(int(suite.get("tests")) == len(cases), f"{path.name}: tests= does not count the test cases")
    for tag in ("failure", "error"):
        found = len(suite.findall(f"testcase/{tag}"))
        expect(int(suite.get(tag + "s")) == found, f"{path.name}: {tag}s= is not {found}")
    expect(("fail" in path.name) == bool(suite.findall("testcase/failure")), f"{path.name}: failures do not fit its name")
    expect(("cannot" in path.name) == bool(suite.findall("testcase/error")), f"{path.name}: errors do not fit its name")


def check_github(path):
    for line in path.read_text().splitlines():
        match = re.fullmatch(r"::(error|warning|notice) ((?:\w+=[^,:]*,?)+)::(.*)", line)
        expect(match, f"{path.name}: not a workflow command: {line}")
        for percent in re.findall(r"%(..)", line):
            expect(percent in ("25", "0A", "0D", "3A", "2C"), f"{path.name}: unescaped %{percent}: {line}")


jsons, junits, githubs = (sorted(GOLDENS.glob(p)) for p in ("*.json", "*.xml", "*.github"))
expect(len(jsons) >= 6 and len(junits) == 3 and len(githubs) == 3, "golden files are missing")
for file in jsons:
    check_json(file)
for file in junits:
    check_junit(file)
for file in githubs:
    check_github(file)
print("\n".join(failures) or f"{len(jsons)} JSON, {len(junits)} JUnit and {len(githubs)} GitHub files are as documented")
sys.exit(1 if failures else 0)
