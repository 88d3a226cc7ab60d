"""mqtrack pack: a snapshot with its files, for somebody who has none of them; and what pretends to be one."""
import gzip
import io
import os
import pathlib
import shutil
import subprocess
import tarfile
import unittest

from elsewhere import Elsewhere

TOP = "mqtrack-pack"


class PackTest(Elsewhere):
    def setUp(self):
        super().setUp()
        self.scratch = self.folder / "tmp"
        self.scratch.mkdir()
        self.environment["TMPDIR"] = str(self.scratch)

    def packed(self):
        """A bundle of a program whose files are gone afterwards."""
        board, program = self.unnamed(strip=True)
        store = self.store(program.with_suffix(".debug"), self.build_id(program), ".debug")
        done = self.mqtrack("pack", board, "-o", "board.mqpack", "--debug-dir", store)
        self.assertEqual(done.stdout, "board.mqpack\n")
        program.unlink()
        shutil.rmtree(store)
        return board, program, done

    def test_another_machine_needs_nothing_else(self):
        board, program, done = self.packed()
        bundle = self.folder / "board.mqpack"
        self.assertRegex(done.stderr, rf"packed [\d.]+ [KMi]*B?.*: {program} \(build id [0-9a-f]+\)")
        self.assertIn(f"debug file of {program}", done.stderr)
        self.assertIn("in all", done.stderr)
        self.assertEqual(bundle.stat().st_mode & 0o777, 0o600)
        with tarfile.open(bundle) as archive:
            self.assertEqual({member.isfile() and member.mode for member in archive}, {0o600})
            names = archive.getnames()
        self.assertIn(f"{TOP}/snapshot.pb.gz", names)
        self.assertTrue(all(name.startswith(f"{TOP}/") for name in names), names)
        self.assert_nameless(self.leak(board))
        self.assert_named(self.leak(bundle))
        subprocess.run(["tar", "xf", bundle], cwd=self.folder, check=True, timeout=300)
        self.assert_named(self.leak(self.folder / TOP))
        self.assert_named(self.leak(TOP))
        self.mqtrack("symbolize", bundle, "-o", "named.pb.gz")
        self.assert_named(self.leak("named.pb.gz"))
        self.mqtrack("report", bundle, "--format", "flame", "-o", "flame.svg")
        self.assertIn("inlined_leak", (self.folder / "flame.svg").read_text())
        self.assertEqual({row["growth"] for row in self.diff(bundle, "named.pb.gz")}, {0})
        self.mqtrack("pack", bundle, "-o", "again.mqpack", "--debug-dir", self.folder / TOP)
        self.assert_named(self.leak("again.mqpack"))
        self.assertEqual(list(self.scratch.iterdir()), [])

    def test_the_same_input_gives_the_same_bytes(self):
        board, _ = self.unnamed()
        self.mqtrack("pack", board, "-o", "one.mqpack")
        self.mqtrack("pack", board, "-o", "two.mqpack")
        self.assertEqual((self.folder / "one.mqpack").read_bytes(), (self.folder / "two.mqpack").read_bytes())

    def test_files_that_are_missing_are_named(self):
        board, program = self.unnamed()
        program.unlink()
        done = self.mqtrack("pack", board, "-o", "board.mqpack")
        self.assertIn(f"left out: {program}: not found", done.stderr)

    def hostile(self, *members, keep=None):
        """What top says of an archive with these members."""
        content = io.BytesIO()
        with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for name, data, changes in members:
                member = tarfile.TarInfo(name)
                member.size = len(data)
                for key, value in changes.items():
                    setattr(member, key, value)
                archive.addfile(member, io.BytesIO(data))
        raw = content.getvalue()
        (self.folder / "hostile.mqpack").write_bytes(gzip.compress(keep(raw) if keep else raw))
        done = self.mqtrack("top", "hostile.mqpack", expect=2)
        self.assertEqual(list(self.scratch.iterdir()), [])
        return done

    def test_hostile_archives(self):
        board, _ = self.unnamed()
        snapshot = (f"{TOP}/snapshot.pb.gz", board.read_bytes(), {})
        link = {"type": tarfile.SYMTYPE, "linkname": "/etc"}
        cases = {
            "out of it": ((f"{TOP}/../../evil", b"x", {}),),
            "absolute": (("/tmp/mqtrack-evil", b"x", {}),),
            "another name": ((f"{TOP}/.build-id/ab/../../../evil", b"x", {}),),
            "a link": ((f"{TOP}/.build-id", b"", link), snapshot),
            "a hard link": ((f"{TOP}/snapshot.pb.gz", b"", {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}),),
            "a device": ((f"{TOP}/snapshot.pb.gz", b"", {"type": tarfile.CHRTYPE}),),
            "twice": (snapshot, snapshot),
            "no snapshot": ((f"{TOP}/.build-id/ab/cdef0123", b"x", {}),),
            "no profile": ((f"{TOP}/snapshot.pb.gz", b"x", {}),),
            "a bundle in a bundle": ((f"{TOP}/snapshot.pb.gz", gzip.compress(bytes(512)), {}),),
        }
        for name, members in cases.items():
            with self.subTest(name):
                self.assert_one_clear_line(self.hostile(*members), "hostile.mqpack")
        self.assertFalse(pathlib.Path("/tmp/mqtrack-evil").exists())

    def test_sizes_that_are_not_true(self):
        def huge(raw):
            changed = bytearray(raw)
            changed[124:136] = b"77777777777\0"  # 8 GiB
            changed[148:156] = b" " * 8
            changed[148:156] = f"{sum(changed[:512]):06o}\0 ".encode()
            return bytes(changed)
        one = (f"{TOP}/.build-id/ab/cdef0123", b"x", {})
        self.assert_one_clear_line(self.hostile(one, keep=huge), "larger than is accepted")
        self.assert_one_clear_line(self.hostile(one, keep=lambda raw: raw[:600]), "cut off or damaged")
        many = [(f"{TOP}/.build-id/ab/{number:08x}", b"", {}) for number in range(5000)]
        self.assert_one_clear_line(self.hostile(*many), "too many files")

    def test_a_cut_off_bundle(self):
        self.packed()
        whole = (self.folder / "board.mqpack").read_bytes()
        (self.folder / "board.mqpack").write_bytes(whole[:len(whole) // 2])
        self.assert_one_clear_line(self.mqtrack("top", "board.mqpack", expect=2), "cut off or damaged")
        self.assertEqual(list(self.scratch.iterdir()), [])

    def test_one_bit_that_flipped(self):
        self.packed()
        whole = bytearray((self.folder / "board.mqpack").read_bytes())
        whole[-6] ^= 1  # of the checksum
        (self.folder / "board.mqpack").write_bytes(whole)
        self.assert_one_clear_line(self.mqtrack("top", "board.mqpack", expect=2), "cut off or damaged")
        self.assertEqual(list(self.scratch.iterdir()), [])

    def test_no_larger_than_can_be_read(self):
        board, program = self.unnamed()
        large = program.with_name("large")  # a file with holes; the program runs
        shutil.copy(program, large)
        os.truncate(large, 5 << 30)
        large.rename(program)
        done = self.mqtrack("pack", board, "-o", "board.mqpack")
        self.assertIn(f"left out: {program}: with it the bundle would be larger than readers accept", done.stderr)
        self.mqtrack("top", "board.mqpack")

    def test_misuse(self):
        board, _ = self.unnamed()
        self.assert_one_clear_line(self.mqtrack("pack", board, "-o", "-", expect=2), "to a file")
        self.assert_one_clear_line(self.mqtrack("pack", board, "-o", self.folder, expect=2), "not a regular file")
        self.assert_one_clear_line(self.mqtrack("pack", board, "-o", "no/such", expect=2), "no/such")
        self.environment["TMPDIR"] = "/no/such"
        self.mqtrack("pack", board, "-o", "board.mqpack")
        self.assert_one_clear_line(self.mqtrack("top", "board.mqpack", expect=2), "/no/such", "unpack")


if __name__ == "__main__":
    unittest.main()
