"""The mistakes of samples/go: each is the first row with exact figures, its repaired twin is silent, and the page says so."""
import unittest
import urllib.request

from harness.case import EndToEnd
from harness.paths import PROGRAMS, SOURCE
from harness.waiting import wait_until

PAGE = SOURCE / "docs" / "patterns.md"
WORK = 300

# The mistake: the function to blame, its file, and what one piece of work leaves.
MISTAKES = {
    "goroutine": ("main.answerSlowly", "abandoned_requests.go", 1),
    "channel": ("main.subscribe", "kept_subscribers.go", None),  # Go's own room beside 128 x 16 bytes differs by version
    "closure": ("main.observe", "kept_observers.go", None),
    "method": ("main.openSession", "kept_handlers.go", None),
    "timer": ("main.watch", "armed_timers.go", None),
    "slice": ("main.readPacket", "kept_arrays.go", 4096),
    "pool": ("main.(*bufferPool).makeBuffer", "unreturned_buffers.go", 256),  # every second piece loses 512
    "cache": ("main.remember", "ever_growing_cache.go", 256),
}


@unittest.skipUnless((PROGRAMS / "go_patterns").exists(), "go (package golang-go) was not installed for the build")
class GoPatternsTest(EndToEnd):
    def measure(self, mistake, *options):
        """Rows of a diff around WORK pieces of work."""
        service = self.start(mistake, PROGRAMS / "go_patterns", "-exact", "-leak", mistake, *options)
        url = wait_until("the service's address", lambda: service.out.read_text().strip())
        kind = "goroutine" if mistake == "goroutine" else "heap"
        target = f"{url}/debug/pprof/{kind}" + ("?gc=1" if kind == "heap" else "")
        sides = []
        for name in ("before", "after"):
            with urllib.request.urlopen(f"{url}/work?n={WORK}", timeout=300):
                pass
            if kind == "goroutine":
                self.settle(target)
            sides.append(self.snapshot(target, name))
        by = ["--by", "goroutine"] if kind == "goroutine" else []
        rows = self.diff(*sides, *by)
        service.stop()
        return rows

    def settle(self, target):
        """Until only the one who writes the profile runs: whoever answers has done so or waits for ever."""
        def busy():
            rows = self.rows("top", target.replace("goroutine", "goroutine?debug=2"), "--group-by", "state")
            return sum(row["value"] for row in rows if row["label"] in ("sleep", "runnable", "running"))
        wait_until("the goroutines to have slept", lambda: busy() == 1)

    def test_each_mistake(self):
        page = PAGE.read_text()
        for mistake, (function, file, left) in MISTAKES.items():
            with self.subTest(mistake):
                first = self.measure(mistake)[0]
                self.assertEqual(first["function"], function)
                self.assertTrue(first["file"].endswith(f"samples/go/{file}"), first["file"])
                self.assertGreaterEqual(first["growth"], WORK * (left or 1024))
                if left:
                    self.assertEqual(first["growth"], WORK * left)
                self.assertIn(f"| `{mistake}` |", page)
                self.assertIn(f"`{function}`", page)

    def test_each_repaired_twin(self):
        for mistake in MISTAKES:
            with self.subTest(mistake):
                grown = sum(row["growth"] for row in self.measure(mistake, "-repaired") if "samples/go" in row["file"])
                # A map's buckets may move by a step; a leak of a few bytes a piece would be seen.
                self.assertLess(grown, WORK * 8 if mistake != "goroutine" else 1)


if __name__ == "__main__":
    unittest.main()
