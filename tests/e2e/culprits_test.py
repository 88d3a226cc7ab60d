"""Leaks in the shapes that real ones had: the function that loses is the first row, and after the repair there is no row."""
import subprocess
import unittest

from harness.case import EndToEnd
from harness.paths import PROGRAMS
from harness.processes import children_of
from harness.waiting import wait_until

ROUNDS = 300


class CulpritsTest(EndToEnd):
    def growth(self, shape, version, by):
        """Rows that grew by at least one object per ten rounds: tables that are made once do not count."""
        command = [str(word) for word in (*self.recorded(), PROGRAMS / "leak_shapes", shape, version)]
        process = subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.stdout.close)

        def rounds(number):
            process.stdin.write(f"{number}\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), "done\n")
        rounds(10)
        pid = wait_until("the program to be a child of mqtrack run", lambda: children_of(process.pid))[0]
        before = self.snapshot(pid, f"{shape}-{version}-before")
        rounds(ROUNDS)
        after = self.snapshot(pid, f"{shape}-{version}-after")
        options = ["--by", by] if by else []
        return [row for row in self.diff(before, after, *options) if row["growth"] > 0]

    def assert_named(self, shape, function, growth=None, by=None):
        leaky = self.growth(shape, "leaky", by)
        self.assertEqual([row["function"] for row in leaky], [function])
        if growth is not None:
            self.assertEqual(leaky[0]["growth"], growth * ROUNDS)
        self.assertEqual(self.growth(shape, "repaired", by), [])

    def test_a_builder_of_properties(self):
        self.assert_named("builder", "send__connect", 2 * 24)

    def test_properties_that_are_read_for_the_caller(self):
        self.assert_named("read_all", "handle__publish", 24 + len("the answer goes to this topic, please") + 1)

    def test_an_array_made_anew_in_a_loop(self):
        self.assert_named("array", "handle__unsubscribe", 10 * 10 + 20)

    def test_names_of_the_first_versions(self):
        self.assert_named("old_names", "mqtt3_handle_connect", len("a password that the certificate makes needless") + 1)

    def test_who_links_what_it_makes_into_a_tree_is_to_blame_itself(self):
        """The repair stands in its caller, retain__store; what was lost was made here."""
        self.assert_named("tree", "retain__add_hier_entry", 56)

    def test_a_book_of_all_blocks(self):
        self.assert_named("book", "MQTTAsync_connect", len("gone, and nobody knows whether it will come back") + 1 + 16)

    def test_addresses_of_the_c_library(self):
        self.assert_named("addresses", "Socket_new")

    def test_sockets(self):
        self.assert_named("sockets", "socketpair_connect_init", 2, by="fds")


if __name__ == "__main__":
    unittest.main()
