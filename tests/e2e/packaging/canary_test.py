"""The staged rollout's judge: brokers with the fixed plugin are the rest, one with the leaky plugin is the canary."""
import subprocess
import sys
import unittest

from harness import paths
from harness.case import EndToEnd

CANARY = paths.SOURCE / "samples" / "pipelines" / "canary.py"
LEAK_BYTES = 700


class CanaryTest(EndToEnd):
    def device(self, name, plugin, messages):
        """Snapshots around `messages` messages of a device with this plugin."""
        broker = self.recorded_broker(plugin, leak_bytes=LEAK_BYTES)
        broker.publish("a/b", range(50))
        before = self.snapshot(broker.pid, f"{name}-before")
        broker.publish("a/b", range(messages))
        after = self.snapshot(broker.pid, f"{name}-after")
        broker.stop()
        return [str(before), str(after)]

    def judge(self, rest, *canaries, expect):
        pairs = [word for pair in canaries for word in ("--canary", *pair)]
        done = subprocess.run([sys.executable, "-B", CANARY, "--mqtrack", paths.MQTRACK, "--rest", *rest, *pairs], capture_output=True,
                              text=True, timeout=300, check=False, env=self.environment)
        self.assertEqual(done.returncode, expect, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_the_rollout(self):
        # Different traffic on each: what counts is what a message leaves.
        rest = self.device("rest", "fixed", 400)
        same = self.device("same", "fixed", 1000)
        leaky = self.device("leaky", "leaky", 200)
        self.assertIn("no more behind", self.judge(rest, same, expect=0))
        found = self.judge(rest, leaky, expect=1)
        self.assertRegex(found, r" 700\.\d bytes for each PUBLISH, where the rest leaves -?0\.\d: .*RememberLastValue")
        # One odd device among several decides nothing.
        self.judge(rest, leaky, same, expect=0)
        idle = self.device("idle", "fixed", 3)
        self.assertIn("at least 100 are needed", self.judge(rest, idle, expect=3))
        self.judge(rest, ["no", "files"], expect=3)


if __name__ == "__main__":
    unittest.main()
