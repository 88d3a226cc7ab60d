#!/usr/bin/env python3
"""Writes what `mqtrack VERB --help` says into the man page, docs/cli.md, docs/formats.md and the shell completions.

The help is the one source: what stands between "BEGIN generated" and "END generated" in those files comes from it.

    docs/from_help.py --mqtrack build/release/cli/mqtrack            rewrites the files
    docs/from_help.py --mqtrack build/release/cli/mqtrack --check    exit code 1 if a file differs (a test does this)
"""
import argparse
import difflib
import os
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXT_COLUMN = 26
CHOICES = re.compile(r": ([a-z-]+(?:, [a-z-]+)+)(?: \(default \w+\))?$")


class Option:
    """One entry of an option section, or one argument."""

    def __init__(self, head, text):
        self.names = re.findall(r"(?<!\S)--?[a-zA-Z][a-zA-Z-]*", head)
        self.value = head.replace(",", "").split()[-1] if not head.startswith("-") or " " in head else ""
        if self.value in self.names:
            self.value = ""
        self.text = text
        found = CHOICES.search(text)
        self.choices = found.group(1).split(", ") if found and self.value else []  # a flag has none


class Verb:
    """The parsed help of one verb."""

    def __init__(self, name, help_text):
        self.name, self.help = name, help_text
        blocks = re.split(r"\n(?=[A-Z][A-Za-z']*(?: [A-Za-z']+){0,5}:\n)", help_text)
        head = blocks[0].strip().split("\n\n")
        self.summary = head[0].split(": ", 1)[1]
        self.usage = head[1].removeprefix("Usage: ")
        self.explanation = [" ".join(paragraph.split()) for paragraph in head[2:]]
        self.sections, self.examples, self.exits, self.sample_types = [], [], [], []
        for block in blocks[1:]:
            title, _, body = block.partition(":\n")
            if title == "Examples":
                self.examples = parse_examples(body)
            elif title == "Exit codes":
                self.exits = parse_entries(body, 6)
            elif title == "Sample types":  # (name, "unit: one per …")
                self.sample_types = parse_entries(body, TEXT_COLUMN)
            else:
                self.sections.append((title, [Option(*entry) for entry in parse_entries(body, TEXT_COLUMN)]))

    def options(self):
        return [option for title, options in self.sections if title != "Arguments" for option in options]

    def arguments(self):
        return [option for title, options in self.sections if title == "Arguments" for option in options]


def parse_entries(body, column):
    """[(head, text)] of lines "  head      text", the text continued at `column`."""
    entries = []
    for line in body.splitlines():
        head, text = line[:column].strip(), line[column:].strip()
        if line.strip() and not line.startswith(" " * column):
            if len(line) > column and line[column - 1] != " ":  # a head longer than its column
                head, text = line.strip(), ""
            entries.append([head, text])
        elif line.strip():
            entries[-1][1] = (entries[-1][1] + " " + text).strip()
    return [tuple(entry) for entry in entries]


def parse_examples(body):
    """[(command, comment)]."""
    examples, comment = [], []
    for line in body.splitlines():
        if line.startswith("  # ") or (comment and not line.startswith("  mqtrack")):
            comment.append(line.strip().removeprefix("# "))
        elif line.strip():
            examples.append((line.strip(), " ".join(comment)))
            comment = []
    return examples


def read_verbs(mqtrack):
    def run(*words):
        return subprocess.run([mqtrack, *words], check=True, capture_output=True, text=True).stdout
    listing = run("--help").split("\nVerbs:\n")[1].split("\n\n")[0]
    verbs = [Verb(line.split()[0], run(line.split()[0], "--help")) for line in listing.splitlines()]
    types = [name for name, _ in sample_types(verbs)]
    for option in (option for verb in verbs for option in verb.options() if "--by" in option.names):
        option.choices = types
    return verbs


def sample_types(verbs):
    """What --by may be followed by, from the help of the verb that explains it."""
    found = [verb.sample_types for verb in verbs if verb.sample_types]
    if len(found) != 1:
        sys.exit(f"{len(found)} verbs explain the sample types in their help; it should be one")
    return found[0]


