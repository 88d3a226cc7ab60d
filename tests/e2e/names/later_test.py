"""Names for snapshots of another machine: mqtrack symbolize."""
import os
import pathlib
import shutil
import sys
import unittest

from elsewhere import Elsewhere

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from cli_profiles import Strings, field  # pylint: disable=wrong-import-position
import gzip  # pylint: disable=wrong-import-position


class LaterTest(Elsewhere):
    def symbolize(self, *arguments, expect=0):
        return self.mqtrack("symbolize", *arguments, expect=expect)

    def test_a_file_below_the_sysroot_names_as_on_its_own_machine(self):
        for options in ((), ("-no-pie",)):
            with self.subTest(options):
                board, program = self.unnamed(*options)
                self.mqtrack("snapshot", self.log(), "-o", "direct.pb.gz")
                root = self.folder / "root"
                there = root / str(program)[1:]
                there.parent.mkdir(parents=True, exist_ok=True)
                program.rename(there)
                done = self.symbolize(board, "-o", "named.pb.gz", "--sysroot", root)
                self.assertEqual(done.stdout, "named.pb.gz\n")
                self.assertRegex(done.stderr, r"named \d+ of \d+ frames, \d+ of them with file and line")
                self.assert_named(self.leak("named.pb.gz"))
                self.assertEqual(self.leak("named.pb.gz"), self.leak("direct.pb.gz"))
                self.assert_nameless(self.leak(board))

    def test_stores_of_build_ids(self):
        board, program = self.unnamed(strip=True)
        build_id = self.build_id(program)
        debug = program.with_suffix(".debug")
        client = self.folder / "client" / build_id
        client.mkdir(parents=True)
        shutil.copy(debug, client / "debuginfo")
        shutil.copy(program, client / "executable")
        store = self.store(debug, build_id, ".debug")
        self.store(program, build_id, "")
        for folder in (store, self.folder / "client"):
            with self.subTest(folder):
                done = self.symbolize(board, "-o", "named.pb.gz", "--debug-dir", folder)
                self.assertNotIn(f"{program} {build_id}", done.stderr)
                self.assert_named(self.leak("named.pb.gz"))

    def test_a_file_of_another_build_is_refused(self):
        board, program = self.unnamed()
        program.unlink()
        self.build("inlined_service.c", program.name, "-DOTHER", "-O2")
        done = self.symbolize(board, "-o", "named.pb.gz")
        self.assertIn(f"{program}: is not the file that was recorded: not named", done.stderr)
        self.assertIn("build ids missing: ", done.stderr)
        self.assertIn(str(program), done.stderr.split("build ids missing: ")[1])
        self.assert_nameless(self.leak("named.pb.gz"))

    def test_without_a_build_id_nothing_is_named(self):
        board, program = self.unnamed("-Wl,--build-id=none")
        self.assertTrue(program.exists())
        done = self.symbolize(board, "-o", "named.pb.gz")
        self.assertIn("was recorded without a build id", done.stderr)
        self.assert_nameless(self.leak("named.pb.gz"))

    def test_what_is_partly_named_gets_the_rest_in_place(self):
        _, program = self.unnamed(strip=True)
        self.mqtrack("snapshot", self.log(), "-o", "part.pb.gz")
        self.assert_nameless(self.leak("part.pb.gz"))
        part = self.folder / "part.pb.gz"
        part.chmod(0o600)
        store = self.store(program.with_suffix(".debug"), self.build_id(program), ".debug")
        notes = self.symbolize("part.pb.gz", "-o", "part.pb.gz", "--debug-dir", store).stderr
        self.assertNotIn(f"{program}: stripped", notes)
        self.assert_named(self.leak("part.pb.gz"))
        self.assertEqual(part.stat().st_mode & 0o777, 0o600)
        self.assertEqual(list(self.folder.glob("part.pb.gz.*")), [])
        # Once more, where there is nothing: what has names keeps them.
        shutil.rmtree(store)
        program.unlink()
        self.symbolize("part.pb.gz", "-o", "part.pb.gz")
        self.assert_named(self.leak("part.pb.gz"))

    def bare(self, build_id=""):
        """A profile of one address, with or without the file that it lies in."""
        strings = Strings()
        message = field(1, field(1, strings["space"]) + field(2, strings["bytes"]))
        message += field(2, field(1, b"\1") + field(2, b"\7"))
        inside = b""
        if build_id:
            message += field(3, field(1, 1) + field(2, 0x1000) + field(3, 0x9000) + field(5, strings["/opt/board/gateway"])
                             + field(6, strings[build_id]))
            inside = field(2, 1)
        message += field(4, field(1, 1) + inside + field(3, 0x1234))
        for text in strings.known:
            message += field(6, text.encode())
        (self.folder / "bare.pb.gz").write_bytes(gzip.compress(message))

    def test_nothing_could_be_named(self):
        self.bare("ab" * 20)
        done = self.symbolize("bare.pb.gz", "-o", "named.pb.gz", expect=3)
        self.assertIn("named 0 of 1 frames", done.stderr)
        self.assertIn(f"build ids missing: /opt/board/gateway {'ab' * 20} (1 without a name)", done.stderr)
        self.assertIn("get them: copy the files", done.stderr)
        self.assertTrue((self.folder / "named.pb.gz").exists())

    def test_the_packages_of_the_sysroot(self):
        board, program = self.unnamed(strip=True)
        root = self.folder / "root"
        there = root / str(program)[1:]
        there.parent.mkdir(parents=True)
        shutil.copy(program, there)
        libc = pathlib.Path(os.path.realpath("/lib/x86_64-linux-gnu/libc.so.6"))  # so that some frames have names
        (root / str(libc)[1:]).parent.mkdir(parents=True)
        shutil.copy(libc, root / str(libc)[1:])
        lists = root / "var/lib/dpkg/info"
        lists.mkdir(parents=True)
        (lists / "gateway:amd64.list").write_text(f"/.\n{program}\n")
        (lists / "-o evil.list").write_text(f"{program}\n")
        os.mkfifo(lists / "pipe.list")
        (root / "etc").mkdir()
        (root / "etc/os-release").write_text("ID=debian\nVERSION_CODENAME=trixie\n")
        done = self.symbolize(board, "-o", "named.pb.gz", "--sysroot", root)
        self.assertIn("get them: apt-get download gateway-dbgsym (suite trixie-debug", done.stderr)
        self.assertNotIn("evil", done.stderr)

    def test_addresses_without_files(self):
        self.bare()
        done = self.symbolize("bare.pb.gz", "-o", "named.pb.gz", expect=2)
        self.assert_one_clear_line(done, "bare.pb.gz: its addresses cannot be named", "no mappings")
        self.assertFalse((self.folder / "named.pb.gz").exists())

    def test_misuse(self):
        (self.folder / "text").write_text("no profile\n")
        self.assert_one_clear_line(self.symbolize("text", "-o", "x", expect=2), "neither a log nor a profile")
        self.assert_one_clear_line(self.symbolize("gone.pb.gz", "-o", "x", expect=2), "no such file")
        board, _ = self.unnamed()
        self.assert_one_clear_line(self.symbolize(board, expect=2), "--output is missing")
        self.assert_one_clear_line(self.symbolize(board, "-o", "no/such/x", expect=2), "no/such")
        self.assert_one_clear_line(self.symbolize(board, "-o", "x", "--debuginfod-all", expect=2), "--debuginfod")


if __name__ == "__main__":
    unittest.main()
