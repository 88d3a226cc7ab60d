"""Terminals that are narrow, or know no UTF-8."""
import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
import unittest

from harness import paths
from harness.case import EndToEnd

GROWER = paths.PROGRAMS / "grower"


class TerminalTest(EndToEnd):
    def setUp(self):
        super().setUp()
        service = subprocess.Popen([*self.recorded("-q"), GROWER, "1"], env=self.environment, cwd=self.folder, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(service.stdout.close)
        self.addCleanup(service.wait)
        self.addCleanup(service.stdin.close)
        self.files = []
        for number in range(2):
            service.stdin.write("xx")
            service.stdin.flush()
            self.assertEqual([service.stdout.readline() for _ in "xx"], ["done\n"] * 2)
            self.files.append(self.snapshot("grower", str(number)).name)

    def on_a_terminal(self, columns, *words, expect=0):
        """What a terminal shows of it, line by line."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        process = subprocess.Popen([paths.MQTRACK, *words], stdin=subprocess.DEVNULL, stdout=theirs,
                                   stderr=subprocess.DEVNULL, env={**self.environment, "TERM": "dumb"}, cwd=self.folder)
        os.close(theirs)
        text = b""
        try:
            while piece := os.read(ours, 65536):
                text += piece
        except OSError:  # the terminal's other side is closed
            pass
        os.close(ours)
        self.assertEqual(process.wait(), expect, text)
        return text.decode().replace("\r\n", "\n").splitlines()

    def test_tables_fit_into_60_columns(self):
        for words, code in ((("top", self.files[1]), 0), (("diff", *self.files), 0), (("list",), 0),
                            (("gate", "--base", *self.files, "--max-growth", "1KiB"), 1)):
            with self.subTest(words[0]):
                lines = self.on_a_terminal(60, *words, expect=code)
                # Sentences are for the terminal to break; tables are indented, and those of list are all there is.
                tables = lines if words[0] == "list" else [line for line in lines if line.startswith("  ") and "resident" not in line
                                                           and "grew by" not in line]
                self.assertGreater(len(tables), 1)
                self.assertEqual([line for line in tables if len(line) > 60], [])
        said = self.on_a_terminal(60, "diff", *self.files)
        row = next(number for number, line in enumerate(said) if "Remember" in line and line.startswith("  "))
        self.assertRegex(said[row + 1], r"^      \S*grower\.cc:\d+$")

    def test_a_wide_terminal_shows_all(self):
        self.assertIn("BLOCKS", self.on_a_terminal(120, "list")[0])
        self.assertNotIn("BLOCKS", self.on_a_terminal(60, "list")[0])

    def test_a_locale_without_utf8_shows_ascii(self):
        name = self.folder / "grö\u00dfer"
        name.symlink_to(GROWER)
        subprocess.run([*self.recorded("-q"), name], env=self.environment, input="x", text=True, check=True,
                       stdout=subprocess.DEVNULL)
        (self.folder / "größe.pb.gz").write_bytes((self.folder / self.files[1]).read_bytes())
        service = subprocess.Popen([sys.executable, "-c", "print('ready', flush=True); input()"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(service.stdout.close)
        self.addCleanup(service.wait)
        self.addCleanup(service.stdin.close)
        self.assertEqual(service.stdout.readline(), "ready\n")
        self.environment["LC_ALL"] = "C"
        for words, code in ((("list",), 0), (("top", "größe.pb.gz"), 0), (("diff", self.files[0], "größe.pb.gz"), 0),
                            (("gate", "größe.pb.gz", "--max-total", "0"), 1), (("attach", "--timeout", "60", service.pid), 0),
                            (("threads", service.pid), 0), (("detach", "--timeout", "60", service.pid), 0),
                            (("top", "nö.pb.gz"), 2)):
            with self.subTest(words[0]):
                done = self.mqtrack(*words, expect=code)
                self.assertTrue((done.stdout + done.stderr).isascii(), done.stdout + done.stderr)
        # JSON is UTF-8 whatever the locale.
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]
        self.assertIn("größer"[:4], " ".join(entry["name"] for entry in listed))


if __name__ == "__main__":
    unittest.main()
