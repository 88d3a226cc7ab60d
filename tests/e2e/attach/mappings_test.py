"""Mappings of a process that is attached to: what was there before, as far as it can only be the service's, and all
that is made and unmapped afterwards."""
import pathlib
import sys
import unittest

from attached import Attached, Program

MIB = 1 << 20
MAPPER = f"""
import mmap, sys
file = open(sys.argv[1], "w+b")
file.truncate(8 * {MIB})
before = mmap.mmap(file.fileno(), 4 * {MIB})
hidden = mmap.mmap(-1, {MIB}, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
shared = mmap.mmap(-1, 3 * {MIB})
print("ready", flush=True)
for step, line in enumerate(sys.stdin):
    if step == 0:
        after = mmap.mmap(file.fileno(), 2 * {MIB})
    elif step == 1:
        before.close()
        hidden.close()
    elif step == 2:
        after.resize(5 * {MIB})
        shared.close()
    print("alive", flush=True)
"""


class MappingsTest(Attached):
    def mapped(self, pid, by):
        rows = self.rows("top", pid, "--by", "mapped_space", "--group-by", by)
        return {row["label"]: row["value"] for row in rows}

    def test_before_and_after(self):
        path = self.folder / "spool"
        program = Program(sys.executable, "-c", MAPPER, path)
        self.addCleanup(program.stop)
        self.attach(program.pid)
        self.assertEqual(self.mapped(program.pid, "kind"), {"file": 4 * MIB, "shared": 3 * MIB})
        self.assertEqual({row["function"] for row in self.rows("top", program.pid, "--by", "mapped_space")},
                         {"[before attach]"})
        program.ask()
        self.assertEqual(self.mapped(program.pid, "name")[str(path)], 6 * MIB)
        program.ask()
        self.assertEqual(self.mapped(program.pid, "name")[str(path)], 2 * MIB)
        program.ask()
        self.assertEqual(self.mapped(program.pid, "name")[str(path)], 5 * MIB)
        self.assertNotIn("shared", self.mapped(program.pid, "kind"))
        # A second time: what was mapped under the first recording is there as before the second one.
        self.detach(program.pid)
        program.ask()
        self.attach(program.pid)
        self.assertEqual(self.mapped(program.pid, "kind"), {"file": 5 * MIB})
        program.ask()
        self.detach(program.pid)
        program.end()

    def test_left_out(self):
        program = Program(sys.executable, "-c", MAPPER, self.folder / "spool")
        self.addCleanup(program.stop)
        self.attach(program.pid, "--without", "mappings")
        for _ in range(3):
            program.ask()
        done = self.mqtrack("top", program.pid, "--by", "mapped_space", expect=3)
        self.assertIn("mapped_space were not recorded", done.stderr)
        self.detach(program.pid)
        program.end()

    def test_what_was_set_aside_is_given_back(self):
        """The service may limit its address space after it was detached from."""
        program = self.program("attach_resident")

        def set_aside():
            lines = pathlib.Path(f"/proc/{program.pid}/maps").read_text().splitlines()
            ranges = [line.split()[0].split("-") for line in lines if ".log" in line]
            return sum(int(end, 16) - int(start, 16) for start, end in ranges)
        self.attach(program.pid)
        self.assertGreater(set_aside(), 1 << 30)
        self.detach(program.pid)
        self.assertLess(set_aside(), 64 << 20)
        self.attach(program.pid)
        self.assert_leak_is_found(program)


if __name__ == "__main__":
    unittest.main()
