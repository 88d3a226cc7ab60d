"""Planted leaks and planted things that are none: each case is what the table says, and mqtrack diagnose tells them apart.
MQTRACK_LONG_TESTS=1: all cases, at all lengths of observation."""
import os
import pathlib
import shutil
import tempfile
import unittest

import matrix_loads
import matrix_runs

LONG = os.environ.get("MQTRACK_LONG_TESTS") == "1"
SHORT = ("lost_block", "closure_cycle", "slow_among_churn", "descriptor", "leak_beside_drained", "lru_filling", "retained_replaced",
         "thread_never_joined", "fragmentation", "mosquitto_queue_is_drained")
LENGTHS = (3, 6, matrix_loads.ROUNDS) if LONG else (3, 6)


class VerdictsTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-verdicts-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.cases = [case for case in matrix_runs.cases() if LONG or case.name in SHORT]
        self.assertGreaterEqual(len(self.cases), len(SHORT))

    def test_each_case(self):
        for case in self.cases:
            with self.subTest(case.name):
                self.watch(case)

    def watch(self, case):
        judged = []

        def look(scratch, pid, files):
            if len(files) in LENGTHS:
                judged.append(matrix_runs.diagnose_running(case, scratch, pid, files))
        files = matrix_runs.observe(case, self.folder / case.name, max(LENGTHS), look)
        self.assertEqual(matrix_runs.shape_faults(case, files), [])
        for length in LENGTHS:
            judged.append(matrix_runs.diagnose(case, files, length))
        for judgement, said in judged:
            self.assertTrue(judgement.is_good(), f"{judgement.words()}: {judgement.faults}\n{said}")


if __name__ == "__main__":
    unittest.main()
