"""A terminal for a program to draw on: tmux, with a server of its own below the test's folder."""
import os
import shlex
import subprocess

from .paths import find_program
from .waiting import wait_until


class Screen:
    count = 0

    def __init__(self, case, columns=80, rows=24):
        self.case = case
        self.environment = {**case.environment, "TMUX_TMPDIR": str(case.folder), "TERM": "xterm-256color"}
        self.environment.pop("TMUX", None)
        Screen.count += 1
        self.socket = f"screen{Screen.count}"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, "-s", "w", "sh")
        case.addCleanup(lambda: self.tmux("kill-server", check=False))
        self.tmux("set-option", "-g", "window-size", "manual")
        self.tmux("set-option", "-g", "status", "off")
        self.type("PS1='$ '; stty -a > before; clear\r")

    def tmux(self, *words, check=True):
        done = subprocess.run([find_program("tmux"), "-u", "-L", self.socket, *map(str, words)], env=self.environment, cwd=self.case.folder,
                              capture_output=True, text=True, timeout=300, check=False, errors="replace")
        if check and done.returncode != 0:
            raise AssertionError(f"tmux {words}: {done.stderr}")
        return done.stdout

    def type(self, text):
        self.tmux("send-keys", "-t", "w", "-l", text)

    def press(self, *keys):
        """By tmux's names: Enter, Up, C-c."""
        self.tmux("send-keys", "-t", "w", *keys)

    def run(self, *words, before=""):
        """Types a command; its exit code is shown as "LEFT 0" when it is over."""
        self.type(f"{before}{' '.join(shlex.quote(str(word)) for word in words)}; echo LEFT $?\r")

    def lines(self, *options):
        return self.tmux("capture-pane", "-p", "-t", "w", *options).rstrip("\n").split("\n")

    def text(self, *options):
        return "\n".join(self.lines(*options))

    def wait_for(self, *words):
        """Waits until all of the words are on the screen; returns its lines."""
        try:
            wait_until(f"{words} on the screen", lambda: all(word in self.text() for word in words))
        except AssertionError as error:
            raise AssertionError(f"{error}; it shows:\n{self.text()}") from None
        return self.lines()

    def wait_without(self, word):
        wait_until(f"{word!r} to leave the screen", lambda: word not in self.text())
        return self.lines()

    def resize(self, columns, rows):
        self.tmux("resize-window", "-t", "w", "-x", columns, "-y", rows)

    def assert_restored(self):
        """The terminal's settings are those from before, and it draws on its first screen again."""
        after = self.case.folder / "after"
        after.unlink(missing_ok=True)
        # What is typed before the shell's prompt is back is shown twice: the file tells that it was done.
        self.type("stty -a > after.new; mv after.new after\r")
        wait_until("the terminal's settings", after.exists)
        before, after = ((self.case.folder / name).read_text() for name in ("before", "after"))
        strip = lambda text: "\n".join(line for line in text.splitlines() if "rows" not in line)  # the size may differ
        self.case.assertEqual(strip(after), strip(before))
        self.case.assertEqual(self.tmux("display-message", "-p", "-t", "w", "#{alternate_on} #{cursor_flag}").split(),
                              ["0", "1"])


def pid_of(screen, name):
    """The process below the terminal's shell that is called so."""
    shell = int(screen.tmux("display-message", "-p", "-t", "w", "#{pane_pid}"))
    found = []

    def seen():
        for child in os.listdir("/proc"):
            if not child.isdigit():
                continue
            try:
                with open(f"/proc/{child}/stat", encoding="utf-8", errors="replace") as stat:
                    head, _, rest = stat.read().rpartition(")")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if head.partition("(")[2] == name and int(rest.split()[1]) == shell:
                found.append(int(child))
        return bool(found)
    wait_until(f"{name} below the shell", seen)
    return found[0]
