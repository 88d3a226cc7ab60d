"""The base of every end-to-end test: a scratch folder, logs of its own, and mqtrack as a user would call it."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from . import paths
from .processes import Logged
from .broker import Broker


class EndToEnd(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-e2e-"))
        # Services that run as another user have to pass through.
        self.folder.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.log_dir = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-e2e-", dir="/dev/shm"))
        self.addCleanup(shutil.rmtree, self.log_dir, ignore_errors=True)
        self.environment = {**os.environ, "MQTRACK_LOG_DIR": str(self.log_dir), "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}

    def has_failed(self):
        """Whether the test that is being cleaned up after has failed."""
        outcome = self._outcome
        return not getattr(outcome, "success", True)

    # --- processes

    def start(self, name, *command, env=None):
        """Runs a command in the background until the end of the test."""
        process = Logged(self.folder, name, command, env=env or self.environment)
        self.addCleanup(process.stop)
        self.addCleanup(lambda: self.has_failed() and print(f"--- {name}\n{process.text()}"))
        return process

    def recorded(self, *options):
        """The prefix that puts a command under the recorder."""
        return [paths.MQTRACK, "run", *options, "--"]

    def plugin(self, name):
        """A copy of a sample plugin ("leaky", "fixed") that user mosquitto can open, wherever the build is."""
        copy = self.folder / f"{name}_plugin.so"
        if not copy.exists():
            shutil.copyfile(paths.PLUGINS / copy.name, copy)
            copy.chmod(0o755)
        return copy

    def recorded_broker(self, plugin=None, leak_bytes=None, **options):
        """A mosquitto under the recorder, with a sample plugin ("leaky", "fixed") or without one."""
        config = list(options.pop("config", ()))
        if plugin:
            config.append(f"plugin {self.plugin(plugin)}")
        if leak_bytes:
            config.append(f"plugin_opt_leak_bytes {leak_bytes}")
        return Broker(self, prefix=self.recorded(), config=config, **options)

    # --- mqtrack

    def mqtrack(self, *arguments, expect=0, prefix=()):
        """Runs mqtrack and insists on its exit code."""
        command = [str(word) for word in (*prefix, paths.MQTRACK, *arguments)]
        done = subprocess.run(command, env=self.environment, cwd=self.folder, capture_output=True, text=True,
                              errors="replace", timeout=300, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, expect, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}")
        return done

    def snapshot(self, target, name):
        """Takes a snapshot and returns its file."""
        file = self.folder / f"{name}.pb.gz"
        self.mqtrack("snapshot", target, "-o", file)
        return file

    def rows(self, *arguments):
        """All rows of `mqtrack top` or `mqtrack diff`; with growth in a diff. Nothing may have been lost."""
        table = json.loads(self.mqtrack(*arguments, "--format", "json", "-n", "0").stdout)
        self.assertEqual(table["schema"], "mqtrack-sites/1")
        self.assertEqual([table[side]["losses"] for side in ("base", "new") if side in table and
                          table[side]["losses"] != 0], [], "events were lost")
        return table["sites"]

    def diff(self, before, after, *options):
        return self.rows("diff", before, after, *options)

    def assert_one_clear_line(self, done, *words):
        """An error is one line on stderr, with these words, and nothing on stdout."""
        self.assertEqual(done.stdout, "")
        lines = [line for line in done.stderr.splitlines() if line]
        self.assertEqual(len(lines), 1, done.stderr)
        for word in words:
            self.assertIn(word, lines[0])


def function_name(name):
    """A function's own name: no namespace, arguments or return type."""
    return name.replace("(anonymous namespace)::", "").split("(")[0].split("::")[-1].split(" ")[-1]
