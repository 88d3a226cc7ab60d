"""What a user sees when things are wrong: one clear sentence, the right exit code, and a service that works on."""
import os
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
        self.assert_one_clear_line(self.mqtrack("snapshot", "no-such-service", "-o", "x.pb.gz", expect=2),
                                   "no-such-service")

    def test_process_that_is_not_recorded(self):
        service = self.start("sleep", "sleep", "60")
        self.assert_one_clear_line(self.mqtrack("snapshot", service.pid, "-o", "x.pb.gz", expect=2), str(service.pid),
                                   "mqtrack run")

    def test_no_such_command(self):
        self.assert_one_clear_line(self.mqtrack("run", "--", "no-such-program", expect=2), "no-such-program")

    def test_static_binary(self):
        self.assert_one_clear_line(self.mqtrack("run", "--", PROGRAMS / "statically_linked", expect=2),
                                   "statically_linked", "static")

    @NEEDS_ROOT
    def test_setuid_binary(self):
        program = self.folder / "setuid_program"
        shutil.copy(shutil.which("true"), program)
        os.chown(program, NOBODY, NOBODY)
        program.chmod(stat.S_ISUID | 0o755)
        self.assert_one_clear_line(self.mqtrack("run", "--", program, expect=2), "setuid_program", "set-uid")

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

    @NEEDS_ROOT
    def test_full_log_directory(self):
        """No room for what is alive: the broker works on, the losses are shown, and the gate refuses to pass."""
        # The tmpfs lives in a mount namespace of its own; everything that has to see it runs in there.
        tiny = self.folder / "tiny"
        tiny.mkdir(mode=0o700)
        self.environment["MQTRACK_LOG_DIR"] = str(tiny)
        mount = f'mount -t tmpfs -o size=1m,mode=0700 tmpfs {tiny} && exec "$@"'
        broker = Broker(self, prefix=[find_program("unshare"), "-m", "sh", "-c", mount, "sh", *self.recorded()],
                        config=[f"plugin {paths.PLUGINS}/leaky_plugin.so", "plugin_opt_leak_bytes 16"])
        inside = [find_program("nsenter"), f"--mount=/proc/{broker.pid}/ns/mnt"]
        before, after = self.folder / "before.pb.gz", self.folder / "after.pb.gz"
        self.mqtrack("snapshot", broker.pid, "-o", before, prefix=inside)
        broker.publish("house/temperature", range(60000))  # 60,000 live blocks: more than the log can hold
        broker.publish("house/temperature", range(100))    # and it still serves

        done = self.mqtrack("snapshot", broker.pid, "-o", after, prefix=inside)
        self.assertIn("lost", done.stderr + done.stdout)
        listed = self.mqtrack("list", prefix=inside).stdout
        self.assertIn("mosquitto", listed)
        verdict = self.mqtrack("gate", "--base", before, after, "--max-growth", "1GiB", expect=3)
        self.assertIn("lost", verdict.stdout + verdict.stderr)


if __name__ == "__main__":
    unittest.main()
