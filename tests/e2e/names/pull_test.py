"""mqtrack pull over a real ssh server on loopback, with keys made for the test; and what must never reach a shell."""
import getpass
import os
import pathlib
import subprocess
import unittest

from elsewhere import ROUNDS, SOURCE, Elsewhere
from harness import paths
from harness.processes import accepts, free_port
from harness.waiting import wait_until

SSHD = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host-key
AuthorizedKeysFile {folder}/allowed
PidFile {folder}/sshd.pid
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
"""


class PullTest(Elsewhere):
    def sshd(self):
        """Starts a server that lets this user in; returns options for ssh and the start of a URL."""
        try:
            sshd = paths.find_program("sshd")
        except AssertionError as missing:
            self.skipTest(str(missing))
        for name in ("host-key", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=True, timeout=300)
        (self.folder / "allowed").write_bytes((self.folder / "key.pub").read_bytes())
        port = free_port()
        (self.folder / "sshd.conf").write_text(SSHD.format(port=port, folder=self.folder))
        if os.geteuid() == 0:
            pathlib.Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        check = subprocess.run([sshd, "-t", "-f", self.folder / "sshd.conf"], check=False, capture_output=True, text=True,
                               timeout=300)
        if check.returncode != 0:
            self.skipTest(f"sshd cannot run here: {check.stderr}")
        server = self.start("sshd", sshd, "-D", "-e", "-f", self.folder / "sshd.conf")
        wait_until("sshd to listen", lambda: accepts(port) or server.process.poll() is not None)
        options = []
        for option in (f"IdentityFile={self.folder}/key", "IdentitiesOnly=yes", "StrictHostKeyChecking=no",
                       f"UserKnownHostsFile={self.folder}/known", "LogLevel=ERROR", "BatchMode=yes"):
            options += ["--ssh-option", option]
        return options, f"ssh://{getpass.getuser()}@127.0.0.1:{port}"

    def pull(self, url, options, *more, expect=0):
        return self.mqtrack("pull", url, "-o", "pulled.pb.gz", "--remote-mqtrack", paths.MQTRACK, "--log-dir", self.log_dir,
                            *options, *more, expect=expect)

    def test_a_snapshot_comes_and_is_named_here(self):
        options, server = self.sshd()
        program = self.build(SOURCE, "a board's service", "-Wl,--build-id")
        service = self.service(program)
        for _ in range(ROUNDS - 1):
            service.work()
        done = self.pull(f"{server}/{self.log_pid()}", options)
        self.assertEqual(done.stdout, "pulled.pb.gz\n")
        self.assertRegex(done.stderr, r"named \d+ of \d+ frames")
        self.assert_named(self.leak("pulled.pb.gz"))
        # By a path of the other machine, as a name with blanks and a quote, and without its file here.
        self.pull(f"{server}/{self.log()}", options)
        hidden = program.rename(self.folder / "moved")
        self.pull(f"{server}/a%20board's%20service", options)
        self.assert_nameless(self.leak("pulled.pb.gz"))
        hidden.rename(program)
        # Through pipes of a script, ssh must leave its standard input alone.
        rest = subprocess.run(["sh", "-c", '"$0" "$@" >/dev/null 2>&1; cat', paths.MQTRACK, "pull",
                               f"{server}/{self.log_pid()}", "-o", self.folder / "x.pb.gz", "--remote-mqtrack", paths.MQTRACK,
                               "--log-dir", self.log_dir, *options], input="the script's next line\n", capture_output=True,
                              text=True, timeout=300, check=True, env=self.environment)
        self.assertEqual(rest.stdout, "the script's next line\n")
        self.failures(options, server)

    def log_pid(self):
        return self.log().name.split("-")[0]

    def failures(self, options, server):
        canary = self.folder / "canary"
        for target in (f"x;touch {canary}", f"$(touch {canary})", f"`touch {canary}`", f"x'; touch {canary}; '",
                       f"-o{canary}", f"--output={canary}", f"x|touch {canary}", f"x\\' ; touch {canary}", "x\"y"):
            with self.subTest(target):
                done = self.pull(f"{server}/" + target.replace("%", "%25"), options, expect=2)
                self.assertIn("no snapshot was taken there", done.stderr)
                self.assertFalse(canary.exists())
        self.assertFalse((self.folder / "-").exists())
        done = self.mqtrack("pull", f"{server}/1", "-o", "x.pb.gz", "--remote-mqtrack", f"no mqtrack; touch {canary}",
                            *options, expect=2)
        self.assertIn("install mqtrack on it", done.stderr)
        self.assertFalse(canary.exists())
        noisy = self.folder / "noisy"
        noisy.write_text("#!/bin/sh\necho welcome\n")
        noisy.chmod(0o755)
        done = self.mqtrack("pull", f"{server}/1", "-o", "x.pb.gz", "--remote-mqtrack", noisy, *options, expect=2)
        self.assertIn("what came is no snapshot", done.stderr)
        self.assertFalse((self.folder / "x.pb.gz.part").exists())

    def test_no_server(self):
        done = self.mqtrack("pull", f"ssh://127.0.0.1:{free_port()}/1", "-o", "x.pb.gz", "--ssh-option", "BatchMode=yes",
                            expect=2)
        self.assertIn("no connection", done.stderr)
        self.assertFalse((self.folder / "x.pb.gz").exists())

    def test_a_server_that_says_nothing(self):
        """With one that is connected and silent, as one whose login asks for a password that nobody sees."""
        silent = self.folder / "bin" / "ssh"
        silent.parent.mkdir()
        silent.write_text("#!/bin/sh\ntrap '' TERM\nexec sleep 1000\n")
        silent.chmod(0o755)
        self.environment["PATH"] = f"{silent.parent}:{self.environment['PATH']}"
        done = self.mqtrack("pull", "ssh://board/1", "-o", "x.pb.gz", "--timeout", "2", expect=2)
        waiting, given_up = done.stderr.splitlines()
        self.assertIn("ssh://board has sent nothing for 1 seconds; waiting", waiting)
        self.assertIn("ssh://board: has sent nothing for 2 seconds, and was given up (--timeout)", given_up)
        self.assertFalse((self.folder / "x.pb.gz").exists())

    def test_what_is_no_address(self):
        canary = self.folder / "canary"
        for url in ("board/mosquitto", "http://board/x", "ssh://board", "ssh://board/", "ssh:///x", "ssh://@board/x",
                    f"ssh://-oProxyCommand=touch%20{canary}/x", f"ssh://-oProxyCommand=touch {canary}/x",
                    "ssh://-l@board/x", "ssh://-x/y", "ssh://a b/x", "ssh://a;b/x", "ssh://a'b/x", "ssh://board:x/y",
                    "ssh://board:0/y", "ssh://board:99999/y", "ssh://board:-1/y", "ssh://board/x%0ay", "ssh://board/x%2",
                    "ssh://board/x\ny", "ssh://[::1/x", "ssh://[-oX]/x"):
            with self.subTest(url):
                done = self.mqtrack("pull", url, "-o", "x.pb.gz", expect=2)
                self.assert_one_clear_line(done, "ssh://[user@]host[:port]/TARGET")
        self.assertFalse(canary.exists())


if __name__ == "__main__":
    unittest.main()
