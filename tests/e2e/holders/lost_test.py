"""mqtrack leaks: every way to hold a block has its right answer, and what LeakSanitizer's rules call lost is found."""
import json
import unittest

from harness.case import EndToEnd, function_name
from harness.paths import PROGRAMS

# What nothing points to: function -> (losses, rings, blocks, bytes).
LOST = {
    "LoseBlock": (1, 0, 1, 1000),
    "LoseTree": (1, 0, 4, 324),
    "LoseBehindItself": (1, 0, 1, 48),
    "LoseRing": (1, 1, 3, 144),
    "LoseTail": (1, 1, 4, 192),
    "LoseWithThread": (2, 0, 2, 161),
}
# What is held in a way that cannot be seen: docs/ownership.md says so.
HIDDEN = {"HideByMask": (1, 0, 1, 82), "HideAsOffset": (1, 0, 1, 83)}


class LostTest(EndToEnd):
    def start_holders(self, *options):
        service = self.start("holders", *self.recorded(*options), PROGRAMS / "holders", PROGRAMS / "holder_plugin.so")
        service.wait_for_line("ready")
        return service

    def found(self, target, *options, expect=1):
        done = self.mqtrack("leaks", target, "--json", "-n", "0", *options, expect=expect)
        report = json.loads(done.stdout)
        self.assertEqual(report["schema"], "mqtrack-lost/1")
        sites = {function_name(site["function"]): site for site in report["sites"]}
        return report, {name: (site["losses"], site["rings"], site["blocks"], site["bytes"])
                        for name, site in sites.items()}

    def test_every_way_to_hold_a_block(self):
        self.start_holders()
        report, found = self.found("holders")
        self.assertEqual(found, LOST | HIDDEN)
        self.assertEqual(len(report["looks"]), 2)
        self.assertEqual([look["way"] for look in report["looks"]], ["clone", "clone"])
        self.assertEqual(report["lost"]["bytes"], sum(numbers[3] for numbers in found.values()))
        self.assertEqual(report["found_once_blocks"], 0)

    def test_a_copy_made_while_it_stands_tells_the_same(self):
        self.start_holders()
        report, found = self.found("holders", "--copy", "--once")
        self.assertEqual(found, LOST | HIDDEN)
        self.assertEqual([look["way"] for look in report["looks"]], ["copy"])

    def test_as_text(self):
        self.start_holders()
        text = self.mqtrack("leaks", "holders", "--stacks", expect=1).stdout
        for words in ("in both of two looks 1 s apart", "2 rings among them", "LoseTail", "FarBelow", "still"):
            self.assertIn(words, text)
        once = self.mqtrack("leaks", "holders", "--once", expect=1).stdout
        self.assertIn("one look: a block whose pointer was under way", once)

    def test_limits_and_suppressions(self):
        self.start_holders()
        known = self.folder / "known.supp"
        known.write_text("leak:Lose*\nleak:HideByMask\n")
        report, found = self.found("holders", "--suppressions", known)
        self.assertEqual(found, {"HideAsOffset": HIDDEN["HideAsOffset"]})
        self.assertGreater(report["suppressed_stacks"], 0)
        self.found("holders", "--suppressions", known, "--max-lost", "83", expect=0)
        self.found("holders", "--suppressions", known, "--max-lost", "82", expect=1)
        self.found("holders", "--suppressions", known, "--max-lost", "inuse_objects=1,inuse_space=1KiB", expect=0)
        done = self.mqtrack("leaks", "holders", "--max-lost", "threads=1", expect=2)
        self.assert_one_clear_line(done, "only heap blocks can be lost")

    def test_as_a_profile(self):
        self.start_holders()
        lost = self.folder / "lost.pb.gz"
        self.mqtrack("leaks", "holders", "--format", "pprof", "-o", lost, expect=1)
        rows = {function_name(row["function"]): row["value"] for row in self.rows("top", lost)}
        self.assertEqual(rows["LoseTree"], 324)
        self.assertEqual(self.mqtrack("diff", lost, lost).returncode, 0)

    def test_an_attached_process_with_a_heap_from_before(self):
        service = self.start("holders", PROGRAMS / "holders", PROGRAMS / "holder_plugin.so")
        service.wait_for_line("ready")
        self.mqtrack("attach", "--log-dir", self.log_dir, service.pid)
        report, found = self.found(service.pid, expect=0)
        self.assertEqual(found, {}, "everything was made before")
        self.assertIn("from before the recording", report["notes"][0])

    def test_what_cannot_be_measured(self):
        sampled = self.start_holders("--sample", "64KiB")
        done = self.mqtrack("leaks", "holders", expect=3)
        self.assert_one_clear_line(done, "only a sample of its blocks is recorded")
        pid = self.mqtrack("list", "--format", "json").stdout
        self.assertIn("holders", pid)
        sampled.stop()
        done = self.mqtrack("leaks", "holders", expect=3)
        self.assert_one_clear_line(done, "has ended, and its memory is gone")
        snapshot = self.snapshot("holders", "ended")
        done = self.mqtrack("leaks", snapshot, expect=2)
        self.assert_one_clear_line(done, "holds no memory of a process")
        self.assert_one_clear_line(self.mqtrack("leaks", "nobody-of-this-name", expect=2), "nobody-of-this-name")


if __name__ == "__main__":
    unittest.main()
