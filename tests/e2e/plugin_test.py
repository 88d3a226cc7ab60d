"""A mosquitto plugin that loses a known number of bytes with each message, and its fixed twin."""
import glob
import os
import pwd
import signal
import unittest

from harness.case import EndToEnd, function_name
from harness.processes import is_alive

MESSAGES = 1000
LEAK_BYTES = 1000  # not a size that malloc rounds to: it must be the requested size that is counted
CULPRIT = "RememberLastValue"


class PluginTest(EndToEnd):
    def measure(self, broker, after_target=None):
        """Snapshots before and after MESSAGES messages. The second one is of the broker, or of what after_target says."""
        broker.publish("house/temperature", range(50))
        before = self.snapshot(broker.pid, "before")
        broker.publish("house/temperature", range(MESSAGES))
        after = self.snapshot(after_target() if after_target else broker.pid, "after")
        return before, after

    def assert_leak_is_exact(self, before, after):
        first = self.diff(before, after)[0]
        self.assertEqual(function_name(first["function"]), CULPRIT)
        self.assertEqual(first["growth"], MESSAGES * LEAK_BYTES)
        self.assertEqual(first["object_growth"], MESSAGES)
        self.assertTrue(first["file"].endswith("samples/plugin/last_value_leaky.cc"), first["file"])
        self.assertEqual(first["module"], "leaky_plugin.so")

    def test_first_row_is_the_leaking_function_with_exact_bytes(self):
        self.assert_leak_is_exact(*self.measure(self.recorded_broker("leaky", LEAK_BYTES)))

    def test_gate_fails_and_names_the_function(self):
        before, after = self.measure(self.recorded_broker("leaky", LEAK_BYTES))
        verdict = self.mqtrack("gate", "--base", before, after, "--max-growth", "64KiB", expect=1)
        self.assertIn(CULPRIT, verdict.stdout)
        self.assertIn("last_value_leaky.cc", verdict.stdout)

    def test_gate_passes_the_fixed_plugin(self):
        before, after = self.measure(self.recorded_broker("fixed", LEAK_BYTES))
        self.mqtrack("gate", "--base", before, after, "--max-growth", "64KiB")
        rows = [row for row in self.diff(before, after) if function_name(row["function"]) == CULPRIT]
        self.assertEqual([row["growth"] for row in rows if row["growth"] != 0], [])

    def assert_daemon_is_followed(self, **options):
        broker = self.recorded_broker("leaky", LEAK_BYTES, daemon=True, **options)
        self.assertNotEqual(broker.pid, broker.started.pid)
        self.assert_leak_is_exact(*self.measure(broker))
        return broker

    def test_daemon_is_followed(self):
        self.assert_daemon_is_followed(config=["user root"])

    @unittest.skipUnless(os.getuid() == 0, "only root can drop privileges")
    def test_daemon_that_drops_privileges(self):
        """Debian's default. The daemon may not write where root's log was, so its own is in its user's directory."""
        broker = self.assert_daemon_is_followed()
        self.assertEqual(os.stat(f"/proc/{broker.pid}").st_uid, pwd.getpwnam("mosquitto").pw_uid)
        logs = glob.glob(f"/dev/shm/mqtrack-*/{broker.pid}-*.log")
        self.assertEqual(len(logs), 1)
        broker.stop()
        os.remove(logs[0])

    def test_killed_broker_can_still_be_read(self):
        broker = self.recorded_broker("leaky", LEAK_BYTES)
        pid = broker.pid

        def kill():
            broker.stop(signal.SIGKILL)
            self.assertFalse(is_alive(pid))
            self.assertEqual(broker.started.process.returncode, 128 + signal.SIGKILL)
            return pid

        self.assert_leak_is_exact(*self.measure(broker, after_target=kill))
        self.mqtrack("clean")
        self.mqtrack("snapshot", pid, "-o", "gone.pb.gz", expect=2)

    @unittest.skipUnless(os.getuid() == 0, "only root can drop privileges")
    def test_broker_that_drops_privileges(self):
        broker = self.recorded_broker("leaky", LEAK_BYTES, config=["user mosquitto"])
        with open(f"/proc/{broker.pid}/status", encoding="utf-8") as status:
            uids = next(line for line in status if line.startswith("Uid:")).split()[1:]
        self.assertEqual(set(uids), {str(pwd.getpwnam("mosquitto").pw_uid)})
        self.assert_leak_is_exact(*self.measure(broker))


if __name__ == "__main__":
    unittest.main()
