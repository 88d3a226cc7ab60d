"""The log holds what is alive, not what happened: 100 million allocations leave it as large as one million did."""
import unittest

from harness.case import EndToEnd, function_name
from harness.paths import PROGRAMS
from harness.processes import children_of
from harness.waiting import wait_until

THREADS = 2
PAIRS = 100_000_000
SECONDS = 900


class FlatLogTest(EndToEnd):
    def occupied_bytes(self):
        """What the only log here really occupies."""
        (log,) = self.log_dir.glob("*.log")
        return log.stat().st_blocks * 512

    def test_size_follows_what_is_alive(self):
        program = self.start("churn", *self.recorded(), PROGRAMS / "churn", THREADS, PAIRS)
        program.wait_for_line("warm")
        warm = self.occupied_bytes()
        wait_until("churn to be done", lambda: "done\n" in program.out.read_text(), SECONDS)
        self.assertEqual(self.occupied_bytes(), warm)
        self.assertLess(warm, 64 << 20)

        after = self.snapshot(children_of(program.pid)[0], "after")
        top = {function_name(row["function"]): row for row in self.rows("top", after, "--by", "alloc_objects")}
        self.assertEqual(top["Replace"]["value"], PAIRS)


if __name__ == "__main__":
    unittest.main()
