"""Our unwinder against libunwind inside a real broker: at every malloc, and wherever a timer strikes.

MQTRACK_REFEREE_MESSAGES=n sends n messages (90,000 make a million stacks); the default is for every day.
"""
import os
import re
import signal
import subprocess
import unittest

import real_programs_test
from recording import REFEREE, Recording, find_program

MESSAGES = int(os.environ.get("MQTRACK_REFEREE_MESSAGES", "8000"))


class Referee(Recording):
    start = real_programs_test.RealPrograms.start
    accepts = staticmethod(real_programs_test.RealPrograms.accepts)

    def test_every_allocation_of_a_broker(self):
        port, out = real_programs_test.free_port(), self.folder / "tally"
        config = self.folder / "broker.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n"
                          f"persistence_location {self.folder}/\nmax_queued_messages 0\n")
        broker = self.start(find_program("mosquitto"), "-c", config, ready=lambda: self.accepts(port),
                            environment={**self.plain, "LD_PRELOAD": REFEREE, "MQTRACK_REFEREE_OUT": str(out)})

        def client(name, *words, **options):
            return subprocess.run([find_program(name), "-h", "127.0.0.1", "-p", str(port), "-q", "1", *words], env=self.plain, capture_output=True,
                                  timeout=300, check=True, **options)
        session = ("mosquitto_sub", "-i", "listener", "-c", "-t", "room/#")
        client(*session, "-E")
        for topic in ("room/1", "room/2"):
            client("mosquitto_pub", "-t", topic, "-l", input=b"a message\n" * (MESSAGES // 2))
        self.assertEqual(client(*session, "-C", str(MESSAGES // 2 * 2)).stdout.count(b"a message\n"), MESSAGES // 2 * 2)
        broker.send_signal(signal.SIGUSR1)
        broker.send_signal(signal.SIGTERM)
        self.assertEqual(broker.wait(300), 0)
        said = out.read_text()
        print(said, flush=True)
        found = re.match(r"(\d+) stacks, .*: (\d+) incomplete .*, (\d+) wrong\n(\d+) of .*, (\d+) of these wrong\n"
                         r"(\d+) of .*, (\d+) of these wrong", said)
        stacks, incomplete, wrong, known, wrong_paths, recent, wrong_recent = map(int, found.groups())
        self.assertGreater(stacks, MESSAGES)
        self.assertGreater(known, stacks // 2)
        self.assertEqual((wrong, wrong_paths, wrong_recent), (0, 0, 0))
        self.assertLessEqual(incomplete * 1000, stacks)


if __name__ == "__main__":
    unittest.main()
