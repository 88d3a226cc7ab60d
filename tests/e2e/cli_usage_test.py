"""What the command line teaches, and what it says about words it does not know."""
import os
import pty
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd
import cli_profiles
import shlex

GOLDEN = paths.SOURCE / "tests/golden/cli"
VERBS = ("run", "attach", "detach", "list", "snapshot", "symbolize", "pack", "pull", "top", "watch", "peek", "source", "diff", "report", "diagnose", "gate", "leaks", "owners",
         "why", "threads", "cpu", "trace", "metrics", "publish", "push", "topology", "stress", "hunt", "disturb", "serve", "clean")


class UsageTest(EndToEnd):
    def setUp(self):
        super().setUp()
        (self.folder / "before.pb.gz").write_bytes(cli_profiles.BEFORE)
        (self.folder / "after.pb.gz").write_bytes(cli_profiles.AFTER)

    def refused(self, *words, says, code=2):
        """Refused with exactly this sentence."""
        done = self.mqtrack(*words, expect=code)
        self.assertEqual((done.stdout, done.stderr), ("", f"mqtrack: {says}\n"))

    def assert_golden(self, name, text):
        file = GOLDEN / name
        if os.environ.get("MQTRACK_UPDATE_GOLDENS", "") not in ("", "0"):
            file.write_text(text, encoding="utf-8")
        self.assertTrue(file.exists(), f"{file} is missing; MQTRACK_UPDATE_GOLDENS=1 writes it")
        self.assertEqual(text, file.read_text(encoding="utf-8"))

    # --- help

    def test_orientation(self):
        texts = [self.mqtrack(*words).stdout for words in ((), ("--help",), ("-h",), ("help",))]
        self.assertEqual(len(set(texts)), 1)
        self.assert_golden("mqtrack.txt", texts[0])

    def test_help_of_every_verb(self):
        for verb in VERBS:
            with self.subTest(verb):
                done = self.mqtrack(verb, "--help")
                self.assertEqual(done.stderr, "")
                self.assert_golden(f"{verb}.txt", done.stdout)
                self.assertEqual(self.mqtrack(verb, "-h").stdout, done.stdout)
                self.assertEqual(self.mqtrack("help", verb).stdout, done.stdout)
                for line in done.stdout.splitlines():
                    self.assertTrue(len(line) <= 80 or "mqtrack" in line, line)

    def test_every_verb_is_listed(self):
        listing = self.mqtrack().stdout.split("\nVerbs:\n")[1].split("\n\n")[0]
        self.assertEqual(tuple(line.split()[0] for line in listing.splitlines()), VERBS)

    def test_version(self):
        self.assertRegex(self.mqtrack("--version").stdout, r"\Amqtrack \d+\.\d+\.\d+\n\Z")

    # --- words that contradict each other, or are none

    def test_an_unset_variable(self):
        for words, name in ((("top", ""), "TARGET"), (("diff", "", "after.pb.gz"), "OLD"), (("attach", ""), "PID|NAME"),
                            (("report", "after.pb.gz", "--base", "", "-o", "a.svg", "--format", "flame"), "--base"),
                            (("gate", "after.pb.gz", "--base", "", "--max-growth", "0"), "--base")):
            self.refused(*words, says=f"{words[0]}: {name} is empty; is a variable not set? (mqtrack {words[0]} --help)")

    def test_a_name_that_says_another_format(self):
        says = "the name says .{}, but the format is {}; change the name, or say another --format"
        self.refused("diff", "before.pb.gz", "after.pb.gz", "-o", "growth.json", says="growth.json: " + says.format("json", "text"))
        self.refused("report", "after.pb.gz", "--format", "text", "-o", "a.svg", says="a.svg: " + says.format("svg", "text"))
        self.refused("gate", "after.pb.gz", "--max-total", "0", "--format", "json", "-o", "gate.xml",
                     says="gate.xml: " + says.format("xml", "json"))
        self.refused("threads", "after.pb.gz", "--format", "pprof", "-o", "now.txt", says="now.txt: " + says.format("txt", "pprof"))
        self.assertFalse((self.folder / "growth.json").exists())

    # --- words that are not known

    def test_unknown_verb(self):
        self.refused("snpashot", "x", says="unknown verb snpashot; did you mean snapshot? (mqtrack --help lists the verbs)")
        self.refused("snap", says="unknown verb snap; did you mean snapshot? (mqtrack --help lists the verbs)")
        self.refused("frobnicate", says="unknown verb frobnicate (mqtrack --help lists the verbs)")
        self.refused("help", "dif", says="unknown verb dif; did you mean diff? (mqtrack --help lists the verbs)")
        self.refused("--verson", says="unknown option --verson; did you mean --version? (mqtrack --help lists the verbs)")

    def test_unknown_option(self):
        self.refused("snapshot", "x", "--ouput", "y",
                     says="snapshot: unknown option --ouput; did you mean --output? (mqtrack snapshot --help)")
        self.refused("top", "--focsu=x", "y",
                     says="top: unknown option --focsu; did you mean --focus? (mqtrack top --help)")
        self.refused("run", "--smaple", "1K", "--", "true",
                     says="run: unknown option --smaple; did you mean --sample? (mqtrack run --help)")
        self.refused("list", "-z", says="list: unknown option -z (mqtrack list --help)")

    def test_arguments_missing_or_too_many(self):
        self.refused("snapshot", says="snapshot: TARGET is missing (mqtrack snapshot --help)")
        self.refused("diff", "a", says="diff: NEW is missing (mqtrack diff --help)")
        self.refused("top", "a", "b", says='top: one argument too many: "b" (mqtrack top --help)')
        self.refused("list", "everything", says='list: one argument too many: "everything" (mqtrack list --help)')
        self.refused("top", "a", "--by", says="top: --by needs a value (mqtrack top --help)")
        self.refused("run", says="run: COMMAND is missing; write it behind --, as in: "
                                 "mqtrack run -- mosquitto -c mosquitto.conf")

    def test_values_that_are_none(self):
        self.refused("top", "a", "--format", "jsno",
                     says='top: --format: "jsno" is not one of text, json, markdown; did you mean json? '
                          "(mqtrack top --help)")
        done = self.mqtrack("run", "--sample", "much", "--", "true", expect=2)
        self.assert_one_clear_line(done, "mqtrack: run: --sample: ", "much")
        done = self.mqtrack("top", "a", "-n", "-3", expect=2)
        self.assert_one_clear_line(done, "mqtrack: top: --rows: ", "-3")
        self.refused("report", "a", "--width", "7", "-o", "x.svg",
                     says='report: --width: "7" is not between 300 and 100000 (mqtrack report --help)')
        self.refused("top", "before.pb.gz", "--group-by", "thread", "--granularity", "line",
                     says="--group-by: cannot be combined with --granularity; give one of the two")

    def test_verbs_are_no_reserved_words(self):
        """A file, or a process, may be called like a verb."""
        (self.folder / "top").write_bytes(cli_profiles.AFTER)
        self.assertIn("store_message", self.mqtrack("top", "top").stdout)
        self.assertEqual(self.mqtrack("snapshot", "top", "-o", "list").stdout, "list\n")
        self.assertIn("store_message", self.mqtrack("diff", "before.pb.gz", "--", "top").stdout)

    # --- where words go

    def test_colour_only_on_a_terminal(self):
        def on_terminal(**environment):
            ours, theirs = pty.openpty()
            base = {key: value for key, value in self.environment.items() if key != "NO_COLOR"}
            done = subprocess.run([paths.MQTRACK, "diff", "before.pb.gz", "after.pb.gz"], cwd=self.folder, stdout=theirs,
                                  env={**base, "TERM": "xterm", **environment}, timeout=300, check=True)
            os.close(theirs)
            text = b""
            while True:
                try:
                    piece = os.read(ours, 65536)
                except OSError:  # the other side is closed
                    break
                if not piece:
                    break
                text += piece
            os.close(ours)
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"store_message", text)
            return text
        self.assertIn(b"\x1b[", on_terminal())
        self.assertNotIn(b"\x1b[", on_terminal(NO_COLOR="1"))
        self.assertIn(b"\x1b[", on_terminal(NO_COLOR=""))
        self.assertNotIn(b"\x1b[", on_terminal(TERM="dumb"))
        del self.environment["NO_COLOR"]
        self.assertNotIn("\x1b[", self.mqtrack("diff", "before.pb.gz", "after.pb.gz").stdout)

    def test_reader_that_goes_away(self):
        """`mqtrack … | head -1` ends quietly, with the verb's own exit code."""
        frames = [([(f"function_{i}", "x.c", i), cli_profiles.MAIN], [1, 1000 + i]) for i in range(20000)]
        (self.folder / "big.pb.gz").write_bytes(cli_profiles.pprof(frames))
        for verb, code in (("top big.pb.gz -n 0", 0), ("gate big.pb.gz --max-total 1 --format json", 1)):
            script = f'set -o pipefail; {shlex.quote(paths.MQTRACK)} {verb} | head -c 1; exit "${{PIPESTATUS[0]}}"'
            done = subprocess.run(["bash", "-c", script], cwd=self.folder, capture_output=True, text=True, timeout=300,
                                  env=self.environment, check=False)
            self.assertEqual((done.returncode, done.stderr), (code, ""), verb)

    def test_full_disk(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([paths.MQTRACK, "top", "after.pb.gz"], cwd=self.folder, stdout=full,
                                  stderr=subprocess.PIPE, text=True, env=self.environment, timeout=300, check=False)
        self.assertEqual((done.returncode, done.stderr),
                         (2, "mqtrack: standard output: cannot write: No space left on device\n"))

    def test_quiet(self):
        loud = self.mqtrack("snapshot", "after.pb.gz", "-o", "x.pb.gz")
        self.assertIn("5.2 KiB live in 53 blocks from 2 stacks", loud.stderr)
        quiet = self.mqtrack("snapshot", "after.pb.gz", "-o", "x.pb.gz", "-q")
        self.assertEqual((quiet.stdout, quiet.stderr), ("x.pb.gz\n", ""))


if __name__ == "__main__":
    unittest.main()
