"""The log of a service with one thread follows its live set down as well as up, and is exact all the while."""
import collections
import subprocess
import unittest

from recorder_log import RecorderLog
from recording import Recording

BLOCKS = 1_000_000
KEPT = BLOCKS // 100


class Shrink(Recording):
    def start(self):
        service = subprocess.Popen([self.program("burst"), str(BLOCKS)], env=self.recorded, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(service.wait)
        self.addCleanup(service.stdout.close)
        self.addCleanup(service.kill)
        return service

    @staticmethod
    def tell(service, word):
        """Has it done; what it says of it."""
        service.stdin.write(word + "\n")
        service.stdin.flush()
        answer = service.stdout.readline()
        assert answer.startswith(word), answer
        return answer.strip()

    def look(self, numbers):
        """What the log occupies, when the blocks of these numbers are alive and nothing else of their sizes is missing."""
        (path,) = self.log_dir.glob("*.log")
        log = RecorderLog(path)
        self.assert_exact(log)
        expected = collections.Counter(24 + i % 100 for i in numbers)
        found = log.sizes()
        # Two more are the program's own: its table, and the buffer of stdout.
        self.assertEqual(sum((expected - found).values()), 0)
        self.assertLessEqual(sum((found - expected).values()), 2)
        occupied = path.stat().st_blocks * 512
        self.assertEqual(occupied, log.reserved_bytes)
        return occupied

    def test_a_burst_leaves_little(self):
        service = self.start()
        peaks, rests = [], []
        for _ in range(3):
            self.tell(service, "up")
            peaks.append(self.look(range(BLOCKS)))
            print(self.tell(service, "down"), flush=True)
            rests.append(self.look(range(0, BLOCKS, 100)))
        self.snapshot(next(self.log_dir.glob("*.log")))
        service.stdin.close()
        self.assertEqual(service.wait(timeout=300), 0)
        print(f"{BLOCKS} blocks: {peaks[0] >> 20} MiB of log; {KEPT} left: {rests[0] >> 10} KiB", flush=True)
        self.assertEqual(len(set(peaks)), 1, "the second burst finds what the first one took")
        self.assertLess(max(peaks), BLOCKS * 48)
        self.assertLess(max(rests), 5 << 20)
        log = self.log_of("burst")
        self.assertGreater(log.withdrawals, 5)
        self.assertEqual(log.inserted - log.removed, len(log.blocks) + len(log.others))
        self.assertGreaterEqual(log.inserted, BLOCKS + 2 * (BLOCKS - KEPT) + 300_000)


if __name__ == "__main__":
    unittest.main()
