"""The gate over what a run leaves alive: launchers, children, files and folders of `run --snapshot-at-exit`."""
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import unittest
import xml.etree.ElementTree

from harness import paths
from harness.case import EndToEnd

LEAVER = paths.PROGRAMS / "leaver"
TIDY = paths.PROGRAMS / "tidy"
PARENT = paths.PROGRAMS / "unrecorded_children"
STATIC = paths.PROGRAMS / "statically_linked"
BLOCKS, BYTES = 466, 1000
LEFT = str(LEAVER), str(BLOCKS), str(BYTES)
LIMIT = "--max-total", "64KiB"


class GateRunsTest(EndToEnd):
    def run_to(self, target, *command, expect=0):
        done = subprocess.run([paths.MQTRACK, "run", "--snapshot-at-exit", target, "--", *map(str, command)],
                              env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def launchers(self):
        """Commands that start the leaver as a child, or become it."""
        script = self.folder / "run_tests.sh"
        script.write_text(f"#!/bin/sh\n{shlex.join(LEFT)}\necho done\n")
        script.chmod(0o755)
        return {
            "timeout": ("timeout", "60", *LEFT),
            "sh": ("sh", "-c", f"{shlex.join(LEFT)}; true"),
            "script": (script,),
            "two": ("timeout", "60", "sh", "-c", f"{shlex.join(LEFT)}; true"),
        }

    def judged(self, target, expect, *options):
        done = self.mqtrack("gate", target, *LIMIT, *options, "--format", "json", expect=expect)
        return json.loads(done.stdout)

    # --- launchers

    def test_a_file_of_a_launcher_does_not_pass(self):
        for name, command in self.launchers().items():
            with self.subTest(name):
                done = self.run_to(f"{name}.pb.gz", *command)
                self.assertIn("wrote", done.stderr)
                text = self.mqtrack("gate", f"{name}.pb.gz", *LIMIT, expect=3).stdout
                self.assertRegex(text, r"leaver \(pid \d+\) of the same run held 455\.1 KiB of inuse_space, beyond the limit")
                self.assertIn("--snapshot-at-exit DIR/", text)

    def test_a_file_says_what_is_not_in_it(self):
        done = self.run_to("sh.pb.gz", *self.launchers()["sh"])
        self.assertRegex(done.stderr, r"sh\.pb\.gz is of sh \(pid \d+\) alone; recorded too, and not in it: "
                                      r"leaver \(pid \d+\)")
        self.assertIn("(pid", self.mqtrack("gate", "sh.pb.gz", "--max-total", "1GiB").stdout.split("recorded too", 1)[1])

    def test_what_becomes_the_program_is_in_the_file(self):
        for name in ("env", "nice"):
            with self.subTest(name):
                self.run_to(f"{name}.pb.gz", name, *LEFT)
                result = self.judged(f"{name}.pb.gz", 1)
                self.assertEqual(result["checks"][0]["value"], BLOCKS * BYTES)
                self.assertEqual(result["checks"][0]["sites"][0]["function"], "LeaveBehind")

    def test_a_folder_has_a_file_for_each(self):
        for name, command in self.launchers().items():
            with self.subTest(name):
                self.run_to(f"{name}/", *command)
                files = sorted(file.name for file in (self.folder / name).iterdir())
                leavers = [file for file in files if re.fullmatch(r"leaver-\d+\.pb\.gz", file)]
                self.assertEqual(len(leavers), 1, files)
                result = self.judged(f"{name}/", 1)
                self.assertEqual((result["schema"], result["verdict"], len(result["results"])),
                                 ("mqtrack-gates/1", "fail", len(files)))
                failed = [one for one in result["results"] if one["verdict"] == "fail"]
                self.assertEqual([one["checks"][0]["value"] for one in failed], [BLOCKS * BYTES])
                self.assertRegex(failed[0]["new"]["target"], r"leaver \(pid \d+\)")

    def test_other_runners(self):
        runner = self.folder / "runner.py"
        runner.write_text(f"import subprocess\nsubprocess.run({list(LEFT)!r}, check=True)\n")
        self.run_to("python/", "python3", runner)
        (self.folder / "CTestTestfile.cmake").write_text(f"add_test(leaves {' '.join(LEFT)})\n")
        self.run_to("ctest/", shutil.which("ctest"), "--test-dir", self.folder)
        for name in ("python", "ctest"):
            with self.subTest(name):
                file, = (self.folder / name).glob("leaver-*.pb.gz")
                self.assertEqual(self.judged(file, 1)["checks"][0]["value"], BLOCKS * BYTES)

    # --- children

    def test_children_that_live_for_a_moment(self):
        done = self.run_to("kids/", LEAVER, "children", 5, 100, 1000)
        files = list((self.folder / "kids").glob("leaver-*.pb.gz"))
        self.assertGreaterEqual(len(files), 5)
        result = self.judged("kids/", 1)
        values = sorted(one["checks"][0]["value"] for one in result["results"] if one["verdict"] == "fail")
        self.assertEqual(values, [100000] * 5, done.stderr)
        self.assertEqual([one["reasons"] for one in result["results"] if one["reasons"]], [])

    def test_a_run_counts_those_that_left_no_log(self):
        """Of a process that lives less than a second no log is left, but of the command's; on a machine that has much to do
        some may live longer."""
        for _ in range(20):
            done = subprocess.run([*self.recorded(), LEAVER, "children", "5", "1", "1000"], env=self.environment, cwd=self.folder,
                                  capture_output=True, text=True, timeout=300, check=True)
            short = 6 - len(list(self.log_dir.glob("*.log")))
            if short > 1:
                break
            self.mqtrack("clean")
        self.assertIn(f"{short} processes ended within a second and left no log (the last was leaver)", done.stderr)
        texts = [self.mqtrack("gate", log, "--max-total", "1GiB").stdout for log in self.log_dir.glob("*.log")]
        self.assertIn(f"{short} processes of the same run ended within a second and left no log", "".join(texts))
        self.mqtrack("clean")
        self.assertEqual(list(self.log_dir.iterdir()), [])

    def test_a_limit_on_files_kills_nobody(self):
        """Nor those that can have no log for it: they are counted without a write to a file."""
        script = f"ulimit -f 0; {shlex.quote(str(LEAVER))} children 3 1 1000; echo rc $?"
        done = subprocess.run([*self.recorded(), "sh", "-c", script], env=self.environment, cwd=self.folder,
                              capture_output=True, text=True, timeout=300, check=True)
        self.assertEqual(done.stdout, "rc 0\n")
        self.assertRegex(done.stderr, r"warning: \d process(es)? could not be recorded")

    def test_children_do_not_answer_for_what_they_inherit(self):
        script = ("import os, ctypes; libc = ctypes.CDLL(None); libc.malloc.restype = ctypes.c_void_p\n"
                  "for _ in range(466): libc.malloc(1000)\n"
                  "if os.fork() == 0: libc.malloc(5000); os._exit(0)\n"
                  "os.wait()")
        self.run_to("fork/", "python3", "-c", script)
        values = {}
        for file in (self.folder / "fork").iterdir():
            rows = self.rows("top", file)
            values[file.name] = sum(row["value"] for row in rows)
        self.assertEqual(len(values), 2, values)
        self.assertLess(min(values.values()), 300000)
        self.assertGreater(max(values.values()), BLOCKS * BYTES)

    def test_a_program_that_throws_the_recorder_out(self):
        done = self.run_to("x.pb.gz", "env", "-i", *LEFT, expect=3)
        self.assertIn("went on as a program that was not recorded", done.stderr)
        done = self.run_to("x/", "sh", "-c", f"env -i {shlex.join(LEFT)}; true")
        self.assertRegex(done.stderr, r"warning: env \(pid \d+\) went on as another program, which was not recorded")

    # --- what is not recorded

    def assert_not_passed_for(self, name, *command, count=1):
        done = self.run_to(f"{name}/", *command)
        file = sorted((self.folder / name).iterdir())[0]
        for target in (f"{name}/", file):
            text = self.mqtrack("gate", target, "--max-total", "1GiB", expect=3).stdout
            self.assertIn(f"{count} process{'es' if count > 1 else ''} of the same run could not be recorded", text)
        self.assertIn("warning: 1 process of the same run could not be recorded",
                      self.mqtrack("gate", file, "--max-total", "1GiB", "--allow-unrecorded").stdout)
        return done

    def test_children_behind_the_recorders_back_are_counted(self):
        for way in ("_Fork", "clone", "clone3", "raw_clone", "raw_fork"):
            with self.subTest(way):
                done = self.assert_not_passed_for(way, PARENT, way)
                self.assertIn("warning: 1 process could not be recorded", done.stderr)

    @unittest.skipUnless(os.geteuid() == 0, "chroot needs root")
    def test_a_child_in_an_empty_chroot_is_counted(self):
        done = self.assert_not_passed_for("chroot", PARENT, "chroot")
        self.assertIn("warning: 1 process could not be recorded", done.stderr)

    def test_programs_that_do_not_load_the_recorder_are_counted(self):
        for way in ("exec", "vfork", "raw_exec", "clone_vfork", "spawn", "spawnp"):
            with self.subTest(way):
                done = self.assert_not_passed_for(way, PARENT, way, STATIC)
                self.assertIn("warning: 1 program was executed and not recorded (statically_linked)", done.stderr)
        done = self.assert_not_passed_for("spawn_bare", PARENT, "spawn_bare", *LEFT)
        self.assertIn("not recorded (leaver)", done.stderr)

    def test_programs_that_load_it_are_not(self):
        for way in ("exec", "vfork", "raw_exec", "clone_vfork", "spawn", "spawnp"):
            with self.subTest(way):
                done = self.run_to(f"{way}/", PARENT, way, *LEFT)
                self.assertNotIn("not be recorded", done.stderr)
                self.assertNotIn("not recorded", done.stderr)
                result = self.judged(f"{way}/", 1)
                self.assertEqual([one["reasons"] for one in result["results"] if one["reasons"]], [])
        done = self.run_to("failed/", PARENT, "exec", "/nowhere", expect=126)
        self.assertNotIn("not recorded", done.stderr)

    def test_a_run_in_a_run_counts_for_itself(self):
        done = self.run_to("outer/", paths.MQTRACK, "run", "--log-dir", self.folder, "--", PARENT, "clone")
        self.assertEqual(done.stderr.count("could not be recorded"), 1, done.stderr)
        self.mqtrack("gate", "outer/", "--max-total", "1GiB")

    def test_an_end_by_a_bare_system_call_is_no_crash(self):
        self.run_to("quit.pb.gz", PARENT, "quit")
        result = self.judged("quit.pb.gz", 1)
        self.assertEqual((result["warnings"], result["new"]["state"]), ([], "ended"))

    # --- folders

    def test_a_folder_that_holds_snapshots_is_refused_before_the_command_runs(self):
        self.run_to("out/", *LEFT)
        done = self.run_to("out/", "touch", "it_ran", expect=2)
        self.assert_one_clear_line(done, "out/", "holds snapshots already")
        self.assertFalse((self.folder / "it_ran").exists())

    def test_a_folder_without_snapshots_is_no_pass(self):
        (self.folder / "empty").mkdir()
        self.assert_one_clear_line(self.mqtrack("gate", "empty/", *LIMIT, expect=3), "empty/", "holds no snapshot")

    def test_a_folder_that_was_not_written_to_its_end_is_no_pass(self):
        self.run_to("whole/", *LEFT)
        killed = subprocess.run([paths.MQTRACK, "run", "--snapshot-at-exit", "out/", "--", "sh", "-c", "kill -9 $PPID"],
                                env=self.environment, cwd=self.folder, capture_output=True, timeout=300, check=False)
        self.assertEqual(killed.returncode, -9)
        # As if it had been killed between two of its files.
        written, = (self.folder / "whole").glob("*.pb.gz")
        (self.folder / "out" / written.name).write_bytes(written.read_bytes())
        self.assert_one_clear_line(self.mqtrack("gate", "out/", "--max-total", "1GiB", expect=3), "out/", "is incomplete")
        (self.folder / "out" / written.name).unlink()
        self.run_to("out/", *LEFT)
        self.mqtrack("gate", "out/", "--max-total", "1GiB")
        self.assertEqual([path.suffix for path in (self.folder / "out").iterdir()], [".gz"])

        done = self.run_to("gone/", "sh", "-c", f"rm -rf gone; {shlex.join(LEFT)}; true", expect=3)
        self.assertRegex(done.stderr, r"gone/ is incomplete: (\d) of \1 snapshots could not be written")

    def test_what_is_no_file_in_a_folder_is_refused(self):
        self.run_to("out/", *LEFT)
        os.mkfifo(self.folder / "out" / "queue.pb.gz")
        done = self.mqtrack("gate", "out/", "--max-total", "1GiB", expect=2)
        self.assert_one_clear_line(done, "queue.pb.gz", "is no regular file")

    def test_a_base_is_of_one_process(self):
        self.run_to("out/", *self.launchers()["sh"])
        file, = (self.folder / "out").glob("leaver-*.pb.gz")
        for option in ("--base", "--baseline"):
            done = self.mqtrack("gate", option, file, "out/", "--max-growth", "1KiB", expect=2)
            self.assert_one_clear_line(done, option, "is of one process")

    def test_every_format_of_several(self):
        self.run_to("out/", *self.launchers()["sh"])
        files = sorted((self.folder / "out").iterdir())
        one_call = self.mqtrack("gate", *files, *LIMIT, "--format", "junit=gate.xml", "--format", "markdown=gate.md",
                                "--format", "json=gate.json", "--format", "github", expect=1)
        self.assertIn("::error title=mqtrack gate::FAIL: 1 of 2 processes exceeds its limits", one_call.stdout)
        self.assertIn("LeaveBehind", one_call.stdout)
        suites = xml.etree.ElementTree.parse(self.folder / "gate.xml").getroot()
        self.assertEqual([len(suite.findall(".//failure")) for suite in suites], [1, 0])
        self.assertEqual((suites.get("tests"), suites.get("failures"), suites.get("errors")), ("4", "1", "0"))
        self.assertIn("1 of 2 processes exceeds its limits", (self.folder / "gate.md").read_text())
        self.assertEqual(json.loads((self.folder / "gate.json").read_text())["verdict"], "fail")
        text = self.mqtrack("gate", "out/", *LIMIT, expect=1).stdout
        self.assertTrue(text.startswith("FAIL: 1 of 2 processes exceeds its limits\n"), text)
        self.assertRegex(text, r"  ok +sh \(pid \d+\)")
        self.assertRegex(text, r"  FAIL +leaver \(pid \d+\)")

    def test_formats_that_cannot_both_be_printed(self):
        self.run_to("x.pb.gz", *LEFT)
        done = self.mqtrack("gate", "x.pb.gz", *LIMIT, "--format", "text", "--format", "github", expect=2)
        self.assert_one_clear_line(done, "text and github cannot both be written to standard output")
        done = self.mqtrack("gate", "x.pb.gz", *LIMIT, "--format", "junit=gate.json", expect=2)
        self.assert_one_clear_line(done, "gate.json", "junit")

    # --- what the libraries keep

    def test_a_tidy_program_keeps_nothing(self):
        self.run_to("tidy.pb.gz", TIDY)
        text = self.mqtrack("gate", "tidy.pb.gz", "--max-total", "0").stdout
        self.assertIn("total of inuse_space  0 B in 0 objects", text)
        self.assertRegex(text, r"not in totals: 7\d,\d\d\d bytes in 1 object that the C or C\+\+ library keeps until exit "
                               r"\(memory to throw exceptions with")

    def test_a_leak_of_11_kib_fails(self):
        self.run_to("leak.pb.gz", TIDY, "leak")
        result = json.loads(self.mqtrack("gate", "leak.pb.gz", "--max-total", "0", "--format", "json", expect=1).stdout)
        self.assertEqual(result["checks"][0]["value"], 11 * 1024)
        self.assertEqual(result["checks"][0]["sites"][0]["function"].split("(")[0], "Keep")
        self.assertIn("kept", [exclusion["kind"] for exclusion in result["exclusions"]])

    def test_users_add_to_what_is_kept(self):
        self.run_to("leak.pb.gz", TIDY, "leak")
        (self.folder / "kept.txt").write_text("# ours\nlibrary: ^tidy$\n^Keep in ^tidy$: a table of our own\n")
        text = self.mqtrack("gate", "leak.pb.gz", "--max-total", "0", "--kept", "kept.txt").stdout
        self.assertIn("not in totals: 11,264 bytes in 1 object", text)
        (self.folder / "gate.json").write_text('{"max_total": 0, "kept": "kept.txt"}')
        self.mqtrack("gate", "leak.pb.gz", "--config", "gate.json")
        (self.folder / "kept.txt").write_text("Keep\n")
        done = self.mqtrack("gate", "leak.pb.gz", "--max-total", "0", "--kept", "kept.txt", expect=2)
        self.assert_one_clear_line(done, "kept.txt:1", "FUNCTION in MODULE: why")

    # --- names that changed between two snapshots

    def test_a_program_whose_symbols_went_away_is_the_same_program(self):
        """And came: the side that knows more names both. What was there before is no growth."""
        keeper = self.folder / "keeper"
        shutil.copy(paths.PROGRAMS / "keeper", keeper)
        service = subprocess.Popen([*self.recorded("-q"), keeper], env=self.environment, cwd=self.folder, text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(service.stdout.close)
        self.addCleanup(service.wait)
        self.addCleanup(service.stdin.close)

        def keep():
            service.stdin.write("\n")
            service.stdin.flush()
            self.assertEqual(service.stdout.readline(), "kept\n")

        keep()
        named = self.snapshot("keeper", "named")
        subprocess.run(["strip", "-o", self.folder / "stripped", keeper], check=True)
        (self.folder / "stripped").rename(keeper)
        keep()
        nameless = self.snapshot("keeper", "nameless")
        self.assertNotIn("KeepBlocks", [row["function"] for row in self.rows("top", nameless)])
        for before, after, growth in ((named, nameless, 100000), (nameless, named, -100000)):
            row, = [row for row in self.diff(before, after) if row["function"] == "KeepBlocks"]
            self.assertEqual((row["growth"], row["object_growth"]), (growth, growth // 1000))
        limits = "--base", named, nameless, "--max-site-growth"
        self.mqtrack("gate", *limits, "100000")
        result = json.loads(self.mqtrack("gate", *limits, "99999", "--format", "json", expect=1).stdout)
        self.assertEqual([site["function"] for site in result["checks"][0]["sites"]], ["KeepBlocks"])

    # --- words of the documents

    def test_the_recipe_of_the_readme(self):
        """Its last block of the section on CI, word for word, with a program that is tidy and one that is not."""
        section = (paths.SOURCE / "README.md").read_text().split("\n## In CI\n")[1].split("\n## ")[0]
        recipe = re.findall(r"```\n(.*?)```", section, re.DOTALL)[-1]
        self.assertIn("./run_tests.sh", recipe)
        script = self.folder / "run_tests.sh"
        for words, code in (("", 0), (" leak", 1)):
            shutil.rmtree(self.folder / "leaks", ignore_errors=True)
            shutil.copy(TIDY, self.folder / "service_test")
            script.write_text(f"#!/bin/sh\n./service_test{words}\necho done\n")
            script.chmod(0o755)
            environment = {**self.environment, "PATH": f"{pathlib.Path(paths.MQTRACK).parent}:{self.environment['PATH']}"}
            done = subprocess.run(["sh", "-ec", recipe], env=environment, cwd=self.folder, capture_output=True, text=True,
                                  timeout=300, check=False)
            self.assertEqual(done.returncode, code, (done.stdout, done.stderr))
            self.assertTrue((self.folder / "gate.xml").exists())


if __name__ == "__main__":
    unittest.main()
