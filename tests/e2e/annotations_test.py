"""Services that tell mqtrack of themselves with track/track.h, under `mqtrack run`."""
import json
import pathlib
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd

# What one round of programs/annotated.c leaves behind: bytes of blocks by region.
REGIONS = {"decode": [1003] * 4, "decode/json": [1005] * 2, "lost": [1007]}


class Conversation:
    """A program that says "ready" and answers lines."""

    def __init__(self, *command, **options):
        self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, **options)
        self.expect("ready")

    def expect(self, answer):
        said = self.process.stdout.readline().rstrip("\n")
        assert said == answer, f"{self.process.args} said {said!r}, not {answer!r}"

    def ask(self, question, answer):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        self.expect(answer)

    def end(self):
        """Its exit code, and what it wrote to standard error."""
        _, errors = self.process.communicate(timeout=300)
        return self.process.returncode, errors

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


class AnnotationsTest(EndToEnd):
    def converse(self, program, *options, **popen_options):
        """Starts a program under the recorder, in the test's folder."""
        talk = Conversation(*self.recorded("--log-dir", self.log_dir, *options), paths.PROGRAMS / program,
                            env=self.environment, cwd=self.folder, **popen_options)
        self.addCleanup(talk.stop)
        return talk

    def grown_by(self, label, before, after, kind="inuse_objects"):
        rows = self.diff(self.folder / before, self.folder / after, "--by", kind, "--group-by", label)
        return {row["label"]: row["growth"] for row in rows if row["growth"]}

    def assert_regions_and_resources(self, program):
        talk = self.converse(program)
        talk.ask("snapshot before", "alive 0 ")
        talk.ask("?", "alive 1")
        talk.ask("snapshot after", "alive 0 ")
        self.assertEqual(talk.end()[0], 0)
        before, after = "before.pb.gz", "after.pb.gz"
        expected = {name: len(sizes) for name, sizes in REGIONS.items()}
        self.assertEqual(self.grown_by("region", before, after), {**expected, "(none)": 2})
        sizes = {name: sum(sizes) for name, sizes in REGIONS.items()}
        self.assertEqual(self.grown_by("region", before, after, "inuse_space"), {**sizes, "(none)": 2002})
        self.assertEqual(self.grown_by("kind", before, after, "resources"), {"buffer": 1, "lease": 1})
        self.assertEqual(self.grown_by("kind", before, after, "resource_space"), {"buffer": 4096})
        [row] = [row for row in self.diff(self.folder / before, self.folder / after, "--by", "resources")
                 if row["growth"]]
        self.assertEqual((row["function"], row["growth"]), ("TakeFromPool", 2))
        # A gate of the test's own snapshots.
        self.mqtrack("gate", "--base", self.folder / before, self.folder / after, "--max-growth", "resources=2")
        self.mqtrack("gate", "--base", self.folder / before, self.folder / after, "--max-growth", "resources=1",
                     expect=1)

    def test_position_independent(self):
        self.assert_regions_and_resources("annotated")

    def test_at_fixed_addresses(self):
        """Where a linker would resolve weak references for good."""
        self.assert_regions_and_resources("annotated_fixed")

    def test_found_as_on_other_architectures(self):
        self.assert_regions_and_resources("annotated_portable")

    def test_a_static_program_does_nothing(self):
        talk = Conversation(paths.PROGRAMS / "annotated_static", env=self.environment, cwd=self.folder)
        self.addCleanup(talk.stop)
        talk.ask("?", "alive 0")
        talk.ask("snapshot x", "alive -38 the process is not recorded; start it with: mqtrack run")
        self.assertEqual(talk.end(), (0, ""))

    def test_without_recorder_nothing_happens(self):
        talk = Conversation(paths.PROGRAMS / "annotated", env=self.environment, cwd=self.folder)
        self.addCleanup(talk.stop)
        talk.ask("?", "alive 0")
        talk.ask("snapshot x", "alive -38 the process is not recorded; start it with: mqtrack run")
        self.assertEqual(talk.end(), (0, ""))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_a_region_that_is_held(self):
        """Entered and left by calls, over snapshots and other regions."""
        talk = self.converse("annotated")
        talk.ask("hold", "alive")
        talk.ask("snapshot before", "alive 0 ")
        talk.ask("?", "alive 1")
        talk.ask("drop", "alive")
        talk.ask("?", "alive 1")
        talk.ask("snapshot after", "alive 0 ")
        grown = self.grown_by("region", "before.pb.gz", "after.pb.gz")
        self.assertEqual(grown, {"(none)": 2, "decode": 4, "decode/json": 2, "lost": 1, "held": 2, "held/decode": 4,
                                 "held/decode/json": 2, "held/lost": 1})

    def test_cxx_scopes_end_with_exceptions(self):
        talk = self.converse("annotated_exceptions")
        file = self.snapshot("annotated_exceptions", "now")
        regions = {row["label"]: row["value"] for row in self.rows("top", file, "--group-by", "region")
                   if row["label"] not in ("(none)", "main")}
        regions.pop("main/try", None)  # what the exception itself holds
        self.assertEqual(regions, {"main/try/throws": 2001, "main/returns/early": 2003, "main/object": 2009})
        self.assertEqual(talk.end()[0], 0)

    # --- snapshots

    def test_snapshots_have_files_and_generations(self):
        talk = self.converse("annotated")
        talk.ask("snapshot after-warmup", "alive 0 ")
        talk.ask("?", "alive 1")
        talk.ask("snapshot ../../end of run/x", "alive 0 ")
        names = sorted(path.name for path in self.folder.iterdir())
        self.assertEqual(names, ["_._.._end of run_x.pb.gz", "after-warmup.pb.gz"])
        born = self.rows("top", self.folder / names[0], "--group-by", "generation")
        self.assertIn("1", [row["label"] for row in born])
        talk.ask("snapshot ", "alive -22 the name of a snapshot has 1 to 100 bytes")
        talk.ask("snapshot " + 101 * "x", "alive -22 the name of a snapshot has 1 to 100 bytes")
        code, errors = talk.end()
        # mqtrack run says what it always does, and nothing of these snapshots.
        self.assertEqual((code, len(errors.splitlines())), (0, 1), errors)

    def test_snapshots_go_where_they_are_told(self):
        there = self.folder / "there"
        there.mkdir()
        talk = self.converse("annotated", "--snapshot-dir", "there")
        talk.ask("snapshot one", "alive 0 ")
        self.assertEqual([path.name for path in there.iterdir()], ["one.pb.gz"])
        (there / "one.pb.gz").unlink()
        there.rmdir()
        self.ask_and_fail(talk, "-5", "there/two.pb.gz", "No such file or directory")
        self.assert_one_clear_line(self.mqtrack("run", "--snapshot-dir", "gone", "--", "true", expect=2), "gone",
                                   "make it first")

    def ask_and_fail(self, talk, code, *words):
        talk.process.stdin.write("snapshot two\n")
        talk.process.stdin.flush()
        said = talk.process.stdout.readline()
        self.assertTrue(said.startswith(f"alive {code} "), said)
        for word in words:
            self.assertIn(word, said)

    def test_without_the_command_it_says_so(self):
        """A recorder alone, as in a container that mqtrack was not copied into."""
        alone = self.folder / "alone"
        alone.mkdir()
        recorder = pathlib.Path(paths.MQTRACK).resolve().parents[1] / "preload" / "libmqtrack_preload.so"
        (alone / recorder.name).write_bytes(recorder.read_bytes())
        (alone / recorder.name).chmod(0o755)
        environment = {**self.environment, "LD_PRELOAD": str(alone / recorder.name), "PATH": "/nowhere"}
        environment.pop("MQTRACK_CLI", None)
        talk = Conversation(paths.PROGRAMS / "annotated", env=environment, cwd=self.folder)
        self.addCleanup(talk.stop)
        self.ask_and_fail(talk, "-2", "mqtrack was not found")
        # Found, but no program.
        (alone / "mqtrack").write_text("no program\n")
        self.ask_and_fail(talk, "-13", "errno 13")
        self.assertEqual(talk.end()[0], 0)

    def test_the_service_does_not_notice(self):
        for way in ("plain", "handler", "ignored", "reaper"):
            done = subprocess.run([*self.recorded("--log-dir", self.log_dir), str(paths.PROGRAMS / "snapshot_host"), way,
                                   way], env=self.environment, cwd=self.folder, capture_output=True, text=True,
                                  timeout=300)
            self.assertEqual((done.returncode, done.stdout), (0, "0 \n"), (way, done.stderr))
            document = json.loads(self.mqtrack("top", self.folder / f"{way}.pb.gz", "--format", "json").stdout)
            self.assertIn("snapshot_host", document["new"]["target"])

    def test_resources_can_be_left_out(self):
        talk = self.converse("annotated", "--without", "resources")
        talk.ask("?", "alive 1")
        talk.ask("snapshot one", "alive 0 ")
        done = self.mqtrack("top", self.folder / "one.pb.gz", "--by", "resources", expect=3)
        self.assert_one_clear_line(done, "resources were not recorded", "--without resources")


if __name__ == "__main__":
    unittest.main()
