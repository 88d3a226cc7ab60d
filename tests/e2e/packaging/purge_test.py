"""What the package takes along when it is purged: what mqtrack keeps as root, and nothing else."""
import pathlib
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd

POSTRM = paths.SOURCE / "cmake" / "packaging" / "debian" / "mqtrack.postrm"


class PurgeTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "a machine"
        self.state = self.root / "var" / "lib" / "mqtrack"

    def remove(self, action):
        subprocess.run(["sh", POSTRM, action], env={**self.environment, "DPKG_ROOT": str(self.root)}, check=True, timeout=300)

    def keep_something(self):
        """As the two verbs do it, with their own code."""
        self.state.mkdir(parents=True)
        broker = self.recorded_broker()
        spool = self.state / "push"
        done = subprocess.run([paths.MQTRACK, "push", "--to", "http://127.0.0.1:1", "--store", "parca", "--once", "--spool",
                               spool], env=self.environment, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertTrue(list(spool.glob("*.part")), done.stderr)
        series = self.state / "history" / "mosquitto" / f"1796038553-{broker.pid}"
        series.mkdir(parents=True)
        for name in ("1796038553000.pb.gz", "1796038554000.pb.gz.x1y2z3", "totals.log"):
            (series / name).write_text("x")

    def everything(self):
        return sorted(str(path.relative_to(self.root)) for path in self.root.rglob("*"))

    def test_purging_leaves_nothing(self):
        self.keep_something()
        (self.root / "var" / "lib" / "other").mkdir()
        before = self.everything()
        for action in ("remove", "upgrade", "failed-upgrade", "abort-install", "disappear"):
            self.remove(action)
            self.assertEqual(self.everything(), before, action)
        self.remove("purge")
        self.assertEqual(self.everything(), ["var", "var/lib", "var/lib/other"])
        self.remove("purge")  # where there is nothing

    def test_what_others_put_there_stays(self):
        self.keep_something()
        mine = [self.state / "history" / "mosquitto" / "notes.txt", self.state / "push" / "notes.txt", self.state / "notes.txt"]
        for file in mine:
            file.write_text("mine")
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "1796038553000.pb.gz").write_text("mine")
        (self.state / "history" / "link").symlink_to(elsewhere)
        self.remove("purge")
        left = [path for path in map(pathlib.Path, self.everything()) if (self.root / path).is_symlink() or (self.root / path).is_file()]
        self.assertEqual(left, sorted([file.relative_to(self.root) for file in mine] + [pathlib.Path("var/lib/mqtrack/history/link")]))
        self.assertTrue((elsewhere / "1796038553000.pb.gz").exists())

    def test_a_folder_that_is_a_link_is_not_followed(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir()
        (elsewhere / "1796038553000.pb.gz").write_text("mine")
        self.state.mkdir(parents=True)
        (self.state / "history").symlink_to(elsewhere)
        self.remove("purge")
        self.assertTrue((elsewhere / "1796038553000.pb.gz").exists())


if __name__ == "__main__":
    unittest.main()
