"""A program at fixed addresses whose call stubs are the addresses of functions for the whole process."""
import unittest

from attached import Attached, Slots
from harness.case import function_name

BYTES, ROUNDS = 3001, 5


class FixedAddressesTest(Attached):
    def assert_recorded(self, program):
        slots = Slots(program.pid)
        bound_by_now = slots.values()
        self.attach(program.pid)
        self.assertLessEqual({"malloc", "free", "calloc", "realloc", "dup", "close", "mmap", "munmap"},
                             {name.partition("@")[0] for name in slots.redirected()})
        before = self.snapshot(program.pid, "before")
        for _ in range(ROUNDS):
            program.ask()
        after = self.snapshot(program.pid, "after")
        rows = [(function_name(row["function"]), row["growth"], row["object_growth"])
                for row in self.diff(before, after) if row["growth"] != 0]
        self.assertEqual(rows, [("keep_one", ROUNDS * BYTES, ROUNDS)])
        for sample_type in ("fds", "mapped_space"):
            rows = [row for row in self.diff(before, after, "--by", sample_type) if row["growth"] != 0]
            self.assertEqual(rows, [], sample_type)
        self.detach(program.pid)
        self.assertEqual(slots.redirected(), [])
        program.ask()
        self.assertEqual(slots.changed(bound_by_now), [])
        program.end()

    def test_whose_functions_are_first_called_after_the_attach(self):
        self.assert_recorded(self.program("attach_fixed_addresses"))

    def test_which_names_the_loader_before_the_c_library(self):
        self.assert_recorded(self.program("attach_loader_first"))

    def test_whose_functions_were_called_before(self):
        program = self.program("attach_fixed_addresses")
        program.ask()
        self.assert_recorded(program)


if __name__ == "__main__":
    unittest.main()
