"""The mistakes of the telemetry service that have no test elsewhere, and the repaired twin of each: as much work, no growth."""
import json
import unittest

from harness.broker import Broker
from harness.case import EndToEnd, function_name
from harness.paths import SOURCE, TELEMETRY
from harness.processes import children_of
from harness.waiting import wait_until

PAGE = SOURCE / "docs" / "patterns.md"
ROUND = 100
MISTAKES = {
    "queue": "EnqueueForUpload",
    "closure": "StartCalibration",
    "cache": "RememberAsSeen",
    "subscription": "SubscribeToReplies",
    "connection": "SendAlarm",
    "thread": "StoreInBackground",
    "timer": "ArmSilenceWatchdog",
    "mapping": "SpoolReading",
    "session": "LogIn",
    "pool": "Send",
}


class TelemetryTwinsTest(EndToEnd):
    def measure(self, leak, *options):
        """The diff, as JSON, around ROUND readings after a warm-up of as many."""
        broker = Broker(self)
        service = self.start("telemetry", *self.recorded(), TELEMETRY, "--port", broker.port, "--leak", leak,
                             "--report-every", ROUND, *options)
        service.wait_for_line("ready 0")
        pid = wait_until("the service to be a child of mqtrack run", lambda: children_of(service.pid))[0]
        sides = []
        for number in (1, 2):
            broker.publish("telemetry/device/temperature", range(ROUND))
            service.wait_for_line(f"processed {number * ROUND}")
            sides.append(self.snapshot(pid, f"{leak}-{number}"))
        service.stop()
        broker.stop()
        return json.loads(self.mqtrack("diff", *sides, "--format", "json", "-n", "0").stdout)

    def test_sessions(self):
        first = self.measure("session")["sites"][0]
        self.assertEqual(function_name(first["function"]), "LogIn")
        self.assertGreaterEqual(first["growth"], ROUND * 1024)

    def test_pool(self):
        # Every second reading keeps its buffer of 512 bytes.
        first = self.measure("pool")["sites"][0]
        self.assertTrue(first["file"].endswith("unreturned_buffers.cc"), first)
        self.assertGreaterEqual(first["growth"], ROUND // 2 * 512)

    def test_each_repaired_twin(self):
        for leak in MISTAKES:
            # A client's socket may be missing when a snapshot is taken at a reconnect: descriptors and libmosquitto's own.
            options = ["--reconnect-every", "40"] if leak == "subscription" else []
            with self.subTest(leak):
                found = self.measure(leak, "--repaired", *options)
                grown = {other["sample_type"]: other["growth"] for other in found["also_grew"]}
                if leak == "subscription":
                    grown.pop("fds", None)
                self.assertEqual(grown, {})
                ours = sum(row["growth"] for row in found["sites"] if "samples/telemetry" in row["file"])
                self.assertLess(ours, ROUND * 8, found["sites"][:3])

    def test_the_page_names_each(self):
        page = PAGE.read_text()
        for leak, function in MISTAKES.items():
            self.assertIn(f"| `{leak}` |", page)
            self.assertIn(f"`{function}`", page)


if __name__ == "__main__":
    unittest.main()
