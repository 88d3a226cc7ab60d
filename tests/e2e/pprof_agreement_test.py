"""`go tool pprof` opens our snapshots, and computes from them what we do."""
import shutil
import unittest

from harness import go_pprof
from harness.case import EndToEnd, function_name

MESSAGES = 500
LEAK_BYTES = 1000
TYPES = ("inuse_space", "inuse_objects", "alloc_space", "alloc_objects")


@unittest.skipUnless(shutil.which("go"), "go (package golang-go) is not installed")
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

    def folded(self, *options):
        """Our stacks, root first, with their bytes."""
        text = self.mqtrack("report", self.after, *options, "--format", "folded", "-o", "-").stdout
        return [(line.rpartition(" ")[0].split(";"), int(line.rpartition(" ")[2])) for line in text.splitlines()]

    def test_tag_roots_and_leaves_stand_where_pprof_puts_them(self):
        """Several keys: -raw shows the frames that -tagroot and -tagleaf add, with their keys as files."""
        after = go_pprof.without_drop_frames(self.after, self.folder / "after-all-frames.pb.gz")
        theirs = {}
        for stack, value in go_pprof.stacks(after, self.folder, "-tagroot=mqtt_packet,mqtt_topic",
                                            "-tagleaf=thread,mqtt_client"):
            key = tuple(f"{file}: {name or '(none)'}" for name, file in (*stack[:2], *stack[-2:]))
            theirs[key] = theirs.get(key, 0) + value
        ours = {}
        for stack, value in self.folded("--tag-root", "mqtt_packet,mqtt_topic", "--tag-leaf", "thread,mqtt_client"):
            key = (*stack[:2], *stack[-2:])
            ours[key] = ours.get(key, 0) + value
        self.assertIn(("mqtt_packet: PUBLISH", "mqtt_topic: house/temperature"), {key[:2] for key in ours})
        self.assertEqual(ours, {key: value for key, value in theirs.items() if value})

    def test_tag_root_in_the_call_graph_and_in_pprof_output(self):
        """What passes through a label's node is what pprof says; also of the growth that we write for pprof."""
        theirs = go_pprof.top(self.after, self.before, folder=self.folder, options=["-tagroot=mqtt_packet"],
                              cumulative=True)
        growth = self.folder / "growth.pb.gz"
        self.mqtrack("diff", self.before, self.after, "--tag-root", "mqtt_packet", "--format", "pprof", "-o", growth)
        written = go_pprof.top(growth, folder=self.folder, cumulative=True)
        self.assertEqual(written["PUBLISH"], theirs["PUBLISH"])
        self.assertGreaterEqual(written["PUBLISH"], MESSAGES * LEAK_BYTES)
        dot = self.mqtrack("report", growth, "--format", "dot", "-o", "-").stdout
        self.assertIn("mqtt_packet: PUBLISH", dot)
        both = self.mqtrack("report", self.after, "--base", self.before, "--tag-root", "mqtt_packet", "--format", "dot",
                            "-o", "-").stdout
        self.assertIn("mqtt_packet: PUBLISH (", both)
        # As in pprof, filters see the labels too.
        focused = self.rows("top", self.after, "--tag-root", "mqtt_packet", "--focus", "^PUBLISH$")
        packets = {row["label"]: row["value"] for row in self.rows("top", self.after, "--group-by", "mqtt_packet")}
        self.assertEqual(sum(row["value"] for row in focused), packets["PUBLISH"])

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
