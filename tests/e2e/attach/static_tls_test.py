"""Static TLS that the C library sets aside for libraries which come late: what of it the recorder takes, and what happens
where none is left. Debian's libjemalloc needs more than there is, with and without the recorder."""
import subprocess
import unittest

from attached import Attached, Program
from harness import paths

ALL, MOST = 1600, 1400  # bytes: what fits without the recorder; what must fit beside it (glibc sets 1,664 aside)


class StaticTlsTest(Attached):
    def library(self, size):
        return paths.PROGRAMS / f"tls_{size}.so"

    def plain_host(self):
        """One without the recorder that loads the largest library; the test is skipped where it cannot."""
        program = self.program("attach_tls_host")
        try:
            program.ask(self.library(ALL))
        except AssertionError as refusal:
            self.skipTest(f"this C library sets less static TLS aside: {refusal}")
        return program

    def test_a_recorder_that_was_preloaded_takes_none(self):
        self.plain_host()
        program = Program(*self.recorded("-q"), paths.PROGRAMS / "attach_tls_host")
        self.addCleanup(program.stop)
        program.ask(self.library(ALL))
        program.end()

    def test_one_that_is_attached_leaves_most(self):
        self.plain_host()
        program = self.program("attach_tls_host")
        self.attach(program.pid)
        program.ask(self.library(MOST))
        self.assert_detached_cleanly(program)

    def test_where_none_is_left_nothing_is_changed(self):
        program = self.plain_host()
        done = self.attach(program.pid, expect=3)
        self.assert_one_clear_line(done, "cannot allocate memory in static TLS block", "nothing was changed", "mqtrack run",
                                   "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=")
        program.ask()
        program.end()

    def test_jemalloc_cannot_be_loaded_late_by_anybody(self):
        listed = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
        if "libjemalloc.so.2" not in listed:
            self.skipTest("libjemalloc2 is not installed")
        said = []
        for prefix in ((), self.recorded("-q")):
            program = Program(*prefix, paths.PROGRAMS / "attach_tls_host")
            self.addCleanup(program.stop)
            program.process.stdin.write("libjemalloc.so.2\n")
            program.process.stdin.flush()
            said.append(program.read_line())
        self.assertEqual(said[0], said[1])


if __name__ == "__main__":
    unittest.main()
