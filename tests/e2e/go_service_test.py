"""A Go service through its pprof endpoints: snapshot by URL, diff, report and gate."""
import pathlib
import unittest
import urllib.request

from harness.case import EndToEnd
from harness.paths import PROGRAMS
from harness.waiting import wait_until

READINGS = 300
READING_BYTES = 4096
GOROUTINES = 70


@unittest.skipUnless((PROGRAMS / "go_service").exists(), "go (package golang-go) was not installed for the build")
class GoServiceTest(EndToEnd):
    def setUp(self):
        super().setUp()
        service = self.start("go_service", PROGRAMS / "go_service")
        self.url = wait_until("the service's address", lambda: service.out.read_text().strip())

    def ask(self, path):
        with urllib.request.urlopen(f"{self.url}/{path}", timeout=300) as answer:
            return answer.read()

    def test_heap(self):
        # gc=1: Go's heap profile is that of the last garbage collection.
        heap = f"{self.url}/debug/pprof/heap?gc=1"
        self.ask(f"keep?n={READINGS}")
        before = self.snapshot(heap, "before")
        self.ask(f"keep?n={READINGS}")
        after = self.snapshot(heap, "after")

        first = self.diff(before, after)[0]
        self.assertEqual(first["function"], "main.keepReading")
        self.assertEqual(first["growth"], READINGS * READING_BYTES)
        self.assertEqual(first["object_growth"], READINGS)
        self.assertTrue(first["file"].endswith("go_service/main.go"), first["file"])

        self.assertIn("main.keepReading",
                      self.mqtrack("gate", "--base", before, after, "--max-growth", "64KiB", expect=1).stdout)
        self.mqtrack("gate", "--base", before, after, "--max-growth", "64MiB")
        for form in ("flame", "graph", "text"):
            picture = self.folder / f"report-{form}"
            self.mqtrack("report", after, "--base", before, "--format", form, "-o", picture)
            self.assertIn("keepReading", picture.read_text())

    def test_goroutines(self):
        goroutines = f"{self.url}/debug/pprof/goroutine"
        before = self.snapshot(goroutines, "before")
        self.ask(f"wait?n={GOROUTINES}")
        after = self.snapshot(goroutines, "after")
        first = self.diff(before, after, "--by", "goroutine")[0]
        self.assertEqual(first["function"], "main.waitForReply")
        self.assertEqual(first["growth"], GOROUTINES)
        self.mqtrack("gate", "--base", before, after, "--by", "goroutine", "--max-growth", "10", expect=1)

    def test_saved_files(self):
        """What `curl -o` saved is as good as the URL, in Go's text form too."""
        self.ask(f"keep?n={READINGS}")
        for name, query in (("saved.pb.gz", "gc=1"), ("saved.txt", "gc=1&debug=1")):
            saved = self.folder / name
            saved.write_bytes(self.ask(f"debug/pprof/heap?{query}"))
            kept = [row["value"] for row in self.rows("top", saved) if row["function"] == "main.keepReading"]
            self.assertEqual(kept, [READINGS * READING_BYTES], name)

    def test_the_dump_of_goroutines(self):
        """What people paste: ?debug=2. It counts as the profile of goroutines does, from the URL and saved."""
        self.ask(f"wait?n={GOROUTINES}")
        saved = self.folder / "dump.txt"
        saved.write_bytes(self.ask("debug/pprof/goroutine?debug=2"))
        for target in (saved, f"{self.url}/debug/pprof/goroutine?debug=2"):
            waiting = [row["value"] for row in self.rows("top", target) if row["function"] == "main.waitForReply"]
            self.assertEqual(len(waiting), 1, target)
            self.assertGreaterEqual(waiting[0], GOROUTINES)
        states = {row["label"] for row in self.rows("top", saved, "--group-by", "state")}
        self.assertIn("chan receive", states)

    def test_nobody_answers(self):
        done = self.mqtrack("snapshot", "http://127.0.0.1:1/debug/pprof/heap", "-o", "no.pb.gz", expect=2)
        self.assert_one_clear_line(done, "http://127.0.0.1:1/debug/pprof/heap")
        self.assertFalse(pathlib.Path(self.folder / "no.pb.gz").exists())


if __name__ == "__main__":
    unittest.main()
