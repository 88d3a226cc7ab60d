"""What the log lies in belongs to the service: some of it stays free, and what was given once is never missing."""
import json
import os
import re
import shutil
import subprocess
import unittest

from recorder_log import RecorderLog
from recording import MQTRACK, PRELOAD, Recording, find_program

# In a mount namespace of its own, with /dev/shm a tmpfs of $1: the program $2… under the recorder. Then how much of it
# is free, what is said of it, and its logs, which go to $KEPT.
IN_SMALL_SHM = '''mount -t tmpfs -o mode=1777,size=$1 none /dev/shm && shift && LD_PRELOAD=$PRELOAD "$@" || exit $?
stat -f -c "%a %b" /dev/shm
unset LD_PRELOAD MQTRACK_LOG_DIR
"$MQTRACK" list --format json
for log in /dev/shm/mqtrack-0/*.log; do
  "$MQTRACK" snapshot "$log" -o "$KEPT/last.pb.gz" >&2
  cp --sparse=always "$log" "$KEPT/"
done
"$MQTRACK" gate "$KEPT/last.pb.gz" --max-total 1GiB
echo "gate $?"'''


@unittest.skipUnless(os.geteuid() == 0, "only root can mount")
class Room(Recording):
    def in_small_shm(self, size, *command):
        self.log_dir = self.folder / "kept"  # below /dev/shm it would be hidden
        self.log_dir.mkdir(mode=0o700, exist_ok=True)
        environment = {**self.plain, "PRELOAD": PRELOAD, "MQTRACK": MQTRACK, "KEPT": str(self.log_dir)}
        return self.run_program(find_program("unshare"), "-m", "/bin/sh", "-c", IN_SMALL_SHM, "sh", size,
                                self.program(command[0]), *command[1:], environment=environment)

    def free_share(self, done):
        free, blocks = map(int, re.search(r"(?m)^(\d+) (\d+)$", done.stdout.decode()).groups())
        return free, blocks

    def test_the_service_finds_room_for_its_own_shared_memory(self):
        done = self.in_small_shm("8m", "room", "shared-memory")
        self.assertEqual(done.returncode, 0, done.stderr)
        said = done.stdout.decode()
        self.assertTrue(said.startswith("service fine\n"), said)
        free, blocks = self.free_share(done)
        self.assertGreaterEqual(free + (1 << 20) // 4096, blocks // 4)
        self.assertLess(free, blocks // 2, "the log takes what it may")
        log, = self.logs()
        self.assertEqual(log.problems(), [])
        self.assertEqual(set(log.losses), {"kept_free"})
        lost_stacks = len(log.blocks) + log.losses["kept_free"] - 400001  # those blocks are in the log, and a loss
        self.assertIn(lost_stacks, range(64))
        listed = json.JSONDecoder().raw_decode(said[said.index("{"):])[0]["processes"][0]
        self.assertEqual(listed["losses"], log.losses["kept_free"])
        self.assertIn("leaves a quarter of its file system (at most 1 GiB) free for the service", done.stderr.decode())
        self.assertIn("--shm-size", done.stderr.decode())
        self.assertTrue(said.endswith("gate 3\n"), said)
        self.assertIn("a larger /dev/shm", said[said.index("CANNOT MEASURE"):] + done.stderr.decode())

    def test_where_the_file_system_cannot_be_asked(self):
        done = self.in_small_shm("8m", "room", "chroot")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith(b"service fine\n"), done.stdout)
        free, blocks = self.free_share(done)
        self.assertGreaterEqual(free, blocks // 4)
        log, = self.logs()
        self.assertEqual((log.problems(), set(log.losses)), ([], {"kept_free"}))

    def test_children_do_not_take_it_either(self):
        done = self.in_small_shm("16m", "room", "fork")
        self.assertEqual(done.returncode, 0, done.stderr)
        free, blocks = self.free_share(done)
        self.assertGreaterEqual(free, blocks // 4)

    def test_one_that_is_too_small_for_a_log(self):
        done = self.in_small_shm("600k", "room", "shared-memory")
        # Its own mebibyte does not fit in there, with or without the recorder.
        self.assertIn(done.returncode, (-7, 135), done.stderr)
        done = self.in_small_shm("600k", "limits", "grow")
        self.assertTrue(done.stdout.startswith(b"0\n"), done.stdout)
        free, blocks = self.free_share(done)
        self.assertGreaterEqual(free, blocks // 4)

    def disk(self, kind):
        """A file system of this kind in a file, mounted; skips if this machine cannot have it."""
        sizes = {"btrfs": 128, "xfs": 320}
        maker = shutil.which(f"mkfs.{kind}", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if maker is None:
            self.fail(f"mkfs.{kind} is not installed; tests/run.sh installs it")
        image, place = self.folder / f"{kind}.img", self.folder / kind
        with open(image, "wb") as file:
            file.truncate(sizes.get(kind, 64) << 20)
        subprocess.run([maker, "-q", image], check=True, capture_output=True)
        place.mkdir()
        mounted = subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"no {kind} can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", place], check=False)
        return place

    def assert_refused(self, place, name):
        """By the recorder itself, by `run` and by `attach`, each in a sentence; the service is as ever."""
        logs = place / "logs"
        environment = {**self.recorded, "MQTRACK_LOG_DIR": str(logs), "MQTRACK_VERBOSE": "1"}
        done = self.run_program("limits", "grow", environment=environment)
        self.assertEqual((done.returncode, done.stdout), (0, b"0\n"), done.stderr)
        self.assertIn(b"not recording this process: the log directory's file system may take back memory", done.stderr)
        self.assertEqual(list(logs.glob("*")) if logs.exists() else [], [])
        done = self.run_program(MQTRACK, "run", "--log-dir", logs, "--", self.program("limits"), "grow", environment=self.plain)
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)
        self.assertIn(f"its file system ({name}) may take back memory", done.stderr.decode())
        with subprocess.Popen(["/bin/sleep", "3600"], env=self.plain) as service:
            self.addCleanup(service.kill)
            done = self.run_program(MQTRACK, "attach", str(service.pid), "--log-dir", logs, environment=self.plain)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("file system", done.stderr.decode())
            self.assertIn("may take back memory", done.stderr.decode())
            self.assertIsNone(service.poll())
            service.kill()

    def fill_and_go_on(self, place):
        logs = place / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        done = self.run_program("room", "disk", place / "filler", environment={**self.recorded, "MQTRACK_LOG_DIR": str(logs)})
        return done, [RecorderLog(path) for path in logs.glob("*.log")]

    def test_file_systems_that_take_back_what_they_gave(self):
        for kind in ("btrfs", "xfs"):
            with self.subTest(kind):
                place = self.disk(kind)
                self.assert_refused(place, kind)
                done, logs = self.fill_and_go_on(place)
                self.assertEqual((done.returncode, done.stdout, logs), (0, b"service fine\n", []), done.stderr)

    def test_an_overlay(self):
        parts = {name: self.folder / name for name in ("lower", "upper", "work", "merged")}
        for part in parts.values():
            part.mkdir()
        options = ",".join(f"{name}dir={parts[name]}" for name in ("lower", "upper", "work"))
        mounted = subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, parts["merged"]],
                                 capture_output=True, text=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"no overlay can be mounted here: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", parts["merged"]], check=False)
        self.assert_refused(parts["merged"], "overlayfs")

    def test_file_systems_that_keep_it(self):
        place = self.disk("ext4")
        tmpfs = self.folder / "tmpfs"
        tmpfs.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", tmpfs], check=True)
        self.addCleanup(subprocess.run, ["umount", tmpfs], check=False)
        for where in (place, tmpfs):
            with self.subTest(where.name):
                done, logs = self.fill_and_go_on(where)
                self.assertEqual((done.returncode, done.stdout), (0, b"service fine\n"), done.stderr)
                self.assertEqual([log.problems() for log in logs], [[]])
                self.assertEqual(len(logs[0].blocks) + sum(logs[0].losses.values()) >= 100000, True)


if __name__ == "__main__":
    unittest.main()
