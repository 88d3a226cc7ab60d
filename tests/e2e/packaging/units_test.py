"""The drop-in for systemd: systemd accepts it, and what it sets up records a broker under each restriction it speaks of."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest
import urllib.request

from harness import paths
from harness.broker import Broker
from harness.case import EndToEnd
from harness.processes import children_of
from harness.waiting import wait_until

DROP_IN = paths.SOURCE / "samples" / "systemd" / "record-mosquitto.conf"
# prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN), what MemoryDenyWriteExecute= does on kernels that have it.
DENY_WRITE_EXECUTE = ("import ctypes, os, sys\n"
                      "assert ctypes.CDLL(None, use_errno=True).prctl(65, 1, 0, 0, 0) == 0\n"
                      "os.execv(sys.argv[1], sys.argv[1:])")
# Everything is read-only but /dev, the folder of the test and a /tmp of its own; /home is empty.
STRICT = ('mount --make-rprivate / && mount --bind "$1" "$1" && mount -o remount,bind,ro / && mount -t tmpfs none /home && '
          'shift && exec "$@"')


def numbers_by_name():
    known = {}
    for header in pathlib.Path("/usr/include").rglob("asm/unistd_64.h"):
        known.update(re.findall(r"#define __NR_(\w+) (\d+)", header.read_text()))
    return {name: int(number) for name, number in known.items()}


def numbers_of(group):
    """The system calls of one of systemd's groups."""
    known = numbers_by_name()
    names, groups = set(), [group]
    while groups:
        text = subprocess.run(["systemd-analyze", "syscall-filter", groups.pop()], capture_output=True, text=True,
                              timeout=300, check=True).stdout
        for line in text.splitlines()[1:]:
            name = line.strip()
            if name.startswith("@"):
                groups.append(name)
            elif name and not name.startswith("#"):
                names.add(name)
    return sorted(known[name] for name in names if name in known)


