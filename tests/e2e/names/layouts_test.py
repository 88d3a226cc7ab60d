"""Programs and libraries in unusual layouts: the leak has its own name, its line and all of its callers."""
import pathlib
import unittest

from named import LIBRARY, LIBRARY_BYTES, LIBRARY_ROUNDS, SERVICE, Named, Service

GAPS = ("-Wl,-z,max-page-size=0x200000",)
TWO_TEXTS = ("-no-pie", "-Wl,--section-start=.text=0x403000")
LAYOUTS = {
    "plain": (),
    "at fixed addresses": ("-no-pie",),
    "at a high fixed address": ("-no-pie", "-Wl,-Ttext-segment=0x20000000"),
    "with gaps, for huge pages": GAPS,
    "with gaps, at fixed addresses": ("-no-pie", *GAPS),
    "with two executable segments": TWO_TEXTS,
    "without separate code": ("-Wl,-z,noseparate-code",),
    "without separate code, with gaps": ("-Wl,-z,noseparate-code", *GAPS),
    "without relro": ("-Wl,-z,norelro",),
    "with full relro": ("-Wl,-z,now",),
    "without a build id": ("-Wl,--build-id=none",),
    "without a build id, with gaps": ("-Wl,--build-id=none", *GAPS),
    "by lld": ("-fuse-ld=lld",),
    "by lld, with gaps": ("-fuse-ld=lld", *GAPS, "-Wl,-z,separate-loadable-segments"),
    "by lld, in one segment": ("-fuse-ld=lld", "-Wl,--no-rosegment"),
    "by gold": ("-fuse-ld=gold",),
    "by gold, with gaps": ("-fuse-ld=gold", *GAPS),
    "by mold": ("-fuse-ld=mold",),
}


class LayoutsTest(Named):
    def assert_attached(self, *command):
        service = Service(self, command)
        self.mqtrack("attach", "--timeout", 60, "--log-dir", self.log_dir, service.pid)
        rows = self.growth(service, service.pid)
        self.assertEqual(len(rows), 1, rows)
        self.assert_the_leak(rows[0])
        # The program's own segments are not memory that it mapped.
        profile = self.snapshot(service.pid, "mapped")
        mapped = self.rows("top", profile, "--by", "mapped_space", "--all-frames")
        self.assertEqual([row for row in mapped if pathlib.Path(command[0]).name in row["function"]], [])
        service.end()
        for log in self.log_dir.glob("*.log"):
            log.unlink()

    def test_of_programs(self):
        for name, options in LAYOUTS.items():
            with self.subTest(name):
                self.assert_recorded(self.build(SERVICE, "service", *options))

    def test_of_programs_that_are_attached_to(self):
        for options in (GAPS, TWO_TEXTS, ("-no-pie", *GAPS)):
            with self.subTest(options):
                self.assert_attached(self.build(SERVICE, "service", *options))

    def test_libraries(self):
        program = self.build(SERVICE, "service", *GAPS)
        for name, options in {"plain": (), "for huge pages": GAPS, "by lld": ("-fuse-ld=lld", *GAPS),
                              "without a build id": ("-Wl,--build-id=none",),
                              "at an address of its own": ("-Wl,-Ttext-segment=0x7000000000",)}.items():
            with self.subTest(name):
                self.assert_library(program, self.build(LIBRARY, "layout.so", "-shared", "-fPIC", *options))

    def assert_library(self, program, library, prefix="", rows_expected=1):
        service = self.service(program, f"{prefix}{library}")
        rows = {row["function"]: row for row in self.growth(service)}
        self.assertEqual(len(rows), 1 + rows_expected, rows)
        self.assert_the_leak(rows["the_leak"])
        row = rows["library_leak"]
        self.assertEqual(row["growth"], LIBRARY_BYTES * LIBRARY_ROUNDS)
        names = [name for name in self.names(row) if not name.startswith("malloc")]
        self.assertEqual(names[:3], ["library_leak", "library_work", "main"])
        service.end()
        self.log().unlink()

    def test_a_library_in_a_namespace_of_its_own_is_not_recorded(self):
        # It has a C library of its own, which calls no hook.
        program = self.build(SERVICE, "service")
        library = self.build(LIBRARY, "layout.so", "-shared", "-fPIC")
        service = self.service(program, f"new:{library}")
        rows = self.growth(service)
        self.assertEqual(len(rows), 1, rows)
        self.assert_the_leak(rows[0])

    def test_a_static_program_is_refused(self):
        for options in (("-static",), ("-static-pie",)):
            with self.subTest(options):
                program = self.build(SERVICE, "service", *options)
                done = self.mqtrack("run", "--", program, expect=3)
                self.assert_one_clear_line(done, "statically linked")


if __name__ == "__main__":
    unittest.main()