# ---- man page

def roff(text):
    return text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq")


def roff_usage(usage):
    """The usage with verbs and options bold and values in italics."""
    words = []
    for word in usage.split():
        shown = re.sub(r"[A-Z]{2,}", lambda found: rf"\fI{found.group(0)}\fR", roff(word))
        shown = re.sub(r"(?<![A-Za-z])((?:\\-){1,2}[a-z]+(?:\\-[a-z]+)*)", r"\\fB\1\\fR", shown)
        words.append(shown)
    words[0:2] = [r"\fBmqtrack\fR", rf"\fB{words[1]}\fR"]
    return " ".join(words)


def man_synopsis(verbs):
    return "\n.br\n".join(roff_usage(verb.usage) for verb in verbs)


def roff_paragraph(text):
    """Wrapped, since old tools limit lines; no line may begin with a control character."""
    lines = textwrap.wrap(roff(text), 78, break_long_words=False, break_on_hyphens=False)
    return [r"\&" + line if line[0] in ".'" else line for line in lines]


def man_entry(head, text):
    return [".TP", head, *roff_paragraph(text)]


def man_verbs(verbs):
    lines = []
    for verb in verbs:
        lines += [f".SS mqtrack {verb.name}", roff(verb.summary.capitalize() + "."), ".PP", roff_usage(verb.usage)]
        for paragraph in verb.explanation:
            lines += [".PP", *roff_paragraph(paragraph)]
        for option in verb.arguments():
            lines += man_entry(rf"\fI{option.value}\fR", option.text)
        for option in verb.options():
            names = ", ".join(rf"\fB{roff(name)}\fR" for name in option.names)
            lines += man_entry(names + (rf" \fI{option.value}\fR" if option.value else ""), option.text)
        if verb.sample_types:
            lines += [".PP", "Sample types:"]
        for name, meaning in verb.sample_types:
            lines += man_entry(rf"\fB{roff(name)}\fR", meaning)
        lines += [".PP", "Exit codes:"]
        for code, meaning in verb.exits:
            lines += man_entry(rf"\fB{roff(code)}\fR", meaning)
        lines += [".PP", "Examples:"]
        for command, comment in verb.examples:
            lines += [".PP"] + ([roff(comment[0].upper() + comment[1:]) + ":"] if comment else [])
            lines += [".nf", ".RS 4", roff(command), ".RE", ".fi"]
    return "\n".join(lines)


# ---- docs/formats.md

def sample_type_table(verbs):
    rows = [(name, *meaning.split(": one per ")) for name, meaning in sample_types(verbs)]
    return "\n".join(["", "| type | unit | one per |", "|---|---|---|"] +
                     [f"| `{name}` | {unit} | {meaning} |" for name, unit, meaning in reversed(rows)] + [""])


# ---- docs/cli.md

def markdown_verbs(verbs):
    return "\n\n".join(f"## mqtrack {verb.name}\n\n```text\n{verb.help.rstrip()}\n```" for verb in verbs)


# ---- completions

def kind(option):
    """What completes the option's value: words, file, dir, target, text, or none."""
    if not option.value:
        return "none"
    if option.choices:
        return "words"
    return {"FILE": "file", "OUT": "file", "DIR": "dir", "OLD": "target"}.get(option.value, "text")


def bash_tables(verbs):
    lines = ["_mqtrack_verbs='" + " ".join(verb.name for verb in verbs) + "'", "declare -gA _mqtrack_options=("]
    lines += [f"  [{verb.name}]='" + " ".join(name for o in verb.options() for name in o.names) + "'" for verb in verbs]
    lines += [")", "# What follows an option: words to choose from, or file, dir, target, text.",
              "declare -gA _mqtrack_values=("]
    for verb in verbs:
        for option in verb.options():
            value = " ".join(option.choices) if option.choices else kind(option)
            lines += [f"  [{verb.name} {name}]='{value}'" for name in option.names if value != "none"]
    return "\n".join(lines + [")"])