class UnitsTest(EndToEnd):
    def settings(self):
        """The environment that the drop-in sets, with the recorder of this build."""
        found = dict(re.findall(r"^Environment=(\w+)=(.*)$", DROP_IN.read_text(), re.MULTILINE))
        self.assertEqual(found["LD_PRELOAD"], "/usr/lib/mqtrack/" + pathlib.Path(paths.RECORDER).name)
        return [f"{name}={value}" for name, value in {**found, "LD_PRELOAD": paths.RECORDER}.items()]

    def records(self, *restriction, config=()):
        broker = Broker(self, prefix=[*restriction, shutil.which("env"), *self.settings()], config=config)
        broker.publish("a/b", [f"message {i}" for i in range(50)])
        listed = self.mqtrack("list").stdout
        self.assertRegex(listed, rf"(?m)^\s*{broker.pid} .*mosquitto")
        self.assertNotRegex(listed, "lost|missed|incomplete")
        self.assertIn("mosquitto", self.mqtrack("top", str(broker.pid)).stdout)
        broker.stop()

    def test_systemd_accepts_it(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        unit = self.folder / "broker.service"
        unit.write_text("[Unit]\nDescription=A broker\n[Service]\nType=notify\nExecStart=/bin/true\n")
        added = self.folder / "broker.service.d"
        added.mkdir()

        def verdict(text):
            (added / "mqtrack.conf").write_text(text)
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True,
                                  timeout=300, check=False)
            return done.stdout + done.stderr

        self.assertNotIn("mqtrack.conf", verdict(DROP_IN.read_text()))
        self.assertIn("mqtrack.conf", verdict(DROP_IN.read_text() + "Enviroment=A=b\n"))

    def test_systemd_accepts_the_server(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        unit = self.folder / "mqtrack-serve.service"
        text = (DROP_IN.parent / unit.name).read_text()
        self.assertIn("\nExecStart=/usr/bin/mqtrack serve --listen 127.0.0.1:", text)
        unit.write_text(text.replace("/usr/bin/mqtrack serve", f"{paths.MQTRACK} serve"))
        done = subprocess.run(["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, timeout=300, check=False)
        self.assertNotIn(unit.name, done.stdout + done.stderr)

    def served(self, *, state_folder):
        """The server as its unit starts it: everything read-only but, perhaps, the folder that StateDirectory= makes. Its
        first line, and whether it goes on."""
        unit = dict(re.findall(r"^(\w+)=(.*)$", (DROP_IN.parent / "mqtrack-serve.service").read_text(), re.MULTILINE))
        self.assertEqual((unit["ProtectSystem"], unit["NoNewPrivileges"]), ("strict", "yes"))
        kept = ",".join(f"+{name[4:].lower()}" for name in unit["CapabilityBoundingSet"].split())
        made = ""
        if state_folder:
            folder, mode = f"/var/lib/{unit['StateDirectory']}", unit["StateDirectoryMode"]
            made = f"mkdir -m {mode} {folder} && mount --bind {folder} {folder} && "
        # /var/lib is one of this test's own, so that nothing of the machine is touched.
        shell = ["unshare", "--mount", "sh", "-c", "mount --make-rprivate / && mount -t tmpfs none /var/lib && " + made +
                 "mount -o remount,bind,ro /var/lib && " + STRICT.replace("mount --make-rprivate / && ", ""), "sh",
                 str(self.folder)]
        if subprocess.run([*shell, "true"], capture_output=True, timeout=300, check=False).returncode != 0:
            self.skipTest("this machine does not let root mount")
        command = unit["ExecStart"].replace("/usr/bin/mqtrack", str(paths.MQTRACK)).replace(":7717", ":0").split()
        return self.start("server", *shell, "setpriv", "--no-new-privs", "--inh-caps=-all", f"--bounding-set=-all,{kept}",
                          *self.filter_of(unit), *command)

    def filter_of(self, unit):
        """The calls that the unit allows, as a command that allows no others; nothing where systemd is not there to say."""
        if shutil.which("systemd-analyze") is None:
            return []
        groups, calls = [], []
        for word in unit["SystemCallFilter"].split():
            (groups if word.startswith("@") else calls).append(word)
        allowed = {number for group in groups for number in numbers_of(group)} | {numbers_by_name()[call] for call in calls}
        return [os.environ["MQTRACK_E2E_FILTERED"], ",".join(map(str, sorted(allowed)))]

    def test_the_server_starts_where_nothing_but_its_history_may_be_written(self):
        if os.geteuid() != 0:
            self.skipTest("mounting takes root")
        broker = self.recorded_broker()
        refused = self.served(state_folder=False)
        self.assertEqual(refused.wait(), 2)
        self.assertIn("/var/lib/mqtrack/history", refused.text())
        server = self.served(state_folder=True)

        def address():
            self.assertIsNone(server.process.poll(), server.text())
            return server.out.read_text().strip()
        url = wait_until("the server's address", address)
        history = pathlib.Path(f"/proc/{server.pid}/root/var/lib/mqtrack/history")
        wait_until("a snapshot in its history", lambda: list(history.rglob("*.pb.gz")))
        self.assertEqual(history.parent.stat().st_mode & 0o777, 0o700)
        with urllib.request.urlopen(url + "mosquitto/api/top", timeout=300) as answer:
            self.assertIn("mosquitto", answer.read().decode())
        # What it traces is another user's.
        self.assertNotEqual(pathlib.Path(f"/proc/{broker.pid}").stat().st_uid, 0)
        for path in ("mosquitto/api/threads", "mosquitto/api/look/owners"):
            with urllib.request.urlopen(url + path, timeout=300) as answer:
                self.assertTrue(json.loads(answer.read()), path)
        wait_until("the copy to be gone", lambda: children_of(broker.pid) == [])

    def test_as_it_is(self):
        self.records()

    def test_without_privileges(self):
        drop = ["--no-new-privs"]
        if os.geteuid() == 0:
            drop += ["--inh-caps=-all", "--bounding-set=-all"]
        # The broker would become another user, which it may not.
        self.records("setpriv", *drop, config=["user root"] if os.geteuid() == 0 else [])

    def test_without_writable_and_executable_memory(self):
        command = [sys.executable, "-c", DENY_WRITE_EXECUTE]
        if subprocess.run([*command, "/bin/true"], capture_output=True, timeout=300, check=False).returncode != 0:
            self.skipTest("this kernel has no PR_SET_MDWE (Linux 6.3)")
        self.records(*command)

    def test_with_the_calls_of_services_alone(self):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        allowed = ",".join(map(str, numbers_of("@system-service")))
        self.records(os.environ["MQTRACK_E2E_FILTERED"], allowed)

    def test_where_nothing_but_its_own_may_be_written(self):
        if os.geteuid() != 0:
            self.skipTest("mounting takes root")
        shell = ["unshare", "--mount", "sh", "-c", STRICT, "sh", str(self.folder)]
        if subprocess.run([*shell, "true"], capture_output=True, timeout=300, check=False).returncode != 0:
            self.skipTest("this machine does not let root mount")
        self.records(*shell)


if __name__ == "__main__":
    unittest.main()
