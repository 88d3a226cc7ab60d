"""Man page, reference page and completions say what --help says, and their own tools accept them."""
import os
import shlex
import shutil
import subprocess
import sys
import unittest

from harness import paths
from harness.case import EndToEnd

COMPLETION = paths.SOURCE / "cli/completion"
MAN_PAGE = paths.SOURCE / "docs/mqtrack.1"


def needs(program):
    return unittest.skipUnless(shutil.which(program), f"{program} is not installed")


class DocsTest(EndToEnd):
    def run_tool(self, *command, **arguments):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=300, check=False,
                              **arguments)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout

    def test_everything_says_what_help_says(self):
        self.run_tool(sys.executable, paths.SOURCE / "docs/from_help.py", "--mqtrack", paths.MQTRACK, "--check")

    @needs("groff")
    def test_man_page_renders_without_warnings(self):
        self.run_tool("groff", "-ww", "-man", "-Tutf8", "-z", MAN_PAGE)

    @needs("man")
    def test_man_page_shows_every_verb(self):
        text = self.run_tool("man", "-l", MAN_PAGE, env={**os.environ, "LC_ALL": "C.UTF-8", "MANPAGER": "cat",
                                                         "MANWIDTH": "80", "MAN_KEEP_FORMATTING": ""})
        for verb in ("run", "list", "snapshot", "top", "diff", "report", "gate", "clean"):
            self.assertIn(f"   mqtrack {verb}\n", text)

    @needs("mandoc")
    def test_man_page_is_portable(self):
        self.assertEqual(self.run_tool("mandoc", "-Tlint", "-Wwarning", MAN_PAGE), "")

    def complete_in_bash(self, *words):
        """What bash offers for the last word."""
        script = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mqtrack; printf "%s\\n" "${COMPREPLY[@]}"'
        return self.run_tool("bash", "-c", script, "bash", COMPLETION / "mqtrack.bash", "mqtrack", *words,
                             cwd=self.folder, env=self.environment).split()

    def test_bash_completion(self):
        self.assertEqual(self.complete_in_bash("sn"), ["snapshot"])
        self.assertEqual(self.complete_in_bash("gate", "--max"), ["--max-growth", "--max-site-growth", "--max-total", "--max-lost"])
        self.assertEqual(self.complete_in_bash("report", "x", "--format", "f"), ["flame", "folded"])
        self.assertEqual(self.complete_in_bash("top", "x", "--by", "thr"), ["threads"])
        (self.folder / "after.pb.gz").touch()
        self.assertEqual(self.complete_in_bash("diff", "af"), ["after.pb.gz"])
        self.assertEqual(self.complete_in_bash("help", "cl"), ["clean"])
        self.assertIn("true", self.complete_in_bash("run", "--", "tru"))

    @needs("zsh")
    def test_zsh_completion_parses(self):
        self.run_tool("zsh", "-n", COMPLETION / "_mqtrack")

    @needs("fish")
    def test_fish_completion(self):
        self.run_tool("fish", "--no-execute", COMPLETION / "mqtrack.fish")
        script = f'source {shlex.quote(str(COMPLETION / "mqtrack.fish"))}; complete -C "mqtrack report x --format fl"'
        offered = self.run_tool("fish", "--no-config", "-c", script, env={**self.environment, "HOME": str(self.folder)})
        self.assertEqual([line.split("\t")[0] for line in offered.splitlines()], ["flame"])


if __name__ == "__main__":
    unittest.main()
