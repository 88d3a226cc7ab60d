"""What mqtrack leaks calls lost is what LeakSanitizer and memcheck call definitely or indirectly lost, to the block."""
import json
import re
import shutil
import subprocess
import unittest

from harness.case import EndToEnd
from harness.paths import PROGRAMS

SEEDS = (1, 2, 3)


class RefereeTest(EndToEnd):
    def ours(self, seed):
        service = self.start(f"lost_graph-{seed}", *self.recorded(), PROGRAMS / "lost_graph", seed, "wait")
        service.wait_for_line("ready")
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]
        pid = next(process["pid"] for process in listed if process["state"] == "alive")
        lost = json.loads(self.mqtrack("leaks", pid, "--json", expect=1).stdout)["lost"]
        service.stop()
        return lost["bytes"], lost["blocks"]

    def referee(self, *command, env=None):
        done = subprocess.run([str(word) for word in command], env={**self.environment, **(env or {})}, cwd=self.folder,
                              capture_output=True, text=True, timeout=1200)
        return done.stdout + done.stderr

    def test_leak_sanitizer(self):
        for seed in SEEDS:
            with self.subTest(seed):
                said = self.referee(PROGRAMS / "lost_graph_lsan", seed, "end", env={"LSAN_OPTIONS": "max_leaks=0"})
                if "LeakSanitizer has encountered a fatal error" in said or "LeakSanitizer does not work" in said:
                    self.skipTest("LeakSanitizer may not trace here")
                found = re.search(r"SUMMARY: LeakSanitizer: (\d+) byte\(s\) leaked in (\d+) allocation", said)
                self.assertIsNotNone(found, said[-2000:])
                self.assertEqual(self.ours(seed), (int(found[1]), int(found[2])))

    def test_memcheck(self):
        if shutil.which("valgrind") is None:
            self.skipTest("valgrind is not installed")
        said = self.referee("valgrind", "--leak-check=full", PROGRAMS / "lost_graph", SEEDS[0], "end")
        # An interior pointer alone is "possibly lost" to memcheck; there is none among these blocks.
        found = [tuple(int(number.replace(",", "")) for number in re.search(rf"{kind} lost: ([\d,]+) bytes in ([\d,]+) blocks", said).groups())
                 for kind in ("definitely", "indirectly")]
        self.assertEqual(self.ours(SEEDS[0]), tuple(map(sum, zip(*found))), said[-2000:])


if __name__ == "__main__":
    unittest.main()
