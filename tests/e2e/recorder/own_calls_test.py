"""Programs that call their allocator's own functions (mallocx, tc_malloc, mi_malloc …), which have no hooks: nobody may be
told that the heap is known. And programs that only ask whether there are such functions: they get the same answer."""
import os
import re
import subprocess
import unittest

from recording import MQTRACK, Recording, library

# The allocator -> the first of its functions in the symbol table is one of these.
CALLS = {"jemalloc": ("mallocx", "sdallocx"), "tcmalloc": ("tc_malloc", "tc_free_sized"),
         "mimalloc": ("mi_malloc", "mi_free_size")}


class OwnCalls(Recording):
    def setUp(self):
        super().setUp()
        self.environment = {**self.plain, "MQTRACK_LOG_DIR": str(self.log_dir)}

    def built(self, name):
        path = self.program(name)
        self.assertTrue(os.path.exists(path), f"{name} was not built, since its allocator was not there; tests/run.sh installs it")
        return path

    def mqtrack(self, *arguments, expect=0):
        done = subprocess.run([MQTRACK, *map(str, arguments)], env=self.environment, cwd=self.folder, text=True,
                              capture_output=True, timeout=300, check=False)
        self.assertEqual(done.returncode, expect, (arguments, done.stdout, done.stderr))
        return done

    def rounds(self, *command, environment=None, attach=False):
        """Snapshots after the first round and after the fourth, and what `run` or `attach` said."""
        base, newer = self.folder / "base.pb.gz", self.folder / "newer.pb.gz"
        prefix = [] if attach else [MQTRACK, "run", "--"]
        with subprocess.Popen([*prefix, *command], env=environment or self.environment, cwd=self.folder, text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as service:
            lines = []

            def wait_for_round():
                while not lines or lines[-1] != "done\n":
                    lines.append(service.stdout.readline())
                    self.assertTrue(lines[-1], service.stderr.read() if service.poll() is not None else lines)
                lines.append("")
            wait_for_round()
            said = self.mqtrack("attach", service.pid).stderr if attach else ""
            target = service.pid if attach else os.path.basename(command[0])
            self.mqtrack("snapshot", target, "-o", base)
            for _ in range(3):
                service.stdin.write("x")
                service.stdin.flush()
                wait_for_round()
            snapshot = self.mqtrack("snapshot", target, "-o", newer)
            _, stderr = service.communicate(timeout=300)
            self.assertEqual(service.returncode, 0, stderr)
        return base, newer, said + stderr, snapshot

    def assert_not_measured(self, base, newer, said, snapshot, pattern):
        if said is not None:
            self.assertRegex(said, "warning: .*" + pattern)
        self.assertRegex(snapshot.stderr, "warning: .*" + pattern)
        self.assertNotIn("nothing missed", snapshot.stdout + snapshot.stderr)
        self.assertRegex(self.mqtrack("diff", base, newer).stderr, "warning: .*" + pattern)
        self.assertRegex(self.mqtrack("list").stderr, "warning: .*" + pattern)
        self.assertRegex(self.mqtrack("top", newer).stderr, "warning: .*" + pattern)
        for form in ("text", "json", "junit", "markdown", "github"):
            for limits in (["--base", base, newer, "--max-growth", "64KiB"], [newer, "--max-total", "1GiB"]):
                gate = self.mqtrack("gate", *limits, "--format", form, expect=3)
                flat = re.sub(r"\s+", " ", gate.stdout.replace("\\_", "_"))
                self.assertRegex(flat, pattern, form)
        # What is not of the heap can be judged all the same.
        self.mqtrack("gate", "--base", base, newer, "--max-growth", "threads=0")

    def test_in_the_program(self):
        for allocator, calls in CALLS.items():
            program = self.built(f"own_calls_{allocator}")
            for mode in ("leak", "fine"):
                with self.subTest(allocator, mode=mode):
                    self.assert_not_measured(*self.rounds(program, mode), f"({'|'.join(calls)}) in own_calls_{allocator}")

    def test_in_an_attached_program(self):
        program = self.built("own_calls_jemalloc")
        for mode in ("leak", "fine"):
            with self.subTest(mode):
                outcome = self.rounds(program, mode, attach=True)
                self.assert_not_measured(*outcome, "(mallocx|sdallocx) in own_calls_jemalloc")

    def test_in_a_library_that_comes_with_the_program(self):
        linked = self.built("own_calls_library_jemalloc.so")
        environment = {**self.environment, "LD_PRELOAD": f"{library('libjemalloc.so.2')} {linked}"}
        for mode in ("leak", "fine"):
            with self.subTest(mode):
                outcome = self.rounds(self.program("own_calls_host"), mode, linked, environment=environment)
                self.assert_not_measured(*outcome, "(mallocx|sdallocx) in own_calls_library_jemalloc.so")

    def test_in_a_library_that_is_opened_later(self):
        plugin = self.built("own_calls_library_jemalloc.so")
        environment = {**self.environment, "LD_PRELOAD": library("libjemalloc.so.2")}
        for mode in ("leak", "fine"):
            with self.subTest(mode):
                outcome = self.rounds(self.program("own_calls_host"), mode, plugin, environment=environment)
                self.assert_not_measured(*outcome, "(mallocx|sdallocx) in own_calls_library_jemalloc.so")

    def test_frees_that_cannot_be_foreseen(self):
        """By a function that is looked up by name: nobody knows of it until addresses come back."""
        environment = {**self.environment, "LD_PRELOAD": library("libjemalloc.so.2")}
        base, newer, said, snapshot = self.rounds(self.program("own_calls_host"), "fine", environment=environment)
        self.assertNotIn("own function", said + snapshot.stderr)
        self.assert_not_measured(base, newer, None, snapshot, "freed without the recorder seeing it")

    def test_who_only_asks_gets_the_same_answer(self):
        done = self.run_both("own_calls_asker", "plain")
        self.assertIn(b"mallocx 0 tc_malloc 0 mi_malloc 0\n", done.stdout)
        base, newer, said, snapshot = self.rounds(self.program("own_calls_asker"), "plain")
        self.assertNotIn("own function", said + snapshot.stderr)
        self.assertIn("nothing missed", snapshot.stdout + snapshot.stderr)
        self.mqtrack("gate", "--base", base, newer, "--max-growth", "0")

    def test_who_asks_where_there_is_one(self):
        environment = {**self.environment, "LD_PRELOAD": library("libjemalloc.so.2")}
        outcome = self.rounds(self.program("own_calls_asker"), "plain", environment=environment)
        self.assert_not_measured(*outcome, "mallocx in own_calls_asker")


if __name__ == "__main__":
    unittest.main()
