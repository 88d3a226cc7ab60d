"""Heap files that gperftools and jemalloc wrote themselves go through top, diff and gate."""
import glob
import os
import subprocess
import unittest

from harness.case import EndToEnd, function_name
from harness.paths import PROGRAMS

GROWTH = 300 * 1000  # heap_maker keeps 300 more reports of 1000 bytes


def find_library(name):
    found = glob.glob(f"/usr/lib/*/{name}")
    if not found:
        raise AssertionError(f"{name} is not installed; tests/run.sh installs it")
    return found[0]


class ForeignHeapTest(EndToEnd):
    def make_heaps(self, library, **environment):
        done = subprocess.run([PROGRAMS / "heap_maker"], cwd=self.folder, capture_output=True, text=True, timeout=300,
                              env={**os.environ, "LD_PRELOAD": find_library(library), **environment}, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, "dumped\n"), done.stderr)

    def assert_reports_grew(self, before, after, lowest, highest):
        first = self.diff(before, after)[0]
        self.assertEqual(function_name(first["function"]), "KeepReport")
        self.assertTrue(first["file"].endswith("heap_maker.cc"), first["file"])
        self.assertGreaterEqual(first["growth"], lowest)
        self.assertLessEqual(first["growth"], highest)
        self.assertEqual(function_name(self.rows("top", after)[0]["function"]), "KeepReport")
        self.mqtrack("gate", "--base", before, after, "--max-growth", "1KiB", expect=1)
        self.mqtrack("gate", "--base", before, after, "--max-growth", "1GiB")

    def test_gperftools(self):
        self.make_heaps("libtcmalloc.so.4", HEAPPROFILE=str(self.folder / "heap"), HEAPPROFILESIGNAL="12")
        before, after = sorted(self.folder.glob("heap.*.heap"))[:2]
        self.assertTrue(before.read_bytes().startswith(b"heap profile:"))
        self.assert_reports_grew(before, after, GROWTH, GROWTH)

    def test_jemalloc(self):
        self.make_heaps("libjemalloc.so.2", MALLOC_CONF="prof:true,lg_prof_sample:0")
        before, after = self.folder / "first.heap", self.folder / "second.heap"
        self.assertTrue(before.read_bytes().startswith(b"heap_v2/"))
        # Where both go to one file, as in a container, its messages stand before the profile.
        prefixed = self.folder / "prefixed.heap"
        prefixed.write_bytes(b"broker started\n<jemalloc>: Leak approximation summary: ~1 bytes\n" + after.read_bytes())
        self.assertEqual(self.rows("top", prefixed), self.rows("top", after))
        # jemalloc counts its size class, 1024 for 1000, and every block when the sampling interval is one byte.
        self.assert_reports_grew(before, after, GROWTH, GROWTH // 1000 * 1024)

    def test_named_by_the_perl_pprof(self):
        self.make_heaps("libtcmalloc.so.4", HEAPPROFILE=str(self.folder / "heap"), HEAPPROFILESIGNAL="12")
        heap = sorted(self.folder.glob("heap.*.heap"))[1]
        named = self.folder / "named.raw"
        with named.open("wb") as file:
            subprocess.run(["google-pprof", "--raw", PROGRAMS / "heap_maker", heap], stdout=file, timeout=300, check=True,
                           stderr=subprocess.DEVNULL)
        self.assertTrue(named.read_bytes().startswith(b"--- symbol"))
        exact, row = self.rows("top", heap)[0], self.rows("top", named)[0]
        self.assertEqual((function_name(row["function"]), row["value"]), ("KeepReport", exact["value"]))


if __name__ == "__main__":
    unittest.main()
