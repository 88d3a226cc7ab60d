"""Programs with windows: a display that nobody sees, and what a user does there."""
import os
import subprocess
import time

from programs import Program, Server


class Display:
    """An X server in memory. `environment`: what programs need to find it, and nothing of this user's own desktop."""

    def __init__(self):
        reader, writer = os.pipe()
        self.process = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", "1000x700x24", "-nolisten", "tcp"],
                                        pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writer)
        with os.fdopen(reader) as told:
            number = told.readline().strip()
        if not number:
            raise AssertionError("Xvfb did not start")
        self.environment = {"DISPLAY": f":{number}", "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1", "LIBGL_ALWAYS_SOFTWARE": "1",
                            "DBUS_SESSION_BUS_ADDRESS": "disabled:", "GSETTINGS_BACKEND": "memory", "GTK_THEME": "Adwaita"}

    def close(self):
        self.process.terminate()
        self.process.wait(60)


def _user(environment, *words):
    done = subprocess.run(["xdotool", *words], env={**os.environ, **environment}, capture_output=True, text=True, timeout=300,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f"xdotool {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _window(environment, name):
    window = _user(environment, "search", "--sync", "--onlyvisible", "--class", name).split()[-1]
    _user(environment, "windowfocus", "--sync", window)
    return window


def _wait_for(what, condition):
    end = time.monotonic() + 300
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited for {what} in vain")
        time.sleep(0.05)


def shell(name):
    """A terminal: a command is typed, whose result is a file."""
    def session(_port, folder, environment):
        _window(environment, name)
        result = folder / "result"
        result.unlink(missing_ok=True)
        _user(environment, "type", "seq 3000 | md5sum > half; seq 200; mv half result\n")
        _wait_for("the command's result", result.exists)
        return result.read_bytes()
    return session


def editor(name, file):
    """A text is typed in the place of the old one, and saved."""
    def session(_port, folder, environment):
        _window(environment, name)
        path = folder / file
        before = path.read_text(encoding="utf-8")
        turn = 1 + int(before.rsplit("#", 1)[1]) if "#" in before else 1
        _user(environment, "key", "ctrl+a")
        _user(environment, "type", "--delay", "20", f"a line of text, 1234567890, and more of it #{turn}")
        _user(environment, "key", "ctrl+s")
        _wait_for("the saved text", lambda: path.read_text(encoding="utf-8").rstrip().endswith(f"#{turn}"))
        return path.read_text(encoding="utf-8").rstrip().rsplit("#", 1)[0].encode()
    return session


SHEET = "".join(f"{i},{i * 7919 % 1009},=A{i + 1}*B{i + 1},=SUM(B$1:B{i + 1})\n" for i in range(600))
PICTURE = "(let* ((image (car (gimp-image-new 300 200 RGB))) (layer (car (gimp-layer-new image 300 200 RGB-IMAGE \"a\" 100 LAYER-MODE-NORMAL)))) " \
          "(gimp-image-insert-layer image layer 0 0) (gimp-context-set-foreground '(200 30 40)) (gimp-drawable-fill layer FILL-FOREGROUND) " \
          "(plug-in-gauss RUN-NONINTERACTIVE image layer 9 9 0) (gimp-image-scale image 150 100) " \
          "(file-ppm-save RUN-NONINTERACTIVE image layer \"out.ppm\" \"out.ppm\" 1)) "

DESKTOP = [
    Server("xterm", "xterm", "a command is typed into the shell", ["xterm", "-e", "sh"], shell("XTerm"), display=True),
    Server("xfce4-terminal", "xfce4-terminal", "the same", ["xfce4-terminal", "--disable-server", "--working-directory={folder}", "-x", "sh"], shell("Xfce4-terminal"), display=True),
    Server("mousepad", "mousepad", "a text is typed and saved", ["mousepad", "--disable-server", "{folder}/text.txt"], editor("Mousepad", "text.txt"), files={"text.txt": "old text\n"}, display=True),
    Server("geany", "geany", "the same", ["geany", "-i", "-c", "{folder}", "{folder}/text.txt"], editor("Geany", "text.txt"), files={"text.txt": "old text\n"}, display=True),
    Program("gimp", "gimp", "fills, blurs, scales and writes a picture by a script", "gimp", "-i", "-d", "-f", "-s", "-b", PICTURE, "-b", "(gimp-quit 0)", makes="out.ppm"),
    Program("gnumeric", "gnumeric", "computes a sheet of 600 rows", "ssconvert", "sheet.csv", "out.csv", files={"sheet.csv": SHEET}, makes="out.csv"),
    Program("firefox-esr", "firefox-esr", "draws a page with a script in it, without a display", "sh", "-ec", "firefox-esr --headless --no-remote --profile $PWD/profile --screenshot $PWD/out.png --window-size=400,300 file://$PWD/page.html >/dev/null 2>&1; test -s out.png; sha256sum < out.png",
            files={"page.html": "<html><body style='background:#fed'><h1>page</h1><script>for (let i = 0; i < 200; i++) document.write(i * i % 97 + ' ')</script></body></html>", "profile/user.js": "user_pref('browser.shell.checkDefaultBrowser', false);\n"}),
]
