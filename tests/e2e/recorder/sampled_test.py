"""A sampled recording through the hooks: most calls are passed through without a guard, and the estimate is still that
of a known workload, within five of its own standard errors."""
import math
import unittest

from recording import Recording, library

INTERVAL = 64 << 10


class Sampled(Recording):
    def churn(self, threads, keep_one_in, preload=()):
        """The log, and what the program says of itself: bytes kept, and the range of its code."""
        self.recorded["MQTRACK_SAMPLE"] = str(INTERVAL)
        done = self.run_recorded("sampled", threads, 400_000, keep_one_in, preload=preload)
        kept, begin, end = map(int, done.stdout.split())
        log = self.log_of("sampled")
        own = [block for block in log.blocks if begin <= self.caller(log, block) < end]
        return log, own, kept

    @staticmethod
    def caller(log, block):
        """The return address of the call that made the block."""
        _, addresses = log.stack(block)
        return addresses[0] if addresses else 0

    def assert_estimated(self, blocks, kept):
        chances = [1 - math.exp(-block.bytes / INTERVAL) for block in blocks]
        estimate = sum(block.bytes / chance for block, chance in zip(blocks, chances))
        error = math.sqrt(sum((block.bytes / chance) ** 2 * (1 - chance) for block, chance in zip(blocks, chances)))
        self.assertLess(error, kept / 10, "too few samples to say anything")
        self.assertLess(abs(estimate - kept), 5 * error, (estimate, kept, len(blocks)))

    def test_what_is_kept(self):
        for threads in 1, 3:
            with self.subTest(threads=threads):
                for path in self.log_dir.glob("*.log"):
                    path.unlink()
                _, blocks, kept = self.churn(threads, 10)
                self.assert_estimated(blocks, kept)

    def test_an_allocator_of_its_own(self):
        _, blocks, kept = self.churn(2, 10, preload=[library("libjemalloc.so.2")])
        self.assert_estimated(blocks, kept)

    def test_every_sampled_block_that_is_freed_is_forgotten(self):
        log, blocks, kept = self.churn(1, 0)
        self.assertEqual((kept, blocks), (0, []))
        self.assertGreater(log.inserted, 8000, "hardly anything was sampled")
        self.assertLess(len(log.blocks), 5)


if __name__ == "__main__":
    unittest.main()
