"""Little memory, little permission: the service goes on, and what is not recorded is counted."""
import json
import os
import pathlib
import signal
import subprocess
import unittest

from recorder_log import RecorderLog
from recording import MQTRACK, PRELOAD, Recording, find_program


class Limits(Recording):
    def in_own_mounts(self, script, *arguments, **environment):
        if os.geteuid() != 0:
            self.skipTest("needs root, for a mount of its own")
        if subprocess.run(["unshare", "-m", "true"], check=False).returncode != 0:
            self.skipTest("a mount namespace of its own is not allowed here")
        return subprocess.run([find_program("unshare"), "-m", "/bin/sh", "-c", script, "sh", *map(str, arguments)],
                              env={**self.recorded, "LD_PRELOAD": "", **environment}, capture_output=True, timeout=300, check=False)

    def test_services_that_limit_themselves(self):
        for what in ("address-space", "not-dumpable", "locked", "sandbox"):
            with self.subTest(what):
                self.run_both("limits", what)
                logs = self.logs()
                self.assertEqual(len(logs), 1)
                self.assertEqual(logs[0].problems(), [])
                self.assertEqual(logs[0].losses, {})
                self.assertEqual(logs[0].sizes()[7001], 14 if what == "sandbox" else 7)
                logs[0].path.unlink()

    def test_children_that_limit_themselves(self):
        self.run_both("limits", "childrens-address-space")
        self.run_both("limits", "vforked-address-space")
        (log,) = [log for log in self.logs() if log.sizes()[7001] == 7]
        self.assertEqual((log.problems(), log.losses), ([], {}), "the parent's log was limited too")

    def test_a_log_that_could_not_be_begun_takes_no_address_space(self):
        """Wherever the room ends on the way: before the log, in its tables, after them."""
        script = ('mount -t tmpfs -o mode=0700,size=1m none "$1" || exit 9; left=1024; while [ $left -gt 200 ]; do '
                  'LD_PRELOAD=$2 "$3" address-space || exit; rm -f "$1"/*.log; head -c 20480 /dev/zero >>"$1/filler"; '
                  'left=$((left - 20)); done')
        done = self.in_own_mounts(script, self.log_dir, PRELOAD, self.program("limits"))
        self.assertEqual((done.returncode, set(done.stdout.split())), (0, {b"0"}), done.stderr)

    def test_limits_of_the_shell(self):
        for limit, number in (("-v", 400000), ("-f", 1), ("-f", 3000), ("-f", 0), ("-n", 6), ("-l", 64), ("-s", 256)):
            with self.subTest(f"ulimit {limit} {number}"):
                done = self.run_program("/bin/bash", "-c", f'ulimit {limit} {number}; "$0" grow | cat; exit ${{PIPESTATUS[0]}}',
                                        self.program("limits"), environment=self.recorded)
                self.assertEqual((done.returncode, done.stdout), (0, b"0\n"), done.stderr)

    def test_a_log_directory_that_fills_up(self):
        for size in ("1m", "3m", "6m"):
            with self.subTest(size):
                kept = self.folder / f"kept-{size}"
                kept.mkdir(mode=0o700)
                script = ('mount -t tmpfs -o mode=0700,size=$1 none "$2" && LD_PRELOAD=$3 "$4" grow; code=$?;'
                          'for log in "$2"/*.log; do if [ -e "$log" ]; then cp --sparse=always "$log" "$5/"; fi; done; exit $code')
                done = self.in_own_mounts(script, size, self.log_dir, PRELOAD, self.program("limits"), kept)
                self.assertEqual((done.returncode, done.stdout), (0, b"0\n"), done.stderr)
                for path in kept.glob("*.log"):
                    log = RecorderLog(path)
                    self.assertEqual(log.problems(), [])
                    self.assertGreater(log.losses.get("kept_free", 0), 0)
                self.assertEqual(len(list(kept.glob("*.log"))), 1)

    def test_a_full_directory_of_one_mebibyte_is_told(self):
        """No SIGBUS and no ENOMEM, losses in the list and in the snapshot, and a gate that does not pass."""
        script = ('mount -t tmpfs -o mode=0700,size=1m none "$1" && LD_PRELOAD=$2 "$3" grow && "$4" list --format json && '
                  '"$4" snapshot "$1"/*.log -o "$5" && "$4" gate "$5" --max-total 1GiB')
        done = self.in_own_mounts(script, self.log_dir, PRELOAD, self.program("limits"), MQTRACK, self.folder / "full.pb.gz")
        self.assertEqual(done.returncode, 3, done.stderr)
        said, listed = done.stdout.decode().split("\n", 1)
        self.assertEqual(said, "0")
        lost = json.JSONDecoder().raw_decode(listed)[0]["processes"][0]["losses"]
        self.assertGreater(lost, 100000)
        self.assertIn("missed", done.stderr.decode())
        self.assertIn("CANNOT MEASURE", listed)

    def memory_cgroup(self, bytes_allowed):
        """A control group with a memory limit, of either version; its list of processes."""
        for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
            group = pathlib.Path(root) / f"mqtrack-test-{os.getpid()}"
            try:
                group.mkdir()
            except OSError:
                continue
            self.addCleanup(group.rmdir)
            try:
                (group / limit).write_text(str(bytes_allowed))
                if limit == "memory.max":
                    (group / "memory.swap.max").write_text("0")
                return group / "cgroup.procs"
            except OSError:
                continue
        raise unittest.SkipTest("this machine lets nobody make a control group with a memory limit")

    def test_a_memory_limit_of_the_control_group(self):
        """The log counts as the service's memory. What is told of a leak is told also after the kernel has ended it."""
        processes = self.memory_cgroup(64 << 20)
        enter = ["/bin/sh", "-c", 'echo $$ > "$0" && exec "$@"', processes]
        for environment in (self.plain, self.recorded):
            done = self.run_program(*enter, self.program("limits"), "grow", environment=environment)
            self.assertEqual((done.returncode, done.stdout), (0, b"0\n"), done.stderr)
        log = self.log_of("limits")
        log.path.unlink()
        reached = []
        for environment in (self.plain, self.recorded):
            done = self.run_program(*enter, self.program("limits"), "eat", environment=environment)
            self.assertEqual(done.returncode, -signal.SIGKILL, "the kernel ends it")
            reached.append(done.stdout.count(b"."))
        log, = [log for log in self.logs() if pathlib.Path(log.exe).name == "limits"]
        self.assertEqual(log.losses, {})
        self.assertLessEqual(abs(log.inserted - log.removed - len(log.blocks) - len(log.others)), 1)
        self.assertGreaterEqual(log.sizes()[200], reached[1] * 1000)
        self.snapshot(log.path)
        print(f"of 200 bytes each {reached[0]},000 blocks fit without the recorder, {reached[1]},000 with it", flush=True)
        self.assertGreater(reached[1] * 2, reached[0], "the log takes more than the service")

    def test_directories_that_cannot_be_used(self):
        loose = self.folder / "loose"
        loose.mkdir()
        loose.chmod(0o777)
        for directory in ("/proc/nothing", "/dev/null", str(loose), "/" + "x" * 600, "/does/not/exist"):
            with self.subTest(directory[:30]):
                done = self.run_program("limits", "grow", environment={**self.recorded, "MQTRACK_LOG_DIR": directory})
                self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"0\n", b""))
        self.assertEqual(list(loose.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
