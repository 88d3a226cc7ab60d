"""Planted leaks and planted things that are none: each case is what the table says. MQTRACK_LONG_TESTS=1: all cases, long."""
import os
import pathlib
import shutil
import tempfile
import unittest

import matrix_loads
import matrix_runs

LONG = os.environ.get("MQTRACK_LONG_TESTS") == "1"
SHORT = ("lost_block", "closure_cycle", "slow_among_churn", "descriptor", "leak_among_backlog", "lru_filling", "daily_rhythm",
         "retained_replaced", "idle_clients", "mosquitto_queue_grows")


class VerdictsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-verdicts-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.cases = [case for case in matrix_runs.cases() if LONG or case.name in SHORT]
        self.assertGreaterEqual(len(self.cases), len(SHORT))
        self.rounds = matrix_loads.ROUNDS if LONG else 6

    def test_each_case(self):
        for case in self.cases:
            with self.subTest(case.name):
                files = matrix_runs.observe(case, self.folder / case.name, self.rounds)
                self.assertEqual(matrix_runs.shape_faults(case, files), [])


if __name__ == "__main__":
    unittest.main()
