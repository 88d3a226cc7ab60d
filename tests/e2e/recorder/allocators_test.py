"""Programs that bring an allocator of their own: linked dynamically they are recorded to the byte, linked statically the
user is told."""
import os
import subprocess
import unittest

from recording import MQTRACK, Recording

DYNAMIC = ("tcmalloc", "jemalloc", "mimalloc", "copying")
STATIC = ("tcmalloc", "jemalloc")  # Debian has no archive of mimalloc


class Allocators(Recording):
    def built_with(self, allocator):
        program = self.program(f"own_sizes_{allocator}")
        self.assertTrue(os.path.exists(program), f"the {allocator} library was not there when this was built; tests/run.sh "
                        "installs it")
        return program

    def own_sizes(self, allocator):
        """What the program's own code has alive at the end, by size."""
        self.run_both(self.built_with(allocator))
        log = self.log_of(f"own_sizes_{allocator}")
        log.path.unlink()
        # Between these, the C++ library has a pool for exceptions, whose size differs between versions.
        return {size: count for size, count in log.sizes().items() if 50000 <= size <= 53000 or 91000 <= size <= 94100}

    def test_linked_dynamically_they_are_recorded_to_the_byte(self):
        with_glibc = self.own_sizes("glibc")
        self.assertEqual(sum(with_glibc.values()), 4 * (200 * 3 + 4 + 6 + 2))
        for allocator in DYNAMIC:
            with self.subTest(allocator):
                self.assertEqual(self.own_sizes(allocator), with_glibc)

    def test_linked_statically_the_user_is_told(self):
        for allocator in STATIC:
            with self.subTest(allocator):
                program = self.built_with(f"static_{allocator}")
                done = self.run_mqtrack("run", "--snapshot-at-exit", self.folder / "empty.pb.gz", "--", program)
                self.assertEqual(done.stdout, "done\n")
                self.assertIn("brings its own memory allocator", done.stderr)
                self.assertIn("recorded no allocation; it may bring its own allocator", done.stderr)
                gate = self.run_mqtrack("gate", self.folder / "empty.pb.gz", "--max-total", "1GiB", expect=3)
                self.assertIn("no allocation was recorded", gate.stdout)

    def run_mqtrack(self, *arguments, expect=0):
        done = subprocess.run([MQTRACK, *map(str, arguments)], env={**self.plain, "MQTRACK_LOG_DIR": str(self.log_dir)},
                              cwd=self.folder, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, expect, (arguments, done.stdout, done.stderr))
        return done


if __name__ == "__main__":
    unittest.main()
