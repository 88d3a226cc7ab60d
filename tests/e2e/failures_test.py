"""What a user sees when things are wrong: one clear sentence, the right exit code, and a service that works on."""
import os
import pathlib
import shutil
import stat
import struct
import subprocess
import unittest

from harness import paths
from harness.broker import Broker
from harness.case import EndToEnd
from harness.paths import PROGRAMS, find_program

NEEDS_ROOT = unittest.skipUnless(os.getuid() == 0, "needs root")
VERSION_OFFSET = 8  # in the log's header, after the magic bytes
NOBODY = 65534


class FailuresTest(EndToEnd):
    def test_no_such_process(self):
        self.assert_one_clear_line(self.mqtrack("snapshot", "4194303", "-o", "x.pb.gz", expect=2), "4194303")

    def test_nothing_is_recorded(self):
        self.assert_one_clear_line(self.mqtrack("snapshot", "no-such-service", "-o", "x.pb.gz", expect=3),
                                   "no-such-service", "mqtrack run")
        service = self.start("sleep", "sleep", "3600")
        self.assert_one_clear_line(self.mqtrack("snapshot", service.pid, "-o", "x.pb.gz", expect=3), str(service.pid),
                                   "mqtrack run")

    def test_no_such_command(self):
        self.assert_one_clear_line(self.mqtrack("run", "--", "no-such-program", expect=2), "no-such-program")

    def test_static_binary(self):
        self.assert_one_clear_line(self.mqtrack("run", "--", PROGRAMS / "statically_linked", expect=3),
                                   "statically_linked", "static")

    @NEEDS_ROOT
    def test_setuid_binary(self):
        program = self.folder / "setuid_program"
        shutil.copy(shutil.which("true"), program)
        os.chown(program, NOBODY, NOBODY)
        program.chmod(stat.S_ISUID | 0o755)
        self.assert_one_clear_line(self.mqtrack("run", "--", program, expect=3), "setuid_program", "set-uid")

    def test_log_of_another_version(self):
        self.assertEqual(subprocess.run(self.recorded() + ["true"], env=self.environment, check=False).returncode, 0)
        (log,) = self.log_dir.glob("*.log")
        with open(log, "r+b") as file:
            file.seek(VERSION_OFFSET)
            version = struct.unpack("<I", file.read(4))[0]
            file.seek(VERSION_OFFSET)
            file.write(struct.pack("<I", version + 7))
        self.assert_one_clear_line(self.mqtrack("snapshot", log, "-o", "x.pb.gz", expect=3), "version",
                                   str(version), str(version + 7))

    @NEEDS_ROOT
    def test_log_of_another_user(self):
        broker = self.recorded_broker()
        (log,) = self.log_dir.glob("*.log")
        self.assertEqual((stat.S_IMODE(self.log_dir.stat().st_mode), stat.S_IMODE(log.stat().st_mode)), (0o700, 0o600))
        as_nobody = [find_program("setpriv"), f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        for target in (broker.pid, log):
            done = self.mqtrack("snapshot", target, "-o", "/tmp/x.pb.gz", expect=2, prefix=as_nobody)
            self.assert_one_clear_line(done, "ermission")

    def start_on_small_tmpfs(self, size, *command):
        """Starts a broker in a mount namespace where the log directory is a tmpfs of `size`; returns it, and the prefix
        that runs a command in there."""
        small = self.folder / "small"
        small.mkdir(mode=0o700)
        if subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
            self.skipTest("a mount namespace of its own is not allowed here")
        self.environment["MQTRACK_LOG_DIR"] = str(small)
        mount = f'mount -t tmpfs -o size={size},mode=0700 tmpfs {small} && exec "$@"'
        broker = Broker(self, prefix=[find_program("unshare"), "-m", "sh", "-c", mount, "sh", *command],
                        config=[f"plugin {self.plugin('leaky')}", "plugin_opt_leak_bytes 16"])
        return broker, [find_program("nsenter"), f"--mount=/proc/{broker.pid}/ns/mnt"]

    @NEEDS_ROOT
    def test_log_directory_that_fills_up(self):
        """No room for what is alive: the broker works on, the losses are shown, and the gate refuses to pass."""
        broker, inside = self.start_on_small_tmpfs("24m", *self.recorded())
        before, after = self.folder / "before.pb.gz", self.folder / "after.pb.gz"
        self.mqtrack("snapshot", broker.pid, "-o", before, prefix=inside)
        # Somebody else takes the rest of the space.
        subprocess.run([*inside, "dd", "if=/dev/zero", f"of={self.folder}/small/filler", "bs=64k"], check=False,
                       stderr=subprocess.DEVNULL)
        broker.publish("house/temperature", range(60000))
        broker.publish("house/temperature", range(100))  # and it still serves

        done = self.mqtrack("snapshot", broker.pid, "-o", after, prefix=inside)
        self.assertRegex(done.stderr, r"\d+ events? .*missed|missed \d+")
        self.assertIn("mosquitto", self.mqtrack("list", prefix=inside).stdout)
        verdict = self.mqtrack("gate", "--base", before, after, "--max-growth", "1GiB", expect=3)
        self.assertIn("missed", verdict.stdout + verdict.stderr)

    @NEEDS_ROOT
    def test_log_directory_without_room(self):
        """`mqtrack run` says so before it starts anything; a service that is preloaded by other means just works."""
        with self.assertRaisesRegex(AssertionError, "only 1024 KiB are free there[^`]*--log-dir"):
            self.start_on_small_tmpfs("1m", *self.recorded())
        (self.folder / "small").rmdir()
        recorder = next(path for path in (pathlib.Path(paths.MQTRACK).parent, pathlib.Path(paths.MQTRACK).parents[1] / "preload")
                        if (path / "libmqtrack_preload.so").exists()) / "libmqtrack_preload.so"
        broker, _ = self.start_on_small_tmpfs("1m", "env", f"LD_PRELOAD={recorder}")
        broker.publish("house/temperature", range(1000))


if __name__ == "__main__":
    unittest.main()
