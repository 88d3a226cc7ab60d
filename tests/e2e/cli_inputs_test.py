"""Inputs that cannot be used: each gives one clear sentence on stderr, nothing on stdout, and the documented exit code."""
import json
import os
import shlex
import subprocess
import unittest

from harness.case import EndToEnd
from harness import paths
from harness.paths import find_program
import cli_profiles

NEEDS_ROOT = unittest.skipUnless(os.getuid() == 0, "needs root, to become an ordinary user")
NOBODY = 65534
READERS = (("top", "{}"), ("snapshot", "{}", "-o", "out.pb.gz"), ("diff", "{}", "after.pb.gz"), ("diff", "before.pb.gz", "{}"),
           ("report", "{}", "-o", "out.json"), ("report", "after.pb.gz", "--base", "{}", "-o", "out.json"),
           ("gate", "{}", "--max-total", "1"), ("gate", "after.pb.gz", "--base", "{}", "--max-growth", "1"))


class InputsTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.write("before.pb.gz", cli_profiles.BEFORE)
        self.write("after.pb.gz", cli_profiles.AFTER)

    def write(self, name, content):
        (self.folder / name).write_bytes(content)

    def refused_by_all(self, target, *says, code=2, prefix=(), but=""):
        for words in READERS:
            if words[0] == but:
                continue
            with self.subTest(" ".join(words)):
                done = self.mqtrack(*(word.format(target) for word in words), expect=code, prefix=prefix)
                self.assert_one_clear_line(done, *says)
                self.assertTrue(done.stderr.startswith("mqtrack: "), done.stderr)
                self.assertFalse((self.folder / "out.pb.gz").exists() or (self.folder / "out.json").exists())

    # --- what is read

    def test_not_a_profile(self):
        self.write("notes.txt", b"just some words\n")
        self.refused_by_all("notes.txt", "notes.txt: ", "pprof")

    def test_truncated_profile(self):
        self.write("cut.pb.gz", cli_profiles.AFTER[:-20])
        self.refused_by_all("cut.pb.gz", "cut.pb.gz: ")

    def test_empty_file(self):
        self.write("empty.pb.gz", b"")
        self.refused_by_all("empty.pb.gz", "empty.pb.gz: ", "empty")

    def test_directory(self):
        (self.folder / "folder").mkdir()
        self.refused_by_all("./folder", "./folder: ", "directory", but="gate")
        # To the gate it is one of snapshots, of which there are none.
        self.assert_one_clear_line(self.mqtrack("gate", "./folder", "--max-total", 1, expect=3), "./folder: holds no snapshot")

    def test_named_pipe(self):
        os.mkfifo(self.folder / "pipe.pb.gz")
        self.refused_by_all("pipe.pb.gz", "pipe.pb.gz: is a named pipe")
        self.refused_by_all("./pipe.pb.gz", "pipe.pb.gz: is a named pipe")
        os.mkfifo(self.folder / "pipe")
        self.refused_by_all("pipe", "pipe: is a named pipe")
        for words in (("stress", "127.0.0.1:1", "pipe"), ("stress", "127.0.0.1:1", "fan-in", "--base", "pipe"),
                      ("disturb", "--listen", "127.0.0.1:0", "--upstream", "127.0.0.1:1", "pipe"),
                      ("gate", "--config", "pipe", "a.pb.gz")):
            self.assert_one_clear_line(self.mqtrack(*words, expect=2), "pipe: is a named pipe")

    def test_a_pipe_of_the_shell(self):
        done = subprocess.run(["bash", "-c", f"{paths.MQTRACK} top <(cat after.pb.gz); {paths.MQTRACK} top /dev/stdin <after.pb.gz"],
                              cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=300, check=True)
        self.assertEqual(done.stdout.count("store_message  src"), 2, done.stdout + done.stderr)

    def test_missing_file(self):
        self.refused_by_all("./missing.pb.gz", "missing.pb.gz")

    @NEEDS_ROOT
    def test_unreadable_file(self):
        self.write("secret.pb.gz", cli_profiles.AFTER)
        (self.folder / "secret.pb.gz").chmod(0o600)
        as_nobody = [find_program("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        self.refused_by_all("secret.pb.gz", "secret.pb.gz: ", "ermission denied", prefix=as_nobody)

    def test_no_such_process(self):
        self.refused_by_all("4194303", "4194303", "no such process")

    def test_process_that_is_not_recorded(self):
        service = self.start("sleep", "sleep", "3600")
        done = self.mqtrack("top", service.pid, expect=3)
        self.assert_one_clear_line(done, f"mqtrack: process {service.pid} (sleep)", "is not recorded", "mqtrack run")

    def test_nobody_answers(self):
        self.refused_by_all("http://127.0.0.1:1/debug/pprof/heap", "http://127.0.0.1:1/debug/pprof/heap: ")

    # --- sample types and selections

    def test_wrong_sample_type(self):
        for words in (("top", "after.pb.gz"), ("diff", "before.pb.gz", "after.pb.gz"),
                      ("report", "after.pb.gz", "-o", "out.json"), ("report", "after.pb.gz", "--format", "flame"),
                      ("report", "after.pb.gz", "--format", "dot"), ("report", "after.pb.gz", "--format", "folded")):
            with self.subTest(" ".join(words)):
                done = self.mqtrack(*words, "--by", "sockets", expect=2)
                self.assert_one_clear_line(done, "sockets", "inuse_space", "inuse_objects")

    def test_nothing_of_the_default_type(self):
        """The profile has threads only: the table is empty, and a note says where there is something."""
        self.write("threads.pb.gz", cli_profiles.THREADS_ONLY)
        done = self.mqtrack("top", "threads.pb.gz", "--by", "inuse_space")
        self.assertIn("mqtrack: nothing to show for inuse_space; there are values for --by threads\n", done.stderr)
        self.assertIn("accept_client", self.mqtrack("top", "threads.pb.gz", "--by", "threads").stdout)

    def test_bad_expression(self):
        for option in ("--focus", "--ignore", "--hide"):
            done = self.mqtrack("top", "after.pb.gz", option, "(", expect=2)
            self.assert_one_clear_line(done, "(")

    def test_selections_reach_the_library(self):
        rows = self.rows("top", "after.pb.gz", "--focus", "store")
        self.assertEqual([row["function"] for row in rows], ["store_message"])
        rows = self.rows("top", "after.pb.gz", "--ignore", "store")
        self.assertEqual([row["function"] for row in rows], ["accept_client"])
        rows = self.rows("top", "after.pb.gz", "--hide", "store")
        self.assertEqual({row["function"] for row in rows}, {"accept_client", "main"})
        self.write("list.txt", b"store_message\n")
        rows = self.rows("top", "after.pb.gz", "--wrappers", "list.txt")
        self.assertEqual(rows[0]["function"], "main")

    def test_losses_are_told(self):
        self.write("lossy.pb.gz", cli_profiles.LOSSES)
        done = self.mqtrack("top", "lossy.pb.gz")
        self.assertIn("mqtrack: warning: lossy.pb.gz: the recorder missed 12 events (2 KiB), so values are too low; ",
                      done.stderr)

    # --- diff

    def test_diff_says_what_grew(self):
        rows = self.diff("before.pb.gz", "after.pb.gz")
        self.assertEqual((rows[0]["function"], rows[0]["growth"]), ("store_message", 4000))
        self.assertEqual(len(self.mqtrack("diff", "before.pb.gz", "after.pb.gz", "--format", "markdown").stderr), 0)

    def test_diff_as_a_profile(self):
        done = self.mqtrack("diff", "before.pb.gz", "after.pb.gz", "--format", "pprof", "-o", "growth.pb.gz")
        self.assertEqual((done.stdout, done.stderr), ("", "mqtrack: wrote growth.pb.gz\n"))
        rows = self.rows("top", "growth.pb.gz")
        self.assertEqual([(row["function"], row["value"]) for row in rows], [("store_message", 4000)])

    def heap(self, name, target="service (pid 1)", seconds=0, program="/usr/sbin/service", **more):
        comments = (f"mqtrack: target: {target}",)
        self.write(name, cli_profiles.pprof([([cli_profiles.MAIN], [1, 100])], comments=comments, seconds=seconds,
                                            program=program, **more))

    def test_sides_that_do_not_belong_together(self):
        self.heap("early.pb.gz", seconds=1000)
        self.heap("late.pb.gz", seconds=2000)
        self.heap("restarted.pb.gz", target="service (pid 2)", seconds=2000)
        self.heap("other.pb.gz", target="other (pid 3)", seconds=2000, program="/usr/bin/other")
        for words in (("diff", "{}", "{}"), ("report", "--base", "{}", "{}", "-o", "out.folded")):
            def stderr(old, new):
                sides = iter((old, new))
                return self.mqtrack(*(next(sides) if word == "{}" else word for word in words)).stderr
            self.assertEqual([line for line in stderr("early.pb.gz", "late.pb.gz").splitlines() if "wrote" not in line], [])
            self.assertIn("mqtrack: warning: late.pb.gz is newer than early.pb.gz: what grew is shown as shrunk; "
                          "are the two swapped?\n", stderr("late.pb.gz", "early.pb.gz"))
            self.assertIn("mqtrack: warning: early.pb.gz is of service, other.pb.gz of other: ",
                          stderr("early.pb.gz", "other.pb.gz"))
            self.assertIn("mqtrack: early.pb.gz is of service (pid 1), restarted.pb.gz of service (pid 2): two processes",
                          stderr("early.pb.gz", "restarted.pb.gz"))

    def test_heap_against_other_things(self):
        self.write("goroutines.pb.gz", cli_profiles.pprof([([cli_profiles.MAIN], [7])], types=(("goroutine", "count"),)))
        done = self.mqtrack("diff", "after.pb.gz", "goroutines.pb.gz", expect=2)
        self.assert_one_clear_line(done, "mqtrack: after.pb.gz: no sample type 'goroutine'; this profile has: ")

    def test_selection_of_nothing(self):
        for words in (("top", "after.pb.gz"), ("diff", "before.pb.gz", "after.pb.gz")):
            done = self.mqtrack(*words, "--focus", "no_such_function")
            self.assertEqual(done.stderr, "mqtrack: nothing matches the filter --focus no_such_function; "
                                          "leave it out to see all\n")
            lines = done.stdout.splitlines()
            self.assertTrue(lines[0].endswith(": no live bytes match the filter."), lines[0])
            self.assertIn("  only  stacks that match --focus no_such_function", lines)
            self.assertNotIn("Next:", done.stdout)
            self.assertNotIn("LATER", done.stdout)

    def test_part_is_not_called_all(self):
        for words in (("diff", "before.pb.gz", "after.pb.gz"),
                      ("report", "after.pb.gz", "--base", "before.pb.gz", "--format", "text", "-o", "-")):
            lines = self.mqtrack(*words, "--focus", "store", "--ignore", "a b").stdout.splitlines()
            self.assertIn("live bytes that match grew by 3.9 KiB", lines[0])
            self.assertTrue(lines[1].startswith("100.0 % of the growth that matches: store_message"), lines[1])
            self.assertIn("  only  stacks that match --focus store, but not --ignore 'a b'", lines)
        lines = self.mqtrack("top", "after.pb.gz", "--ignore", "store").stdout.splitlines()
        self.assertIn("live bytes that match: 300 B in 3 objects.", lines[0])
        self.assertTrue(lines[1].startswith("100.0 % of what matches: accept_client"), lines[1])
        self.assertIn("  only  stacks that do not match --ignore store", lines)
        table = json.loads(self.mqtrack("top", "after.pb.gz", "--tag-ignore", "a=b", "--format", "json").stdout)
        self.assertEqual(table["filters"], {"tag_ignore": "a=b"})

    # --- what to do next

    def next_command(self, done):
        """The words of the last line's command, as a shell takes them."""
        return shlex.split(done.stdout.splitlines()[-1].split("  mqtrack ")[-1])

    def test_next_command_shows_what_was_asked(self):
        self.write("of interest.txt", b"nothing\n")
        asked = ("--by", "inuse_objects", "--focus", "store|a b", "--ignore=-x", "--hide", "it's", "--tag-ignore",
                 "thread=x", "--tag-root", "thread,colour", "--tag-leaf", "b", "--wrappers", "of interest.txt",
                 "--log-dir", "/tmp/my logs", "--sysroot", "/", "--debug-dir", "/a", "--debug-dir", "/b", "--no-symbols")
        given = sorted(" ".join(asked).replace("=-x", " -x").split())
        command = self.next_command(self.mqtrack("diff", "before.pb.gz", "after.pb.gz", "-n", "3", *asked))
        self.assertEqual(command[:4], ["report", "after.pb.gz", "--base", "before.pb.gz"])
        self.assertEqual(command[-4:], ["--format", "flame", "-o", "leak.svg"])
        self.assertEqual(sorted(" ".join(command[4:-4]).replace("=-x", " -x").split()), given)
        self.mqtrack(*command)
        self.assertIn("store_message", (self.folder / "leak.svg").read_text())
        command = self.next_command(self.mqtrack("top", "after.pb.gz", "--granularity", "line", *asked))
        self.assertEqual(command[:3], ["diff", "after.pb.gz", "LATER"])
        self.assertEqual(sorted(" ".join(command[3:]).replace("=-x", " -x").split()),
                         sorted([*given, "--granularity", "line"]))

    def test_no_next_command_without_growth(self):
        for words in (("after.pb.gz", "after.pb.gz"), ("after.pb.gz", "before.pb.gz"),
                      ("before.pb.gz", "after.pb.gz", "--focus", "accept")):
            self.assertNotIn("Next:", self.mqtrack("diff", *words).stdout)

    def test_long_name_pushes_nothing_out_of_sight(self):
        """In a CI job's log a name of 500 characters leaves out the arguments of its template; file and line stay beside every name."""
        template = "std::_Function_handler<" + "void (std::string_view), " * 20 + "int>::_M_invoke"
        stack = [cli_profiles.STORE, (template, "/usr/include/c++/12/functional", 290), cli_profiles.MAIN]
        self.write("templates.pb.gz", cli_profiles.pprof([(stack, [1, 100])]))
        for words in (("top", "templates.pb.gz", "--stacks"), ("gate", "templates.pb.gz", "--max-total", "0")):
            lines = self.mqtrack(*words, expect=0 if words[0] == "top" else 1).stdout.splitlines()
            (handler,) = [line for line in lines if "std::_Function_handler<" in line]
            self.assertEqual(handler.strip(), "std::_Function_handler<...>::_M_invoke  /usr/include/c++/12/functional:290")
            (main,) = [line for line in lines if line.strip().startswith("main ")]
            self.assertLess(len(main), 120)

    def test_label_that_nothing_has(self):
        self.heap("labels.pb.gz", labels=[{"thread": "main", "generation": "0"}])
        done = self.mqtrack("top", "labels.pb.gz", "--group-by", "threads")
        self.assertEqual(done.stderr,
                         'mqtrack: nothing has a label "threads" to group by; there are: generation, thread\n')
        self.assertEqual(self.mqtrack("top", "labels.pb.gz", "--group-by", "thread").stderr, "")
        done = self.mqtrack("report", "labels.pb.gz", "--tag-root", "thread,colour", "--format", "flame", "-o", "a.svg")
        self.assertEqual(done.stderr,
                         'mqtrack: nothing has a label "colour" for --tag-root; there are: generation, thread\n')
        # Rows are by function all the same; a note says where the labels show.
        done = self.mqtrack("top", "labels.pb.gz", "--tag-root", "thread")
        self.assertIn("--tag-root shows in stacks: add --stacks or --granularity stack", done.stderr)
        done = self.mqtrack("top", "labels.pb.gz", "--tag-root", "thread", "--stacks")
        self.assertIn("(label)", done.stdout)
        self.assertEqual(done.stderr, "")

    def test_equal_sides(self):
        done = self.mqtrack("diff", "after.pb.gz", "after.pb.gz")
        self.assertEqual(done.returncode, 0)

    # --- what is written

    def test_a_file_name_says_what_is_in_it(self):
        for words, says in ((("snapshot", "after.pb.gz", "-o", "x.svg"), "but it is a gzipped pprof profile"),
                            (("symbolize", "after.pb.gz", "-o", "x.json"), "but it is a gzipped pprof profile"),
                            (("pull", "ssh://board/x", "-o", "x.txt"), "but it is a gzipped pprof profile"),
                            (("cpu", os.getpid(), "-o", "x.html"), "but it is a gzipped pprof profile"),
                            (("snapshot", "x", "--core", "x.pb.gz"), "but it is a core file"),
                            (("pack", "after.pb.gz", "-o", "x.pb.gz"), "but it is an archive"),
                            (("metrics", "after.pb.gz", "-o", "x.json"), "but the format is openmetrics")):
            with self.subTest(words):
                self.assert_one_clear_line(self.mqtrack(*words, expect=2), "the name says .", says, "change the name")
                self.assertEqual(list(self.folder.glob("x.*")), [])

    def test_json_is_the_same_as_format_json(self):
        for words in (("list",), ("top", "after.pb.gz"), ("diff", "before.pb.gz", "after.pb.gz"), ("report", "after.pb.gz"),
                      ("gate", "after.pb.gz", "--max-total", "1000000000"), ("peek", "after.pb.gz", "main"),
                      ("metrics", "after.pb.gz")):
            with self.subTest(words):
                short, long = (json.loads(self.mqtrack(*words, *how).stdout) for how in (("--json",), ("--format", "json")))
                for document in (short, long):
                    document.pop("time", None)
                self.assertEqual(short["schema"], long["schema"])
                self.assertEqual(set(short), set(long))
        for verb in ("threads", "topology", "snapshot", "source"):
            self.assertIn("--json ", self.mqtrack(verb, "--help").stdout)
        self.assert_one_clear_line(self.mqtrack("diff", "before.pb.gz", "after.pb.gz", "--json", "-o", "x.svg", expect=2), "format is json")

    def test_unwritable_output(self):
        for words in (("snapshot", "after.pb.gz"), ("report", "after.pb.gz", "--format", "flame"),
                      ("diff", "before.pb.gz", "after.pb.gz"), ("gate", "after.pb.gz", "--max-total", "1MiB"),
                      ("report", "after.pb.gz", "--format", "png")):
            with self.subTest(" ".join(words)):
                done = self.mqtrack(*words, "-o", "/proc/no/such/folder", expect=2)
                self.assert_one_clear_line(done, "mqtrack: /proc/no/such/folder: ")

    def test_snapshot_names_its_file(self):
        name = self.mqtrack("snapshot", "after.pb.gz").stdout.strip()
        self.assertRegex(name, r"\Aafter\.pb\.gz-\d{8}T\d{6}Z(-\d+)?\.pb\.gz\Z")
        self.write("lossy.pb.gz", cli_profiles.LOSSES)
        name = self.mqtrack("snapshot", "lossy.pb.gz").stdout.strip()
        self.assertRegex(name, r"\Abroker-4711-\d{8}T\d{6}Z\.pb\.gz\Z")
        tables = [json.loads(self.mqtrack("top", file, "--format", "json").stdout) for file in (name, "lossy.pb.gz")]
        for table in tables:
            self.assertIn("store_message", json.dumps(table))
            self.assertIn('"losses": 12', json.dumps(table))

    def test_snapshot_as_json(self):
        answer = json.loads(self.mqtrack("snapshot", "after.pb.gz", "-o", "x.pb.gz", "--format", "json").stdout)
        self.assertGreaterEqual(answer.pop("seconds"), 0)
        self.assertEqual(answer, {"schema": "mqtrack-snapshot/1", "file": "x.pb.gz", "target": "after.pb.gz",
                                  "sample_type": "inuse_space", "unit": "bytes", "value": 5300, "blocks": 53,
                                  "stacks": 2, "losses": None, "sample_bytes": 0})
        done = self.mqtrack("snapshot", "after.pb.gz", "-o", "-", "--format", "json", expect=2)
        self.assert_one_clear_line(done, "--format json: cannot be combined with -o -")

    def test_report_formats(self):
        starts = {"json": b"{", "txt": b"", "dot": b"digraph", "pdf": b"%PDF", "png": b"\x89PNG", "folded": b"main;"}
        for extension, start in starts.items():
            with self.subTest(extension):
                done = self.mqtrack("report", "after.pb.gz", "--base", "before.pb.gz", "-o", f"out.{extension}")
                self.assertEqual(done.stdout, f"out.{extension}\n")
                content = (self.folder / f"out.{extension}").read_bytes()
                self.assertTrue(content.startswith(start), content[:40])
        for form in ("flame", "graph", "svg"):
            self.mqtrack("report", "after.pb.gz", "--format", form, "-o", "out.svg")
            self.assertIn("<svg", (self.folder / "out.svg").read_text())
        self.mqtrack("report", "after.pb.gz", "--format", "graph", "-o", "graph.pdf")
        self.assertTrue((self.folder / "graph.pdf").read_bytes().startswith(b"%PDF"))

    def test_children_are_waited_for_where_their_end_is_ignored_by_inheritance(self):
        """Graphviz works in a child."""
        self.mqtrack("report", "after.pb.gz", "--format", "graph", "-o", "graph.svg", prefix=("env", "--ignore-signal=CHLD"))
        self.assertIn("<svg", (self.folder / "graph.svg").read_text())

    def test_report_that_cannot_be_guessed(self):
        done = self.mqtrack("report", "after.pb.gz", "-o", "out.svg", expect=2)
        self.assertEqual(done.stderr, "mqtrack: out.svg: an .svg can be a flame graph or a call graph; "
                                      "say --format flame or --format graph\n")
        done = self.mqtrack("report", "after.pb.gz", "-o", "out.html", expect=2)
        self.assert_one_clear_line(done, "mqtrack: out.html: the file's name does not say what to write")
        done = self.mqtrack("report", "after.pb.gz", "--format", "flame", "-o", "out.pdf", expect=2)
        self.assert_one_clear_line(done, "mqtrack: out.pdf: a flame graph is an SVG file")

    # --- gate

    def test_gate_passes_and_fails(self):
        done = self.mqtrack("gate", "--base", "before.pb.gz", "after.pb.gz", "--max-growth", "2KiB", expect=1)
        self.assertIn("store_message", done.stdout)
        self.assertIn("store.c:42", done.stdout)
        self.mqtrack("gate", "--base", "before.pb.gz", "after.pb.gz", "--max-growth", "4000")
        self.mqtrack("gate", "--base", "before.pb.gz", "after.pb.gz", "--max-growth", "inuse_space=1MiB,inuse_objects=39",
                     expect=1)
        self.mqtrack("gate", "--base", "before.pb.gz", "after.pb.gz", "--max-site-growth", "3KiB", expect=1)
        self.mqtrack("gate", "after.pb.gz", "--max-total", "1MiB")
        for form in ("json", "junit", "markdown", "github"):
            done = self.mqtrack("gate", "--base", "before.pb.gz", "after.pb.gz", "--max-growth", "1", "--format", form,
                                expect=1)
            self.assertIn("store_message", done.stdout, form)

    def test_gate_report_in_a_file(self):
        done = self.mqtrack("gate", "--base", "before.pb.gz", "after.pb.gz", "--max-growth", "1", "-o", "gate.txt", expect=1)
        self.assertEqual((done.stdout, done.stderr), ("", "mqtrack: the gate failed: a limit was exceeded; wrote gate.txt\n"))
        self.assertIn("store_message", (self.folder / "gate.txt").read_text())

    def test_gate_with_what_is_known(self):
        failing = ("gate", "--base", "before.pb.gz", "after.pb.gz", "--max-growth", "1")
        self.write("known.supp", b"# known\nleak:store_message\n")
        self.mqtrack(*failing, "--suppressions", "known.supp")
        self.mqtrack(*failing, "--ignore", "store_*")
        self.write("bad.supp", b"store_message\n")
        self.assert_one_clear_line(self.mqtrack(*failing, "--suppressions", "bad.supp", expect=2), "bad.supp")
        self.assert_one_clear_line(self.mqtrack(*failing, "--suppressions", "none.supp", expect=2), "none.supp")

    def test_gate_config(self):
        compared = ("gate", "--base", "before.pb.gz", "after.pb.gz")
        self.write("gate.json", b'{"max_growth": "1KiB"}')
        self.mqtrack(*compared, "--config", "gate.json", expect=1)
        self.mqtrack(*compared, "--config", "gate.json", "--max-growth", "1MiB")
        self.write("typo.json", b'{"max_grwoth": "1KiB"}')
        self.assert_one_clear_line(self.mqtrack(*compared, "--config", "typo.json", expect=2), "typo.json", "max_grwoth")

    def test_gate_baseline(self):
        done = self.mqtrack("gate", "before.pb.gz", "--write-baseline", "baseline.json")
        self.assertEqual((done.stdout, done.stderr), ("", "mqtrack: wrote baseline.json: 2 sites of before.pb.gz\n"))
        self.mqtrack("gate", "before.pb.gz", "--baseline", "baseline.json", "--max-growth", "0")
        self.mqtrack("gate", "after.pb.gz", "--baseline", "baseline.json", "--max-growth", "0", expect=1)
        done = self.mqtrack("gate", "after.pb.gz", "--baseline", "baseline.json", "--base", "before.pb.gz",
                            "--max-growth", "0", expect=2)
        self.assert_one_clear_line(done, "--base: cannot be combined with --baseline")

    def test_gate_without_limits(self):
        self.assert_one_clear_line(self.mqtrack("gate", "--base", "before.pb.gz", "after.pb.gz", expect=2), "limit")

    def test_gate_without_base(self):
        self.assert_one_clear_line(self.mqtrack("gate", "after.pb.gz", "--max-growth", "1", expect=2), "--base")

    def test_gate_that_cannot_measure(self):
        self.write("lossy.pb.gz", cli_profiles.LOSSES)
        done = self.mqtrack("gate", "--base", "before.pb.gz", "lossy.pb.gz", "--max-growth", "1MiB", expect=3)
        self.assertIn("12", done.stdout + done.stderr)
        self.write("nothing.pb.gz", cli_profiles.pprof([]))
        self.mqtrack("gate", "--base", "before.pb.gz", "nothing.pb.gz", "--max-growth", "1MiB", expect=3)


if __name__ == "__main__":
    unittest.main()
