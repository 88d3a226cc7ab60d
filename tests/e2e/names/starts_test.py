"""Programs that are started in unusual ways, and those whose files are gone: named all the same."""
import os
import shutil
import unittest

from named import BYTES, ROUNDS, SERVICE, Named

LOADER = "/lib64/ld-linux-x86-64.so.2"
GAPS = ("-Wl,-z,max-page-size=0x200000",)
TWO_TEXTS = ("-no-pie", "-Wl,--section-start=.text=0x403000")


class StartsTest(Named):
    def test_programs_that_the_loader_is_told_to_start(self):
        for options in ((), GAPS, TWO_TEXTS):
            with self.subTest(options):
                self.assert_recorded(LOADER, self.build(SERVICE, "service", *options))

    def test_a_program_that_is_only_a_descriptor(self):
        program = self.build(SERVICE, "service")
        descriptor = os.open(program, os.O_RDONLY)
        self.addCleanup(os.close, descriptor)
        self.assert_recorded(f"/proc/self/fd/{descriptor}", pass_fds=(descriptor,))
        # One that is in no directory at all; the service is read through /proc as long as it runs.
        memory = os.memfd_create("service", 0)
        self.addCleanup(os.close, memory)
        os.write(memory, program.read_bytes())
        self.assert_recorded(f"/proc/self/fd/{memory}", pass_fds=(memory,))

    def test_a_program_that_was_deleted_or_replaced(self):
        for name in ("deleted", "replaced"):
            with self.subTest(name):
                program = self.build(SERVICE, "service")
                service = self.service(program)
                program.unlink()
                if name == "replaced":
                    shutil.copy("/bin/true", program)
                rows = self.growth(service)
                self.assertEqual(len(rows), 1, rows)
                self.assert_the_leak(rows[0])
                service.end()
                self.log().unlink()

    def test_a_program_without_a_build_id_that_was_replaced_after_it_ended(self):
        """Nothing tells the files apart but that the new one is younger: no name is better than another's."""
        program = self.build(SERVICE, "service", "-Wl,--build-id=none")
        service = self.service(program)
        service.work()
        service.end()
        right = self.rows("top", self.log())
        self.assertIn("the_leak", [row["function"] for row in right], "the file is as it was")
        other = self.build(SERVICE, "other", "-Wl,--build-id=none", "-O2", "-DMQTRACK_OTHER", "-fno-inline")
        os.rename(other, program)
        rows = self.rows("top", self.log())
        self.assertEqual({row["function"] for row in rows if row["file"].endswith("layout_service.c")}, set())
        done = self.mqtrack("snapshot", self.log(), "-o", "replaced.pb.gz")
        self.assertIn("has changed since it was recorded", done.stdout + done.stderr)

    def test_a_program_without_unwind_tables_says_so(self):
        program = self.build(SERVICE, "service", "-fno-asynchronous-unwind-tables", "-fno-unwind-tables",
                             "-fomit-frame-pointer")
        service = self.service(program)
        rows = self.growth(service)
        row, = [row for row in rows if row["function"] == "the_leak"]
        self.assertEqual((row["growth"], row["object_growth"]), (BYTES * ROUNDS, ROUNDS))
        done = self.mqtrack("diff", self.folder / "before.pb.gz", self.folder / "after.pb.gz")
        self.assertIn("one frame", done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
