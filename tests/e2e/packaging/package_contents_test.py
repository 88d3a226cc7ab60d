"""The tarball of the source is always the same bytes and builds without git; every installed file is in one package."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import unittest

from harness import paths

PACKAGING = paths.SOURCE / "cmake" / "packaging"


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=True, **options).stdout


class PackageContentsTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="with blank ")
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)

    def tarball(self, name, script=PACKAGING / "tarball.sh", **variables):
        """The path, and a hash of the bytes."""
        path = pathlib.Path(run(script, "-o", self.folder / name, env={**os.environ, **variables}).strip())
        return path, hashlib.sha256(path.read_bytes()).hexdigest()

    def test_the_same_source_is_the_same_tarball(self):
        # What is unpacked has no git; the time of the last commit is said to it.
        unpacked = self.folder / "unpacked"
        first, once = self.tarball("first", SOURCE_DATE_EPOCH="1700000000")
        with tarfile.open(first) as archive:
            names = archive.getnames()
            archive.extractall(unpacked)
        top = unpacked / names[0].split("/")[0]
        # A file that only a build leaves must not get in.
        (top / "build").mkdir()
        (top / "build" / "left").write_text("by a build")
        _, again = self.tarball("second", script=top / "cmake" / "packaging" / "tarball.sh", SOURCE_DATE_EPOCH="1700000000")
        self.assertEqual(once, again)
        self.assertFalse([name for name in names if "/build/" in name or "/.git/" in name])
        self.assertIn(f"{top.name}/CMakeLists.txt", names)
        # It is complete: cmake accepts it, without git and without tests.
        run("cmake", "-S", top, "-B", self.folder / "configured", "-G", "Ninja", "-DMQTRACK_TESTS=OFF", "-DMQTRACK_SAMPLES=OFF")

    def test_every_installed_file_is_in_one_package(self):
        if shutil.which("cmake") is None:
            self.skipTest("cmake is not installed")
        run("cmake", "--install", paths.BUILD, "--prefix", self.folder / "usr")
        installed = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if not path.is_dir()}
        # As debian/rules moves it.
        installed = {name.replace("zsh/site-functions", "zsh/vendor-completions") for name in installed}
        owners = {name: [] for name in installed}
        for listed in sorted((PACKAGING / "debian").glob("*.install")):
            for line in listed.read_text().split():
                matching = [name for name in installed if name == line or name.startswith(line + "/")]
                self.assertTrue(matching, f"{listed.name}: {line} is not installed")
                for name in matching:
                    owners[name].append(listed.stem)
        self.assertEqual({name: owner for name, owner in owners.items() if len(owner) != 1}, {})
        recorder = [name for name, owner in owners.items() if owner == ["libmqtrack-preload"]]
        self.assertEqual(sorted(recorder), ["usr/lib/mqtrack/libmqtrack_crash.so", "usr/lib/mqtrack/libmqtrack_preload.so"])

    def test_the_recorder_is_small(self):
        """Tables that are not all zeros would lie in the file, on each gateway."""
        sections = run("readelf", "-SW", paths.RECORDER)
        [size] = re.findall(r" \.data +PROGBITS +\w+ \w+ (\w+)", sections)
        self.assertLess(int(size, 16), 64 * 1024)

    def test_the_version_has_a_section_in_the_changelog(self):
        version = re.search(r"project\(mqtrack VERSION (\S+)", (paths.SOURCE / "CMakeLists.txt").read_text()).group(1)
        self.assertIn(f"\n## {version} ", (paths.SOURCE / "CHANGELOG.md").read_text())


if __name__ == "__main__":
    unittest.main()
