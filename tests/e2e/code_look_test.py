"""`mqtrack peek` and `mqtrack source` beside `go tool pprof -peek` and `-list`, of the same files."""
import json
import os
import pathlib
import shutil
import unittest

import cli_profiles
from harness import go_pprof, paths
from harness.case import EndToEnd

FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures" / "profiles"
MAIN, STORE, COPY = ("main", "src/main.c", 10), ("store_message", "src/store.c", 3), ("copy_text", "src/store.c", 1)
AGAIN = ("store_message", "src/store.c", 4)
# copy_text below two lines of store_message, which calls itself once, and below main.
STACKS = cli_profiles.pprof([([COPY, STORE, MAIN], [1, 100]), ([COPY, AGAIN, MAIN], [2, 30]), ([COPY, MAIN], [1, 7]),
                             ([STORE, AGAIN, MAIN], [1, 1000])])
BASE = cli_profiles.pprof([([COPY, STORE, MAIN], [1, 60]), ([COPY, MAIN], [4, 70])])
STORE_C = "char* copy_text(void);\nvoid store_message(int deep) {\n\tcopy_text();\n\tif (deep) store_message(0);\n}\n"


class CodeLookTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.file, self.base = self.folder / "stacks.pb.gz", self.folder / "base.pb.gz"
        self.file.write_bytes(STACKS)
        self.base.write_bytes(BASE)

    def functions(self, verb, file, pattern, *options):
        document = json.loads(self.mqtrack(verb, file, pattern, *options, "--format", "json", "-n", "0").stdout)
        self.assertEqual(document["schema"], f"mqtrack-{verb}/1")
        return document["functions"]

    def write_source(self, text=STORE_C):
        source = self.folder / "tree" / "src" / "store.c"
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(text)
        os.utime(source, (1, 1))
        return source

    # --- peek

    def test_peek_by_hand(self):
        one = self.functions("peek", self.file, "^store_message$")[0]
        self.assertEqual((one["flat"], one["cum"]), (1000, 1130))
        self.assertEqual([(row["function"], row["value"]) for row in one["callers"]], [("main", 1130)])
        self.assertEqual([(row["function"], row["value"]) for row in one["callees"]], [("copy_text", 130)])
        by_count = self.functions("peek", self.file, "copy", "--by", "inuse_objects")[0]
        self.assertEqual([(row["function"], row["value"]) for row in by_count["callers"]],
                         [("store_message", 3), ("main", 1)])

    def test_peek_of_a_difference(self):
        one = self.functions("peek", self.file, "copy_text", "--base", self.base)[0]
        self.assertEqual([(row["function"], row["value"]) for row in one["callers"]],
                         [("store_message", 70), ("main", -63)])
        text = self.mqtrack("peek", self.file, "copy_text", "--base", self.base).stdout
        self.assertIn("-63 B", text)
        self.assertIn("+70 B", text)

    def compare_peek(self, file, sample_type, **options):
        theirs = go_pprof.peek(file, ".", sample_type, self.folder, **options)
        ours = {one["function"]: ({row["function"]: row["value"] for row in one["callers"]}, one["flat"], one["cum"],
                                  {row["function"]: row["value"] for row in one["callees"]})
                for one in self.functions("peek", file, ".", "--by", sample_type)}
        self.assertTrue(theirs)
        self.assertEqual(ours, theirs)

    @unittest.skipUnless(shutil.which("go"), "go (package golang-go) is not installed")
    def test_peek_agrees_with_pprof(self):
        for file in ("go_after_heap", "go_before_heap"):
            for sample_type in ("inuse_space", "alloc_objects"):
                with self.subTest(file=file, sample_type=sample_type):
                    self.compare_peek(FIXTURES / f"{file}.pb.gz", sample_type)
        with self.subTest("goroutines"):
            self.compare_peek(FIXTURES / "go_after_goroutine.pb.gz", "goroutine")
        with self.subTest("by hand"):
            self.compare_peek(self.file, "inuse_space")

    # --- source

    def test_lines_by_hand(self):
        self.write_source()
        one = self.functions("source", self.file, "store_message", "--source-path", self.folder / "tree")[0]
        self.assertEqual([(row["line"], row["flat"], row["cum"]) for row in one["lines"]],
                         [(3, 1000, 1100), (4, 0, 1030)])
        self.assertEqual((one["flat"], one["cum"]), (1000, 1130))  # a stack through both lines counts once
        self.assertEqual(one["found"], str(self.folder / "tree" / "src" / "store.c"))
        self.assertIn({"line": 3, "text": "\tcopy_text();"}, one["source"])

    def test_where_the_source_is_looked_for(self):
        source = self.write_source()
        for options in (("--source-path", self.folder / "tree"), ("--source-path", source.parent),
                        ("--source-path", "/nowhere", "--source-path", self.folder / "tree"),
                        ("--trim-path", "src", "--source-path", source.parent)):
            with self.subTest(options):
                text = self.mqtrack("source", self.file, "store_message", *options).stdout
                self.assertIn("found as", text)
                self.assertIn("if (deep) store_message(0);", text)

    def test_a_source_that_is_missing(self):
        text = self.mqtrack("source", self.file, "store_message", "--source-path", "/nowhere").stdout
        self.assertIn("looked at /nowhere/src/store.c, /nowhere/store.c", text)
        self.assertIn("--source-path DIR", text)
        self.assertRegex(text, r"1000 B +1\.1 KiB +3\n")  # its lines' numbers and values all the same
        self.assertRegex(text, r"\. +1 KiB +4\n")

    def test_another_version_of_the_source(self):
        self.write_source("one line only\n")
        text = self.mqtrack("source", self.file, "store_message", "--source-path", self.folder / "tree").stdout
        self.assertIn("has only 1 line, so it is another version", text)

    def test_a_hostile_source(self):
        source = self.write_source(STORE_C.replace("copy_text();", "copy_text(); // \x1b[2J\x07" + "x" * 100_000))
        text = self.mqtrack("source", self.file, "store_message", "--source-path", self.folder / "tree").stdout
        self.assertNotIn("\x1b", text)
        self.assertNotIn("\x07", text)
        source.unlink()
        os.mkfifo(source)  # opening it would wait for a writer
        text = self.mqtrack("source", self.file, "store_message", "--source-path", self.folder / "tree").stdout
        self.assertIn("is not here", text)

    @unittest.skipUnless(shutil.which("go"), "go (package golang-go) is not installed")
    def test_lines_agree_with_pprof(self):
        """Every line of every function that pprof lists, of Go's own files and of a recorded process."""
        service = self.start("service", *self.recorded("--snapshot-at-exit", self.folder / "own.pb.gz"),
                             paths.PROGRAMS / "tidy")
        service.wait()
        for file, sample_type in ((FIXTURES / "go_after_heap.pb.gz", "inuse_space"),
                                  (FIXTURES / "go_after_heap.pb.gz", "alloc_objects"),
                                  (self.folder / "own.pb.gz", "alloc_space")):
            with self.subTest(file=file.name, sample_type=sample_type):
                plain = go_pprof.without_drop_frames(file, self.folder / "plain.pb.gz")
                theirs = go_pprof.listing(plain, ".", sample_type, self.folder)
                ours = {}
                for one in self.functions("source", plain, ".", "--by", sample_type):
                    for row in one["lines"]:
                        if one["file"] and row["line"]:
                            ours[one["function"], row["line"]] = (row["flat"], row["cum"])
                self.assertTrue(theirs)
                self.assertEqual({key: ours.get(key) for key in theirs}, theirs)

    # --- both

    def test_a_name_that_is_no_expression(self):
        file = self.folder / "cxx.pb.gz"
        file.write_bytes(cli_profiles.pprof([([("operator new[](unsigned long)", "", 0), MAIN], [1, 5])]))
        for verb in ("peek", "source"):
            for name in ("operator new[", "operator new[](unsigned long)", "new.*long"):
                with self.subTest(verb=verb, name=name):
                    self.assertEqual(self.functions(verb, file, name)[0]["cum"], 5)

    def test_nothing_matches(self):
        for verb in ("peek", "source"):
            self.assert_one_clear_line(self.mqtrack(verb, self.file, "store_mesage", expect=2), "store_mesage",
                                       "did you mean store_message?")
            self.assert_one_clear_line(self.mqtrack(verb, self.file, "x" * 3000, expect=2), "longer than 2000")
            self.assert_one_clear_line(self.mqtrack(verb, self.file, "main", "--by", "fds", expect=2), "inuse_space")

    def test_hostile_names(self):
        file = self.folder / "hostile.pb.gz"
        file.write_bytes(cli_profiles.pprof([([("evil\x1b[2J\nname", "src/\x1b]0;x\x07.c", 2**62), MAIN], [1, 5])]))
        for verb in ("peek", "source"):
            text = self.mqtrack(verb, file, "evil").stdout
            self.assertNotRegex(text, r"[\x00-\x09\x0b-\x1f\x7f]")
            self.functions(verb, file, "evil")

    def test_more_than_fit(self):
        text = self.mqtrack("peek", self.file, ".", "-n", "1").stdout
        self.assertIn("2 other functions match; -n 0 shows all", text)


if __name__ == "__main__":
    unittest.main()
