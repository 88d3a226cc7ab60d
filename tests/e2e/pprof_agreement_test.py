"""`go tool pprof` opens our snapshots, and computes from them what we do."""
import unittest

from harness import go_pprof
from harness.case import EndToEnd, function_name

MESSAGES = 500
LEAK_BYTES = 1000
TYPES = ("inuse_space", "inuse_objects", "alloc_space", "alloc_objects")


class PprofAgreementTest(EndToEnd):
    def setUp(self):
        super().setUp()
        broker = self.recorded_broker("leaky", LEAK_BYTES)
        broker.publish("house/temperature", range(50))
        self.before = self.snapshot(broker.pid, "before")
        broker.publish("house/temperature", range(MESSAGES))
        self.after = self.snapshot(broker.pid, "after")

    def test_the_diff_names_the_culprit_too(self):
        rows = go_pprof.top(self.after, self.before, folder=self.folder)
        name, growth = max(rows.items(), key=lambda row: row[1])
        self.assertEqual(function_name(name), "RememberLastValue")
        self.assertEqual(growth, MESSAGES * LEAK_BYTES)
        first = self.diff(self.before, self.after)[0]
        self.assertEqual((first["function"], first["growth"]), (name, growth))

    def test_every_row_of_every_type_agrees(self):
        # Our rows of innermost frames are pprof's flat column once it does not cut malloc's frames.
        before = go_pprof.without_drop_frames(self.before, self.folder / "before-all-frames.pb.gz")
        after = go_pprof.without_drop_frames(self.after, self.folder / "after-all-frames.pb.gz")
        for sample_type in TYPES:
            with self.subTest(sample_type):
                ours = {}
                for row in self.diff(before, after, "--by", sample_type, "--granularity", "leaf"):
                    ours[row["function"]] = ours.get(row["function"], 0) + row["growth"]
                theirs = go_pprof.top(after, before, sample_type, self.folder)
                self.assertTrue(theirs)
                self.assertEqual({name: value for name, value in ours.items() if value},
                                 {name: value for name, value in theirs.items() if value})

    def test_every_sample_type_opens(self):
        for sample_type in TYPES:
            with self.subTest(sample_type):
                self.assertGreater(sum(go_pprof.top(self.after, None, sample_type, self.folder).values()), 0)

    def test_tag_root(self):
        """The values of a label as roots: each passes what pprof's -tagroot says passes it."""
        for label in ("mqtt_packet", "mqtt_topic"):
            with self.subTest(label):
                folded = self.mqtrack("report", self.after, "--tag-root", label, "--format", "folded", "-o", "-").stdout
                ours = {}
                for line in folded.splitlines():
                    stack, _, value = line.rpartition(" ")
                    root = stack.split(";")[0]
                    ours[root] = ours.get(root, 0) + int(value)
                theirs = go_pprof.top(self.after, folder=self.folder, options=[f"-tagroot={label}"], cumulative=True)
                named = {root.removeprefix(f"{label}: "): value for root, value in ours.items() if "(none)" not in root}
                self.assertIn("PUBLISH" if label == "mqtt_packet" else "house/temperature", named)
                self.assertEqual({name: theirs.get(name) for name in named}, named)


if __name__ == "__main__":
    unittest.main()
