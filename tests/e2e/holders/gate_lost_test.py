"""mqtrack gate --max-lost: of a running process, and of what leaks and owners wrote of it."""
import json
import unittest

from harness.case import EndToEnd
from harness.paths import PROGRAMS

LOST_BYTES = 23  # the text that holder_shapes loses


class GateLostTest(EndToEnd):
    def gate(self, target, limit, expect, *options):
        done = self.mqtrack("gate", target, "--max-lost", limit, "--format", "json", *options, expect=expect)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def shapes(self):
        self.start("shapes", *self.recorded(), PROGRAMS / "holder_shapes").wait_for_line("ready")
        return "holder_shapes"

    def broker_without_losses(self):
        return self.recorded_broker().pid

    def test_a_running_process(self):
        target = self.shapes()
        report = self.gate(target, "0", 1)
        check = report["checks"][0]
        self.assertEqual((check["kind"], check["value"], check["passed"]), ("lost", LOST_BYTES, False))
        self.assertEqual(check["sites"][0]["function"], "CopyText")
        self.assertTrue(self.gate(target, f"inuse_space={LOST_BYTES},inuse_objects=1", 0)["checks"][1]["passed"])
        self.gate(target, f"{LOST_BYTES - 1}", 1)
        text = self.mqtrack("gate", target, "--max-lost", "0", expect=1).stdout
        self.assertIn("lost inuse_space", text)
        self.assertIn("CopyText", text)
        known = self.folder / "known.supp"
        known.write_text("leak:LoseText\n")
        self.assertEqual(self.gate(target, "0", 0, "--suppressions", known)["checks"][0]["value"], 0)
        # Beside another limit, from a configuration.
        config = self.folder / "gate.json"
        config.write_text('{"max_lost": 0, "max_total": "1GiB"}')
        checks = json.loads(self.mqtrack("gate", target, "--config", config, "--format", "json", expect=1).stdout)["checks"]
        self.assertEqual([(check["kind"], check["passed"]) for check in checks], [("total", True), ("lost", False)])

    def test_what_leaks_and_owners_wrote(self):
        target = self.shapes()
        lost, owned, snapshot = (self.folder / name for name in ("lost.pb.gz", "owned.pb.gz", "snapshot.pb.gz"))
        self.mqtrack("leaks", target, "--format", "pprof", "-o", lost, expect=1)
        self.mqtrack("owners", target, "--format", "pprof", "-o", owned)
        self.mqtrack("snapshot", target, "-o", snapshot)
        for file in (lost, owned):
            self.assertEqual(self.gate(file, "0", 1)["checks"][0]["value"], LOST_BYTES)
            self.gate(file, "1KiB", 0)
        # A snapshot does not tell, and what is not known is not 0.
        self.assertIn("memory of a process only", " ".join(self.gate(snapshot, "1GiB", 3)["reasons"]))

    def test_nothing_lost_is_no_missing_measurement(self):
        pid = self.broker_without_losses()
        self.assertEqual(self.gate(pid, "0", 0)["checks"][0]["value"], 0)
        lost, owned = self.folder / "lost.pb.gz", self.folder / "owned.pb.gz"
        self.mqtrack("leaks", pid, "--format", "pprof", "-o", lost)
        self.mqtrack("owners", pid, "--format", "pprof", "-o", owned)
        self.gate(lost, "0", 0)
        self.gate(owned, "0", 0)

    def test_what_cannot_be_measured(self):
        service = self.start("sampled", *self.recorded("--sample", "64KiB"), PROGRAMS / "holder_shapes")
        service.wait_for_line("ready")
        self.assertIn("only a sample", self.gate("holder_shapes", "0", 3))


if __name__ == "__main__":
    unittest.main()
