"""Processes in namespaces of their own, made by the real unshare: attached to from outside, as if they lived here."""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import unittest

from attached import Slots
from contained import Contained
from harness import paths

FILES = re.compile(r"(/\S+) \(0x")


class ContainersTest(Contained):
    def assert_works(self, program):
        """Everything that can be done with a process of this machine can be done with it."""
        slots = Slots(program.pid)
        before = slots.values()
        for _ in range(2):
            attached = self.attach(program.pid)
            log = self.log_dir / re.search(r"(\d+(?:-\d+)+\.log)", attached.stderr).group(1)
            self.assertTrue(log.name.startswith(f"{program.pid}-"), log)
            listed = self.mqtrack("list").stdout.splitlines()
            self.assertRegex("\n".join(listed), rf"(?m)^ *{program.pid} +attach_resident +alive +attached")
            self.assert_leak_is_found(program)
            self.assertNotIn("descriptors", self.mqtrack("snapshot", program.pid, "-o", self.folder / "x.pb.gz").stderr)
            self.detach(program.pid)
        self.assertEqual(slots.changed(before), [])
        descriptors = [os.readlink(entry) for entry in pathlib.Path(f"/proc/{program.pid}/fd").iterdir()]
        self.assertEqual([name for name in descriptors if "mqtrack" in name or "socket" in name], [])
        program.end()
        self.assertRegex(self.mqtrack("list").stdout, rf"(?m)^ *{program.pid} +attach_resident +(ended|detached)")

    def test_a_pid_namespace(self):
        options = ("-p", "-f", "--mount-proc", "--kill-child")
        self.may_unshare(*options)
        self.assert_works(self.resident("unshare", *options))

    def test_a_mount_namespace_with_another_dev_shm(self):
        self.may_unshare("-m")
        hidden = pathlib.Path(paths.MQTRACK).resolve().parents[1] / "preload"
        script = f'mount -t tmpfs none /dev/shm && mount -t tmpfs none {shlex.quote(str(hidden))} && exec "$0"'
        self.assert_works(self.resident("unshare", "-m", "sh", "-c", script))

    def test_a_user_namespace(self):
        options = ("-U", "-r", "-p", "-f", "-m", "--mount-proc", "--kill-child")
        self.may_unshare(*options)
        self.assert_works(self.resident("unshare", *options, "sh", "-c", 'mount -t tmpfs none /dev/shm && "$0"'))

    def a_root(self):
        """A directory with the program and its libraries alone, as a container's image is."""
        root = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-root-", dir=self.folder))
        program = paths.PROGRAMS / "attach_resident"
        needed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for file in {*FILES.findall(needed), "/lib64/ld-linux-x86-64.so.2"}:
            (root / file[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, root / file[1:])
        shutil.copy(program, root / "attach_resident")
        for folder in ("proc", "dev/shm"):
            (root / folder).mkdir(parents=True)
        return root

    @unittest.skipUnless(os.getuid() == 0, "only root can change the root directory")
    def test_another_root(self):
        options = ("-m", "-p", "-f", "--kill-child")
        self.may_unshare(*options)
        root = self.a_root()
        script = f"mount -t proc proc {root}/proc && exec chroot {root} /attach_resident"
        self.assert_works(self.resident("unshare", *options, "sh", "-c", script))

    @unittest.skipUnless(os.getuid() == 0, "only root can change the root directory")
    def test_another_root_without_proc(self):
        program = self.resident("sh", "-c", f"exec chroot {self.a_root()} /attach_resident")
        self.assert_one_clear_line(self.mqtrack("attach", program.pid, expect=3), "has no /proc", "mount -t proc")
        program.ask()
        program.end()

    def test_its_children_are_left_alone(self):
        """A process whose log was made for it from outside forks: there is nobody to make one for the child."""
        self.may_unshare("-p", "-f", "--mount-proc", "--kill-child")
        program = self.resident("unshare", "-p", "-f", "--mount-proc", "--kill-child")
        self.attach(program.pid)
        program.ask("fork")
        self.assertEqual(len(list(self.log_dir.iterdir())), 1)
        self.assert_leak_is_found(program)
        self.assert_detached_cleanly(program)


if __name__ == "__main__":
    unittest.main()
