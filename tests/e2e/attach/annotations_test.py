"""A service with annotations that was running before the recorder came, and runs on after it has gone."""
import unittest

from attached import Attached, Slots

INERT = "alive -38 the process is not recorded; start it with: mqtrack run"


class AnnotationsTest(Attached):
    def ask(self, question):
        self.service.process.stdin.write(question + "\n")
        self.service.process.stdin.flush()
        return self.service.read_line()

    def labels(self, label, kind):
        """How many live things of a kind there are by a label."""
        file = self.snapshot(self.service.pid, f"{label}-{kind}")
        return {row["label"]: row["value"] for row in self.rows("top", file, "--by", kind, "--group-by", label)}

    def assert_recorded_while_attached(self, program):
        self.service = self.program(program, cwd=self.folder)
        self.assertEqual(self.ask("?"), "alive 0")
        self.assertEqual(self.ask("hold"), "alive")
        self.assertEqual(self.ask("snapshot no"), INERT)
        slots = Slots(self.service.pid)
        before = slots.values()
        self.attach(self.service.pid)
        # What was entered before is not known, and is left without harm.
        self.assertEqual([self.ask("?"), self.ask("drop"), self.ask("?")], ["alive 1", "alive", "alive 1"])
        objects = self.labels("region", "inuse_objects")
        objects.pop("(none)")
        self.assertEqual(objects, {"decode": 8, "decode/json": 4, "lost": 2})
        self.assertEqual(self.labels("kind", "resources"), {"buffer": 1, "lease": 1})
        self.assertEqual(self.ask("hold"), "alive")
        self.detach(self.service.pid)
        self.assertEqual(slots.changed(before), [])
        self.assertEqual([self.ask("?"), self.ask("drop"), self.ask("snapshot no")], ["alive 0", "alive", INERT])
        # What was entered in the log before is not known in the next one.
        self.attach(self.service.pid)
        self.assertEqual(self.ask("?"), "alive 1")
        objects = self.labels("region", "inuse_objects")
        objects.pop("(none)")
        self.assertEqual(objects, {"decode": 4, "decode/json": 2, "lost": 1})
        file = self.folder / "itself.pb.gz"
        self.assertEqual(self.ask("snapshot itself"), "alive 0 ")
        self.assertIn("decode", [row["label"] for row in self.rows("top", file, "--group-by", "region")])
        self.detach(self.service.pid)
        self.service.end()

    def test_position_independent(self):
        self.assert_recorded_while_attached("../annotated")

    def test_at_fixed_addresses(self):
        self.assert_recorded_while_attached("../annotated_fixed")


if __name__ == "__main__":
    unittest.main()
