"""mqtrack attach, killed at a random instant: the service goes on, and can be attached to afterwards."""
import random
import subprocess
import time
import unittest

from attached import LONG, Attached
from harness import paths
from harness.broker import Broker
from harness.waiting import wait_until
from traffic import Traffic

ROUNDS = 500 if LONG else 15
SEED = 20  # fixed, so that a failure can be repeated; what the machine does in between differs anyway


class KilledTest(Attached):
    def kill_half_way(self, verb, pid, after_seconds):
        """True if it was killed before it had ended by itself."""
        options = ["--log-dir", self.log_dir] if verb == "attach" else []
        command = subprocess.Popen([paths.MQTRACK, verb, *map(str, options), str(pid)], env=self.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(after_seconds)  # the point of this test: any instant
        command.kill()
        return command.wait() != 0

    def state(self, pid):
        """Whether the recorder is in there, and active: what the next attach says tells. None: it is being loaded."""
        done = subprocess.run([paths.MQTRACK, "attach", "--timeout", "60", "--log-dir", str(self.log_dir), str(pid)],
                              env=self.environment, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode == 0:
            return "attached now"
        if "try again" in done.stderr:
            return None
        self.assertIn("is recorded already", done.stderr)
        return "attached before"

    def killed_rounds(self, pid, ask, rounds):
        """Kills at instants from the start to a little after the usual end."""
        chance = random.Random(SEED)
        start = time.monotonic()
        self.attach(pid)
        usual = time.monotonic() - start
        self.detach(pid)
        killed, before = 0, 0
        for _ in range(rounds):
            killed += self.kill_half_way("attach", pid, chance.uniform(0, usual * 1.2))
            ask()
            # What it had begun in the service ends by itself.
            state = wait_until("an attach to succeed, or to have succeeded", lambda: self.state(pid))
            before += state == "attached before"
            ask()
            self.kill_half_way("detach", pid, chance.uniform(0, usual * 1.2))
            ask()
            subprocess.run([paths.MQTRACK, "detach", "--timeout", "60", str(pid)], env=self.environment,
                           capture_output=True, check=False, timeout=300)
            ask()
        print(f"{killed} of {rounds} attaches were killed half-way; {before} of all had taken effect")

    def test_threads_that_allocate(self):
        program = self.program("attach_hammer", 4)
        self.killed_rounds(program.pid, program.ask, ROUNDS // 3)
        program.end()

    def test_waits_go_on(self):
        program = self.program("attach_waits", "tracer-may-die")
        self.killed_rounds(program.pid, program.ask, ROUNDS // 3)
        self.assertEqual(program.end(), "all waits ended well\n")

    def test_broker_under_traffic(self):
        broker = Broker(self, config=["user root"])
        traffic = Traffic(broker.port)
        self.addCleanup(traffic.close)
        self.killed_rounds(broker.pid, lambda: traffic.run_for(100), ROUNDS - 2 * (ROUNDS // 3))


if __name__ == "__main__":
    unittest.main()
