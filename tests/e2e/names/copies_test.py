"""Copies of one library that are loaded side by side from files that are deleted at once, as plug-ins often are."""
import pathlib
import shutil
import subprocess
import unittest

from named import LIBRARY, LIBRARY_BYTES, LIBRARY_ROUNDS, SERVICE, Named

COPIES = 3


class CopiesTest(Named):
    def rows_of_copies(self, *options, strip=False):
        """Rows of the library's leak, and the service, which has lost every file that it has loaded."""
        program = self.build(SERVICE, "service")
        library = self.build(LIBRARY, "library.so", "-shared", "-fPIC", *options)
        if strip:
            subprocess.run(["strip", library], check=True)
        copies = [self.folder / f"copy-{i}.so" for i in range(COPIES)]
        for copy in copies:
            shutil.copy(library, copy)
        library.unlink()
        service = self.service(program, *(f"gone:{copy}" for copy in copies))
        return [row for row in self.growth(service) if row["function"] != "the_leak"]

    def test_deleted_files_are_read_while_they_are_mapped(self):
        for options in ((), ("-Wl,--build-id=none",)):
            with self.subTest(options):
                row, = self.rows_of_copies(*options)
                self.assertEqual((row["function"], row["growth"]),
                                 ("library_leak", COPIES * LIBRARY_BYTES * LIBRARY_ROUNDS))
                self.assertTrue(row["file"].endswith(LIBRARY), row)
                self.assertEqual([frame["function"] for frame in row["stack"]][:3],
                                 ["library_leak", "library_work", "main"])

    def test_a_nameless_function_is_of_the_module_that_is_shown(self):
        row, = self.rows_of_copies("-DHIDDEN", strip=True)
        self.assertEqual(row["growth"], COPIES * LIBRARY_BYTES * LIBRARY_ROUNDS)
        module = pathlib.Path(row["stack"][0]["module"].removesuffix(" (deleted)")).name
        self.assertEqual(row["function"].split("+")[0], module)

    def test_two_different_files_of_one_name_do_not_mix(self):
        program = self.build(SERVICE, "service")
        for folder, name in (("one", "first_leak"), ("two", "second_leak")):
            (self.folder / folder).mkdir()
            self.build(LIBRARY, f"{folder}/plugin.so", "-shared", "-fPIC", f"-DNAME={name}")
        service = self.service(program, f"gone:{self.folder}/one/plugin.so", f"{self.folder}/two/plugin.so")
        names = {row["function"]: row["growth"] for row in self.growth(service)}
        self.assertEqual(names["first_leak"], LIBRARY_BYTES * LIBRARY_ROUNDS)
        self.assertEqual(names["second_leak"], LIBRARY_BYTES * LIBRARY_ROUNDS)

    def test_sources_are_named_by_the_paths_they_were_compiled_at(self):
        (self.folder / "build").mkdir()
        (self.folder / "source").mkdir()
        shutil.copy(pathlib.Path(__file__).parent / "programs" / SERVICE, self.folder / "source")
        for standard in ("-gdwarf-5", "-gdwarf-4"):
            with self.subTest(standard):
                subprocess.run(["cc", standard, "-O1", f"../source/{SERVICE}", "-o", "service"], check=True,
                               cwd=self.folder / "build", timeout=300)
                row, = self.growth(self.service(self.folder / "build" / "service"))
                self.assertEqual(row["file"], str(self.folder / "source" / SERVICE))


if __name__ == "__main__":
    unittest.main()