def zsh_quoted(text):
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def zsh_functions(verbs):
    actions = {"file": "_files", "dir": "_files -/", "target": "_mqtrack_targets", "text": " "}
    lines = ["_mqtrack_verbs=("] + [f"  '{verb.name}:{zsh_quoted(verb.summary)}'" for verb in verbs] + [")"]
    for verb in verbs:
        lines += [f"_mqtrack_{verb.name}() {{", "  _arguments -s \\"]
        for option in verb.options():
            action = f"({' '.join(option.choices)})" if option.choices else actions.get(kind(option), "")
            value = f":{option.value}:{action}" if option.value else ""
            spec = f"[{zsh_quoted(option.text)}]{value}"
            names = option.names
            start = "'" + names[0] if len(names) == 1 else f"'({' '.join(names)})'{{{','.join(names)}}}'"
            lines.append(f"    {start}{spec}' \\")
        targets = {"run": "    '*::command:_normal'", "list": "    && return", "clean": "    && return"}
        lines.append(targets.get(verb.name, "    '*:target:_mqtrack_targets'"))
        lines.append("}")
    text = "\n".join(lines)
    return text.replace(" \\\n    && return", "")


def fish_lines(verbs):
    lines = [f"complete -c mqtrack -n __fish_use_subcommand -f -a {verb.name} -d {fish_quoted(verb.summary)}"
             for verb in verbs]
    arguments = {"file": " -rF", "dir": " -x -a '(__fish_complete_directories)'",
                 "target": " -r -a '(__mqtrack_targets)'", "text": " -x", "none": ""}
    for verb in verbs:
        condition = f"complete -c mqtrack -n '__fish_seen_subcommand_from {verb.name}'"
        for option in verb.options():
            names = "".join(f" -l {n[2:]}" if n.startswith("--") else f" -s {n[1:]}" for n in option.names)
            value = f" -x -a '{' '.join(option.choices)}'" if option.choices else arguments[kind(option)]
            lines.append(condition + names + value + f" -d {fish_quoted(option.text)}")
    return "\n".join(lines)


def fish_quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


# ---- files

PLACES = [
    ("docs/mqtrack.1", "synopsis", man_synopsis),
    ("docs/mqtrack.1", "verbs", man_verbs),
    ("docs/cli.md", "verbs", markdown_verbs),
    ("docs/formats.md", "sample types", sample_type_table),
    ("cli/completion/mqtrack.bash", "tables", bash_tables),
    ("cli/completion/_mqtrack", "functions", zsh_functions),
    ("cli/completion/mqtrack.fish", "lines", fish_lines),
]


def replaced(text, label, generated, name):
    """`text` with what stands between the marks of `label` replaced."""
    found = re.search(rf"^.*BEGIN generated: {label}\b.*\n(?s:(.*?))^.*END generated: {label}\b", text, re.MULTILINE)
    if not found:
        sys.exit(f"{name}: the marks \"BEGIN generated: {label}\" and \"END generated: {label}\" are missing")
    return text[:found.start(1)] + generated + "\n" + text[found.end(1):]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mqtrack", required=True, help="the program whose help is the source")
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 if a file differs")
    arguments = parser.parse_args()
    verbs = read_verbs(arguments.mqtrack)
    check = arguments.check and os.environ.get("MQTRACK_UPDATE_GOLDENS", "") in ("", "0")
    contents = {}
    for name, label, render in PLACES:
        before = contents.get(name) or (ROOT / name).read_text(encoding="utf-8")
        contents[name] = replaced(before, label, render(verbs), name)
    differing = 0
    for name, content in contents.items():
        before = (ROOT / name).read_text(encoding="utf-8")
        if before == content:
            continue
        differing += 1
        if check:
            sys.stdout.writelines(difflib.unified_diff(before.splitlines(True), content.splitlines(True), name,
                                                       "what --help says"))
        else:
            (ROOT / name).write_text(content, encoding="utf-8")
            print(f"rewrote {name}")
    if check and differing:
        sys.exit(f"{differing} files do not say what --help says; run docs/from_help.py --mqtrack {arguments.mqtrack}")


if __name__ == "__main__":
    main()
