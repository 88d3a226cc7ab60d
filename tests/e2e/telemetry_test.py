"""Each classic leak of the sample telemetry service, and the service without one."""
import json
import unittest

from harness.broker import Broker
from harness.case import EndToEnd, function_name
from harness.paths import TELEMETRY
from harness.processes import children_of
from harness.waiting import wait_until

WARM_UP = 100
READINGS = 200
REPORT_EVERY = 50


class TelemetryTest(EndToEnd):
    def measure(self, leak, *options):
        """Snapshots of the service after WARM_UP readings, and after READINGS more."""
        self.broker = Broker(self)
        service = self.start("telemetry", *self.recorded(), TELEMETRY, "--port", self.broker.port, "--leak", leak,
                             "--report-every", REPORT_EVERY, *options)
        service.wait_for_line("ready 0")
        self.pid = wait_until("the service to be a child of mqtrack run", lambda: children_of(service.pid))[0]
        self.feed(service, WARM_UP, WARM_UP)
        before = self.snapshot(self.pid, "before")
        self.feed(service, READINGS, WARM_UP + READINGS)
        self.output = service.out.read_text()
        return before, self.snapshot(self.pid, "after")

    def feed(self, service, count, total):
        # More topics than devices of a real house, each known after the warm-up.
        for device in range(5):
            self.broker.publish(f"telemetry/device-{device}/temperature", range(count // 5))
        service.wait_for_line(f"processed {total}")

    def assert_first_row(self, leak, function, file, least_bytes):
        self.sides = self.measure(leak)
        return self.assert_names(self.diff(*self.sides)[0], function, file, least_bytes)

    def assert_names(self, row, function, file, least):
        self.assertEqual(function_name(row["function"]), function)
        self.assertTrue(row["file"].endswith(f"samples/telemetry/leaks/{file}"), row["file"])
        self.assertGreaterEqual(row["growth"], least)
        return row

    def grown(self):
        """What else grew besides live bytes: type and by how much."""
        table = json.loads(self.mqtrack("diff", *self.sides, "--format", "json").stdout)
        return {other["sample_type"]: other["growth"] for other in table["also_grew"]}

    def assert_guilty_by_objects(self, function, file):
        self.assert_names(self.diff(*self.sides, "--by", "inuse_objects")[0], function, file, 1)

    def assert_also_grew(self, sample_type, growth, function, file):
        """A user who only compares live bytes is told of the other type, and of the function."""
        table = json.loads(self.mqtrack("diff", *self.sides, "--format", "json").stdout)
        [other] = [other for other in table["also_grew"] if other["sample_type"] == sample_type]
        self.assertEqual(other["growth"], growth)
        return self.assert_names(other["most"], function, file, growth)

    def test_queue(self):
        self.assert_first_row("queue", "EnqueueForUpload", "undrained_queue.cc", READINGS * 128)
        self.assert_guilty_by_objects("EnqueueForUpload", "undrained_queue.cc")
        self.assertEqual(self.grown(), {})

    def test_closure(self):
        first = self.assert_first_row("closure", "StartCalibration", "closure_cycle.cc", READINGS * 192)
        self.assertEqual(first["object_growth"], READINGS * 2)  # the request and its callback
        self.assert_guilty_by_objects("StartCalibration", "closure_cycle.cc")
        self.assertEqual(self.grown(), {})

    def test_cache(self):
        self.assert_first_row("cache", "RememberAsSeen", "ever_growing_cache.cc", READINGS * 128)
        self.assert_guilty_by_objects("RememberAsSeen", "ever_growing_cache.cc")
        self.assertEqual(self.grown(), {})
        # The service has named what it was doing.
        first = self.diff(*self.sides, "--group-by", "region")[0]
        self.assertEqual(first["label"], "reading")
        self.assertGreaterEqual(first["growth"], READINGS * 128)

    def test_subscription(self):
        # One reconnect per 20 readings. What was under way is delivered again, so there may be some more.
        self.assert_first_row("subscription", "SubscribeToReplies", "renewed_subscriptions.cc", 9 * 2048)
        self.assert_names(self.diff(*self.sides, "--by", "mqtt_subscriptions")[0], "SubscribeToReplies",
                          "renewed_subscriptions.cc", 9)
        # The socket may have been missing when the first snapshot was taken: a reconnect was due.
        self.assertIn(set(self.grown()), ({"mqtt_subscriptions"}, {"mqtt_subscriptions", "fds"}))

    def test_connection(self):
        self.assert_first_row("connection", "SendAlarm", "kept_connections.cc", READINGS * 4096)
        # Not the constructor that makes the client, but who makes the object that owns it, and keeps it.
        first = self.diff(*self.sides, "--by", "mqtt_clients")[0]
        self.assert_names(first, "SendAlarm", "kept_connections.cc", READINGS)
        # libmosquitto keeps a pair of sockets for each client that is not destroyed, connected or not.
        clients = first["growth"]
        self.assertEqual(self.grown(), {"mqtt_clients": clients, "fds": 2 * clients})
        self.assert_also_grew("fds", 2 * clients, "SendAlarm", "kept_connections.cc")
        picture = self.mqtrack("report", self.sides[1], "--by", "mqtt_clients", "--format", "dot", "-o", "-").stdout
        self.assertRegex(picture, "SendAlarm.* via .*AlarmClient::AlarmClient")

    def test_thread(self):
        self.assert_first_row("thread", "StoreInBackground", "unjoined_threads.cc", READINGS * 2048)
        first = self.diff(*self.sides, "--by", "threads")[0]
        self.assert_names(first, "StoreInBackground", "unjoined_threads.cc", READINGS)
        self.assertEqual(first["growth"], READINGS)
        # All but those that were still at work when the snapshot was taken.
        self.assertGreater(first["unjoined"]["threads"], READINGS)
        self.assertEqual(self.grown(), {"threads": READINGS})
        self.assert_also_grew("threads", READINGS, "StoreInBackground", "unjoined_threads.cc")
        text = self.mqtrack("diff", *self.sides, "--by", "threads").stdout
        self.assertIn("ended and were never joined; their stacks hold", text)
        self.mqtrack("gate", "--base", *self.sides, "--max-growth", "threads=0", expect=1)

    def test_timer(self):
        self.assert_first_row("timer", "ArmSilenceWatchdog", "armed_timers.cc", READINGS * 512)
        first = self.diff(*self.sides, "--by", "timers")[0]
        self.assert_names(first, "ArmSilenceWatchdog", "armed_timers.cc", READINGS)
        self.assertEqual(first["growth"], READINGS)
        self.assert_also_grew("timers", READINGS, "ArmSilenceWatchdog", "armed_timers.cc")
        self.assertEqual(self.grown(), {"timers": READINGS})
        states = self.rows("top", self.sides[1], "--by", "timers", "--group-by", "state")
        self.assertEqual({row["label"]: row["value"] for row in states}, {"one_shot": WARM_UP + READINGS})

    def test_mapping(self):
        self.sides = self.measure("mapping")
        first = self.diff(*self.sides, "--by", "mapped_space")[0]
        self.assert_names(first, "SpoolReading", "kept_mappings.cc", READINGS)
        self.assertEqual(first["growth"], READINGS * 64 * 1024)
        self.assert_also_grew("mapped_space", READINGS * 64 * 1024, "SpoolReading", "kept_mappings.cc")
        names = self.rows("top", self.sides[1], "--by", "mapped_space", "--group-by", "name")
        self.assertEqual([(row["label"], row["value"]) for row in names if row["label"].endswith("spool")],
                         [("/memfd:spool", (WARM_UP + READINGS) * 64 * 1024)])
        self.mqtrack("gate", "--base", *self.sides, "--max-growth", "mapped_space=64KiB", expect=1)
        self.mqtrack("gate", "--base", *self.sides, "--max-growth", "mapped_space=1GiB")

    def test_none_is_flat(self):
        before, after = self.sides = self.measure("none")
        # The reading at hand when a snapshot is taken may be counted; a leak of one byte per reading would be seen.
        self.assertLess(sum(row["growth"] for row in self.diff(before, after)), READINGS)
        self.assertEqual(self.grown(), {})
        self.mqtrack("gate", "--base", before, after, "--max-growth",
                     "inuse_space=1KiB,inuse_objects=20,threads=0,timers=0,fds=0,mqtt_subscriptions=0,mqtt_clients=0,"
                     "mapped_space=0")


if __name__ == "__main__":
    unittest.main()
