"""The quick start on machines that are set up in unusual ways. What takes a whole machine is in tests/distro.sh."""
import os
import pathlib
import shutil
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd

NOBODY = 65534
# Mounts of the process's own: a /dev/shm as small as Docker makes it, and nobody who knows the name localhost.
MACHINE = """set -e
mount -t tmpfs -o size=64m,mode=1777 tmpfs /dev/shm
mount --bind "$1/hosts" /etc/hosts
mount --bind "$1/nsswitch.conf" /etc/nsswitch.conf
! getent hosts localhost
umask 077
cd /
shift
exec "$@"
"""


@unittest.skipUnless(os.getuid() == 0, "needs root, to mount file systems and to be other users")
class MachinesTest(EndToEnd):
    def home(self, owner):
        """A checkout and its build in a home that is closed to all others, with a blank in the path."""
        home = self.folder / "home"
        root = home / "my projects" / "mqtrack"
        shutil.copytree(paths.SOURCE / "samples", root / "samples")
        build = root / "build" / "release"
        for file in (paths.MQTRACK, paths.RECORDER, *paths.PLUGINS.glob("*_plugin.so")):
            # The same places below the build's folder, by which they find one another.
            copy = build / os.path.relpath(file, paths.BUILD)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, copy)
        for path in (home, *home.rglob("*")):
            os.chown(path, owner, owner)
            path.chmod(path.stat().st_mode & ~0o077)
        return root

    def quick_start(self, owner, *prefix):
        root = self.home(owner)
        # The user itself may pass; user mosquitto may not.
        (self.folder / "hosts").write_text("")
        (self.folder / "nsswitch.conf").write_text("passwd: files\ngroup: files\nhosts: files\n")
        environment = {name: value for name, value in self.environment.items() if name not in ("MQTRACK_LOG_DIR", "TMPDIR")}
        environment.update(MQTRACK_BUILD=str(root / "build" / "release"), HOME=str(root.parents[1]))
        before = set(pathlib.Path("/tmp").glob("mqtrack-plugins.*"))
        done = subprocess.run(["unshare", "--mount", "sh", "-c", MACHINE, "sh", self.folder, *prefix, root / "samples" / "quickstart.sh"],
                              env=environment, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr}")
        self.assertIn("RememberLastValue", done.stdout)
        self.assertIn("exactly 1,024,000 bytes in 1,000 objects", done.stdout)
        self.assertEqual(set(pathlib.Path("/tmp").glob("mqtrack-plugins.*")) - before, set())
        for picture in ("leak.svg", "heap.svg"):
            self.assertTrue((root / "build" / "quickstart" / picture).exists(), picture)

    def test_of_root(self):
        """The broker becomes user mosquitto, who cannot look into root's home."""
        self.quick_start(0)

    def test_of_an_ordinary_user(self):
        self.quick_start(NOBODY, "setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


if __name__ == "__main__":
    unittest.main()
