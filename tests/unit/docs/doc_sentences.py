#!/usr/bin/env python3
"""Checks that the sentences quoted in docs/troubleshooting.md are still said by the program.

A quoted sentence is bold code (**`…: truncated: …`**) or code in the first column of a table; "…" stands for what varies.
Each of its clauses must stand in a string literal of the sources.

    doc_sentences.py ROOT           checks the tree
    doc_sentences.py --self-check   insists that a sentence nobody says is found
"""
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import tree_check  # pylint: disable=wrong-import-position

SAID_BY = ("cli", "libtrack", "preload", "reports")
DOCUMENT = "docs/troubleshooting.md"
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
BOLD_CODE = re.compile(r"\*\*(`+)(.+?)\1\*\*", re.DOTALL)
SHORTEST = 8  # a shorter clause would be found anywhere


def sources(root):
    """All C++ text, adjacent string literals joined."""
    text = "\n".join(path.read_text("utf-8") for folder in SAID_BY for suffix in (".cc", ".h")
                     for path in sorted((root / folder).rglob("*" + suffix)))
    return re.sub(r'"\s*\n\s*"', "", text)


def quoted(text):
    text = FENCE.sub("", text)
    sentences = [sentence for _, sentence in BOLD_CODE.findall(text)]
    for line in text.splitlines():
        if line.startswith("|"):
            sentences += re.findall(r"`([^`]+)`", line.split("|")[1])
    return [" ".join(sentence.split()) for sentence in sentences]


def clauses(sentence):
    found = re.split(r"[…;:(),]", sentence.removeprefix("warning: ").removeprefix("mqtrack: "))
    return [clause.strip() for clause in found if len(clause.strip()) >= SHORTEST]


def check(root):
    """What is quoted and not said, and the number of clauses looked at."""
    said = sources(root)
    wanted = [(sentence, clause) for sentence in quoted((root / DOCUMENT).read_text("utf-8"))
              for clause in clauses(sentence)]
    return [f'{DOCUMENT}: nothing says "{clause}" (of "{sentence}")' for sentence, clause in wanted
            if clause not in said], len(wanted)


def self_check():
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name in ("docs", "cli"):
            (root / name).mkdir()
        (root / "cli/a.cc").write_text('Warn(name + " was lost on "\n     "the way; send another");\n')
        (root / DOCUMENT).write_text("**`…: … was lost on the\nway; send another`** and **`warning: … was eaten by … `**\n\n"
                                     "| `was drowned in …` | x |\n")
        complaints, looked_at = check(root)
        if looked_at == 4 and len(complaints) == 2 and "eaten" in complaints[0] and "drowned" in complaints[1]:
            return 0
        print(looked_at, *complaints, sep="\n")
        return 1


if __name__ == "__main__":
    tree_check.run(check, self_check, "sentences")
