"""`mqtrack run` gets out of the way of its command; list and clean show and remove what it left."""
import ctypes
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import unittest

from harness import paths
from harness.case import EndToEnd
from harness.processes import children_of, end, is_alive
from harness.waiting import wait_until

NEEDS_ROOT = unittest.skipUnless(os.getuid() == 0, "needs root, to make a program another user's")
NOBODY = 65534
# A daemon in few words: the parent ends, the child lives in a session of its own and keeps none of our pipes.
DAEMON = """import os, signal
if os.fork(): os._exit(0)
os.setsid()
for fd in range(3): os.dup2(os.open("/dev/null", os.O_RDWR), fd)
signal.pause()"""


LIBC = ctypes.CDLL(None)
SYS_RT_SIGACTION, SYS_RT_SIGPROCMASK = 13, 14  # the C library refuses the two signals that it keeps for itself

EVERY_SIGNAL = set(range(1, 65)) - {signal.SIGKILL, signal.SIGSTOP}


def bits_of(signals):
    return sum(1 << (number - 1) for number in signals)


def limit_files(number_of_bytes):
    resource.setrlimit(resource.RLIMIT_FSIZE, (number_of_bytes, resource.RLIM_INFINITY))


class RunTest(EndToEnd):
    def run_recorded(self, *command, options=(), **arguments):
        return subprocess.run([*self.recorded(*options), *map(str, command)], env=self.environment, cwd=self.folder,
                              capture_output=True, text=True, timeout=300, check=False, **arguments)

    def listed(self):
        return json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]

    # --- status, streams, signals

    def test_exit_status_is_the_commands(self):
        for status in (0, 1, 2, 3, 77, 255):
            self.assertEqual(self.run_recorded("sh", "-c", f"exit {status}").returncode, status)

    def test_death_by_signal(self):
        self.assertEqual(self.run_recorded("sh", "-c", "kill -KILL $$").returncode, 128 + signal.SIGKILL)
        self.assertEqual(self.run_recorded("sh", "-c", "kill -SEGV $$").returncode, 128 + signal.SIGSEGV)

    def test_streams_are_the_commands(self):
        done = self.run_recorded("sh", "-c", "cat; echo err >&2", input="in", options=("-q",))
        self.assertEqual((done.stdout, done.stderr), ("in", "err\n"))

    def test_one_line_says_what_it_does(self):
        done = self.run_recorded("sleep", "0")
        self.assertEqual(done.stderr, "mqtrack: recording sleep; take a snapshot from another terminal with: "
                                      "mqtrack snapshot sleep\n")

    def test_double_dash_may_be_left_out(self):
        done = subprocess.run([paths.MQTRACK, "run", "-q", "--log-limit", "1GiB", "sh", "-c", "exit 5"],
                              env=self.environment, timeout=300, check=False)
        self.assertEqual(done.returncode, 5)

    def test_signals_are_passed_on(self):
        script = "trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.05; done"
        service = self.start("service", *self.recorded("-q"), "sh", "-c", script)
        service.wait_for_line("ready")
        service.process.send_signal(signal.SIGTERM)
        self.assertEqual(service.wait(), 9)
        self.assertIn("got", service.out.read_text())

    def test_broken_pipe_is_the_commands_own(self):
        """The command finds SIGPIPE as it would without mqtrack: deadly."""
        script = f'{shlex.quote(paths.MQTRACK)} run -q -- yes | head -1 >/dev/null; exit "${{PIPESTATUS[0]}}"'
        done = subprocess.run(["bash", "-c", script], env=self.environment, timeout=300, check=False)
        self.assertEqual(done.returncode, 128 + signal.SIGPIPE)

    def test_signals_are_inherited_as_they_were_given(self):
        """Ignored ones stay ignored and blocked ones blocked, of all 64; nothing is ignored that was not."""
        for ignored, blocked in ((set(), set()), ({signal.SIGCHLD, signal.SIGPIPE}, {signal.SIGCHLD, signal.SIGUSR1}),
                                 ({signal.SIGABRT, signal.SIGXFSZ}, {signal.SIGALRM}), ({32, 33}, {32, 33}), (EVERY_SIGNAL, EVERY_SIGNAL)):
            with self.subTest(ignored=sorted(map(int, ignored)), blocked=sorted(map(int, blocked))):
                plain = self.signals_of(ignored, blocked)
                self.assertEqual((plain["SigIgn"], plain["SigBlk"]), (bits_of(ignored), bits_of(blocked)))
                self.assertEqual(self.signals_of(ignored, blocked, *self.recorded("-q")), plain)

    def signals_of(self, ignored, blocked, *runner):
        def give():
            for number in EVERY_SIGNAL:
                action = (ctypes.c_uint64 * 4)(number in ignored, 0, 0, 0)
                assert LIBC.syscall(SYS_RT_SIGACTION, number, action, None, 8) == 0
            assert LIBC.syscall(SYS_RT_SIGPROCMASK, 2, ctypes.byref(ctypes.c_uint64(bits_of(blocked))), None, 8) == 0
        done = subprocess.run([*runner, "cat", "/proc/self/status"], env=self.environment, cwd=self.folder,
                              capture_output=True, text=True, timeout=300, check=True, restore_signals=False, preexec_fn=give)
        found = dict(line.split(":\t") for line in done.stdout.splitlines() if ":\t" in line)
        return {name: int(found[name], 16) for name in ("SigIgn", "SigBlk", "SigCgt")}

    # --- a limit on the size of files

    def test_a_limit_on_file_sizes_is_no_death(self):
        """The command runs unrecorded, and what is said names the limit."""
        for kibibytes in (0, 2, 100, 1000):
            with self.subTest(kibibytes=kibibytes):
                done = self.run_recorded("sh", "-c", "ulimit -f; exit 3", preexec_fn=lambda: limit_files(kibibytes * 1024))
                self.assertEqual((done.returncode, done.stdout.split()), (3, [str(kibibytes * 2)]))
                self.assertRegex(done.stderr, r"^mqtrack: warning: sh will not be recorded: [^\n]*ulimit -f[^\n]*4 MiB[^\n]*\n$")

    def test_the_command_dies_of_its_own_file_size_limit(self):
        done = self.run_recorded("sh", "-c", "head -c 9000 /dev/zero > long; exit $?", preexec_fn=lambda: limit_files(8192))
        self.assertEqual(done.returncode, 128 + signal.SIGXFSZ)

    def test_a_file_beyond_the_limit_is_an_error(self):
        self.run_recorded("sh", "-c", "exit 0", options=("--snapshot-at-exit", "whole.pb.gz"))
        for words in (("top", "whole.pb.gz", "--format", "json"), ("report", "whole.pb.gz", "--format", "json", "-o", "page.json")):
            with self.subTest(words=words), open(self.folder / "printed", "wb") as printed:
                done = subprocess.run([paths.MQTRACK, *words], env=self.environment, cwd=self.folder, stdout=printed,
                                      stderr=subprocess.PIPE, text=True, timeout=300, check=False,
                                      preexec_fn=lambda: limit_files(100))
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertRegex(done.stderr, r"(?m)^mqtrack: [^\n]*cannot write[^\n]*ulimit -f[^\n]*100 ")

    # --- what cannot be recorded

    def test_no_such_command(self):
        done = self.mqtrack("run", "--", "no-such-program", expect=2)
        self.assert_one_clear_line(done, "mqtrack: ", "no-such-program")

    def test_not_executable(self):
        (self.folder / "words").write_text("hello")
        self.assert_one_clear_line(self.mqtrack("run", "--", "./words", expect=2), "words")

    def test_static_binary(self):
        done = self.mqtrack("run", "--", paths.PROGRAMS / "statically_linked", expect=3)
        self.assert_one_clear_line(done, "statically_linked", "statically linked")

    @NEEDS_ROOT
    def test_setuid_binary(self):
        program = self.folder / "setuid_program"
        shutil.copy(shutil.which("true"), program)
        os.chown(program, NOBODY, NOBODY)
        program.chmod(stat.S_ISUID | 0o755)
        self.assert_one_clear_line(self.mqtrack("run", "--", program, expect=3), "setuid_program", "set-uid")

    def test_command_that_throws_the_recorder_out(self):
        done = self.run_recorded("env", "-i", "sh", "-c", "exec sleep 0")
        self.assertEqual(done.returncode, 0)
        # env itself was recorded; what it started was not, and nothing went wrong.
        self.assertIn("recording env", done.stderr)

    # --- the snapshot at exit

    def test_snapshot_at_exit(self):
        done = self.run_recorded("sh", "-c", "exit 4", options=("--snapshot-at-exit", "exit.pb.gz"))
        self.assertEqual(done.returncode, 4)
        self.assertRegex(done.stderr, r"mqtrack: wrote exit\.pb\.gz: .* live in \d+ blocks? from \d+ stacks?")
        self.mqtrack("top", "exit.pb.gz")

    def test_snapshot_at_exit_of_what_was_killed_has_a_time(self):
        file = self.folder / "killed.pb.gz"
        done = self.run_recorded("sh", "-c", "kill -KILL $$", options=("--snapshot-at-exit", file))
        self.assertEqual(done.returncode, 128 + signal.SIGKILL)
        self.assertIn("was ended by SIGKILL", done.stderr)
        self.assertRegex(self.mqtrack("top", file).stdout, r"of    \S+  20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC")

    def test_snapshot_at_exit_says_how_it_ended(self):
        for command, words in (("exit 4", "exited 4"), ("kill -SEGV $$", "was ended by SIGSEGV")):
            self.run_recorded("sh", "-c", command, options=("--crash-report", "--snapshot-at-exit", "ended.pb.gz"))
            self.assertIn(words, self.mqtrack("top", "ended.pb.gz").stderr)
        self.run_recorded("sh", "-c", "(kill -ABRT $(sh -c 'echo $PPID')); exit 5",
                          options=("--crash-report", "--snapshot-at-exit", "children/"))
        said = [self.mqtrack("top", file).stderr for file in sorted((self.folder / "children").glob("*.pb.gz"))]
        self.assertTrue(any("exited 5" in text for text in said), said)

    def test_a_program_that_was_replaced_by_an_unrecorded_one(self):
        service = self.start("service", *self.recorded("-q"), sys.executable, "-c",
                             "import os; os.execve('/bin/sleep', ['sleep', '3600'], {})")
        (pid,) = wait_until("the command", lambda: children_of(service.pid))
        wait_until("it to be replaced", lambda: [process for process in self.listed() if process["state"] == "unrecorded"])
        self.assertIn(f"(pid {pid}) is recorded no more", self.mqtrack("top", pid).stderr)
        done = self.mqtrack("gate", pid, "--max-total", "1GiB", expect=3)
        self.assertIn(f"(pid {pid}) is recorded no more", done.stdout)
        end(pid)

    def test_snapshot_at_exit_that_cannot_be_written(self):
        """Said before the command runs, which may take hours."""
        for file in ("no/such/file", "no/such/folder/"):
            done = self.run_recorded("touch", "it_ran", options=("--snapshot-at-exit", file))
            self.assertEqual(done.returncode, 2)
            self.assert_one_clear_line(done, f"mqtrack: {file}: ")
            self.assertFalse((self.folder / "it_ran").exists())

    def test_snapshot_at_exit_whose_folder_goes_away(self):
        for status, code in ((0, 3), (4, 4)):
            (self.folder / "out").mkdir()
            done = self.run_recorded("sh", "-c", f"rmdir out; exit {status}",
                                     options=("--snapshot-at-exit", "out/exit.pb.gz"))
            self.assertEqual(done.returncode, code)
            self.assertIn("mqtrack: out/exit.pb.gz: ", done.stderr)

    def test_log_limit_that_holds_no_log(self):
        done = self.run_recorded("touch", "it_ran", options=("--log-limit", "64KiB"))
        self.assertEqual(done.returncode, 2)
        self.assert_one_clear_line(done, "mqtrack: --log-limit: a log needs at least 16 MiB")
        self.assertFalse((self.folder / "it_ran").exists())

    # --- daemons

    def test_what_is_left_out_is_said(self):
        file = self.folder / "out.pb.gz"
        options = ("--without", "timers,threads", "--without", "threads", "--snapshot-at-exit", file)
        self.assertEqual(self.run_recorded("sh", "-c", "exit 0", options=options).returncode, 0)
        self.assertEqual(self.listed()[0]["not_recorded"], ["threads", "timers"])
        self.assertIn("exact without threads,timers", self.mqtrack("list").stdout)
        done = self.mqtrack("gate", file, "--max-total", "threads=0", expect=3)
        self.assertIn("threads were not recorded (mqtrack run --without threads)", done.stdout + done.stderr)
        self.mqtrack("gate", file, "--max-total", "inuse_space=1GiB")

    def test_the_heap_can_be_left_out(self):
        file = self.folder / "out.pb.gz"
        done = self.run_recorded("sh", "-c", "exit 0", options=("--without", "heap", "--snapshot-at-exit", file))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(self.mqtrack("top", file, "--by", "threads", "--format", "json").stdout)["sites"], [])
        self.mqtrack("gate", file, "--max-total", "inuse_space=1GiB", expect=3)
        self.assertEqual(self.mqtrack("list").stderr, "")

    def test_nothing_else_can_be_left_out(self):
        done = self.run_recorded("true", options=("--without", "threads,file"))
        self.assertEqual(done.returncode, 2)
        for word in ("--without", '"file"', "heap, threads, timers, fds"):
            self.assertIn(word, done.stderr)

    def test_daemon_goes_on(self):
        done = self.run_recorded(sys.executable, "-c", DAEMON)
        self.assertEqual(done.returncode, 0)
        (daemon,) = [process for process in self.listed() if process["state"] == "alive"]
        self.addCleanup(end, daemon["pid"])
        self.assertIn(f"(pid {daemon['pid']}) goes on under the recorder; take a snapshot with: "
                      f"mqtrack snapshot {daemon['pid']}\n", done.stderr)
        self.assertTrue(is_alive(daemon["pid"]))
        self.mqtrack("snapshot", daemon["pid"], "-o", "daemon.pb.gz")

    # --- other users

    def closed_mqtrack(self):
        """mqtrack and its recorder in a folder that only root may enter, like a checkout below /root."""
        folder = self.folder / "closed"
        folder.mkdir()
        for file in (paths.MQTRACK, paths.RECORDER):
            shutil.copy(file, folder)
        folder.chmod(0o700)
        return folder

    def as_nobody(self, *command):
        return ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command)

    def run_closed(self, folder, *command):
        done = subprocess.run([folder / "mqtrack", "run", "--", *command], env=self.environment, cwd="/", capture_output=True,
                              text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return [line for line in done.stderr.splitlines() if line.startswith("mqtrack: warning")]

    def reason(self, folder):
        return (f"user id {NOBODY} cannot read the recorder, since {folder} is closed to that user; install mqtrack where "
                "everybody may read it (cmake --install build/release)")

    @NEEDS_ROOT
    def test_a_program_that_goes_on_as_another_user_is_recorded(self):
        del self.environment["MQTRACK_LOG_DIR"]  # that folder is root's
        everybodys = self.folder / "mqtrack"
        everybodys.mkdir()
        for file in (paths.MQTRACK, paths.RECORDER):
            shutil.copy(file, everybodys)
        all_of_it = self.folder / "all"
        done = subprocess.run([everybodys / "mqtrack", "run", "--snapshot-at-exit", f"{all_of_it}/", "--",
                               *self.as_nobody("ls", "/")], env=self.environment, cwd="/", capture_output=True, text=True,
                              timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(list(all_of_it.glob("ls-*.pb.gz"))), 1, done.stderr)
        self.assertNotIn("which was not recorded", done.stderr)
        self.mqtrack("gate", f"{all_of_it}/", "--max-total", "1GiB")

    @NEEDS_ROOT
    def test_a_program_of_a_user_who_cannot_read_the_recorder(self):
        folder = self.closed_mqtrack()
        self.assertEqual(self.run_closed(folder, *self.as_nobody("sleep", "0")),
                         [f"mqtrack: warning: sleep was not recorded: {self.reason(folder)}"])
        self.assertEqual(self.run_closed(folder, "sleep", "0"), [])
        folder.chmod(0o711)
        self.log_dir.chmod(0o711)  # where the other user finds it and may not write
        self.assertEqual([line for line in self.run_closed(folder, *self.as_nobody("sleep", "0")) if "cannot read" in line], [])

    @NEEDS_ROOT
    def test_a_daemon_of_a_user_who_cannot_read_the_recorder(self):
        folder = self.closed_mqtrack()
        (line,) = self.run_closed(folder, *self.as_nobody("/usr/bin/env", "python3", "-c", DAEMON))
        self.assertRegex(line, r"\Amqtrack: warning: python3\S* \(pid \d+\) goes on, but is not recorded: " +
                         re.escape(self.reason(folder)) + r"\Z")
        end(int(re.search(r"pid (\d+)", line).group(1)))

    # --- list and clean

    def test_list_and_clean(self):
        self.assertEqual(self.mqtrack("list").stdout, "")
        self.assertIn("no recorded process", self.mqtrack("list").stderr)
        self.assertEqual(self.mqtrack("clean").stdout, "no logs of dead processes\n")
        service = self.start("service", *self.recorded("-q"), "sleep", "3600")
        (pid,) = wait_until("sleep to start", lambda: children_of(service.pid))
        wait_until("its log", lambda: self.listed())
        self.run_recorded("true")
        states = {process["name"]: process["state"] for process in self.listed()}
        self.assertEqual(states, {"sleep": "alive", "true": "ended"})
        table = self.mqtrack("list").stdout.splitlines()
        self.assertEqual(table[0].split(), ["PID", "NAME", "STATE", "END", "HOW", "MODE", "AGE", "LIVE", "BLOCKS", "MISSED",
                                            "SIZE"])
        self.assertEqual(table[1].split()[:3], [str(pid), "sleep", "alive"])
        self.assertIn(" exact ", table[1])
        self.assertIn("sleep 3600", self.mqtrack("list", "-v").stdout)

        would = self.mqtrack("clean", "--dry-run")
        self.assertRegex(would.stdout, r"\Awould remove 1 log of a dead process, .+B\n\Z")
        self.assertEqual(len(self.listed()), 2)
        self.assertRegex(self.mqtrack("clean").stdout, r"\Aremoved 1 log of a dead process, .+B\n\Z")
        self.assertEqual([process["name"] for process in self.listed()], ["sleep"])

        end(pid, signal.SIGKILL)
        self.assertEqual(service.wait(), 128 + signal.SIGKILL)
        self.assertEqual([process["state"] for process in self.listed()], ["dead"])
        self.mqtrack("top", pid)
        self.mqtrack("clean", "-q")
        self.assertEqual(self.listed(), [])

    @NEEDS_ROOT
    def test_root_leaves_the_logs_of_others(self):
        folder = self.closed_mqtrack()
        folder.chmod(0o755)
        environment = {name: value for name, value in self.environment.items() if name != "MQTRACK_LOG_DIR"}
        place = pathlib.Path(f"/dev/shm/mqtrack-{NOBODY}")
        before = set(place.glob("*.log"))
        subprocess.run([*self.as_nobody(folder / "mqtrack"), "run", "-q", "--", "sleep", "1.1"], env=environment, cwd="/",
                       timeout=300, check=True)
        log, = set(place.glob("*.log")) - before
        self.addCleanup(log.unlink, missing_ok=True)
        self.environment = environment
        # Nothing is removed here: the logs in root's own directory are not this test's.
        asked, unasked = self.mqtrack("clean", "--dry-run", "--everyone"), self.mqtrack("clean", "--dry-run")
        self.assertIn(str(log), asked.stderr)
        self.assertNotIn(str(log), unasked.stderr)
        self.assertRegex(unasked.stderr, r"left alone: \d+ logs? of (a dead process|dead processes) of other users, .+B; "
                                         r"--everyone removes them, too\n")
        self.mqtrack("clean", log.name.split("-")[0])
        self.assertFalse(log.exists())

    def pid_written(self):
        """What stands in the file, unless it is still from before the run."""
        try:
            pid = (self.folder / "pid").read_text()
        except FileNotFoundError:
            return ""
        return "" if pid == "1\n" else pid

    def test_a_pid_file(self):
        self.assert_one_clear_line(self.mqtrack("run", "--pid-file", "no/such/pid", "--", "true", expect=2), "no/such/pid")
        (self.folder / "pid").write_text("1\n")
        service = self.start("service", *self.recorded("-q", "--pid-file", str(self.folder / "pid")), "sleep", "3600")
        pid = wait_until("the pid", self.pid_written)
        self.assertEqual([int(pid)], children_of(service.pid))
        self.mqtrack("snapshot", pid.strip(), "--wait", "60", "-o", "now.pb.gz")

    def test_log_that_is_none(self):
        (self.log_dir / "4194303-1.log").write_bytes(b"not a log")
        done = self.mqtrack("list")
        self.assertIn(f"mqtrack: warning: {self.log_dir}/4194303-1.log: ", done.stderr)
        self.assertIn("left alone: ", self.mqtrack("clean").stderr)
        self.assertTrue((self.log_dir / "4194303-1.log").exists())

    def test_a_look_does_not_start_a_generation(self):
        service = self.start("service", *self.recorded("-q"), "sleep", "3600")
        wait_until("its log", lambda: self.listed())

        def generation():
            return self.listed()[0]["generation"]
        first = generation()
        self.mqtrack("top", "sleep")
        self.mqtrack("snapshot", "sleep", "-o", "x.pb.gz", "--keep-generation")
        self.assertEqual(generation(), first)
        self.mqtrack("snapshot", "sleep", "-o", "x.pb.gz")
        self.assertEqual(generation(), first + 1)
        self.assertIsNone(service.process.poll())

    def test_what_top_recommends(self):
        """What runs is the later side of the comparison that comes next; of what has ended there will be none."""
        service = self.start("service", *self.recorded("-q"), "sleep", "3600")
        wait_until("its log", lambda: self.listed() and self.listed()[0]["live_blocks"])
        (pid,) = children_of(service.pid)
        for target in ("sleep", pid, self.listed()[0]["log"]):
            asked = f"--by inuse_objects --ignore 'no such' --log-dir {self.log_dir}"
            lines = self.mqtrack("top", target, *shlex.split(asked)).stdout.splitlines()
            self.assertEqual(lines[-3:], [
                "Big is not leaking: take a snapshot now, and see after some traffic what grew since:",
                f"  mqtrack snapshot {target} -o before.pb.gz --log-dir {self.log_dir}",
                f"  mqtrack diff before.pb.gz {target} {asked}"])
            for line in lines[-2:]:
                self.assertNotIn("swapped", self.mqtrack(*shlex.split(line)[1:]).stderr)
        log = self.listed()[0]["log"]
        end(pid, signal.SIGKILL)
        service.wait()
        for target in ("sleep", pid, log):
            self.assertNotIn("Big is not leaking", self.mqtrack("top", target).stdout)

    def test_the_program_in_this_folder_does_not_hide_its_process(self):
        """The recipe for CI: `mqtrack run -- ./service &`, and then snapshots of `service`."""
        shutil.copyfile(shutil.which("sleep"), self.folder / "service")
        (self.folder / "service").chmod(0o755)
        self.start("service", *self.recorded("-q"), self.folder / "service", "3600")
        wait_until("its log", lambda: self.listed() and self.listed()[0]["live_blocks"])
        self.mqtrack("snapshot", "service", "-o", "before.pb.gz")
        self.mqtrack("threads", "service")
        self.assertEqual(self.mqtrack("gate", "--base", "before.pb.gz", "service", "--max-total", "1MiB").returncode, 0)
        self.assert_one_clear_line(self.mqtrack("snapshot", "./service", "-o", "x.pb.gz", expect=2), "is a program")

    def test_limits_that_are_meant_for_the_service(self):
        leaver, counts = paths.PROGRAMS / "leaver", ("466", "1000")
        for kib in (256, 128, 64, 48):
            with self.subTest(stack=kib):
                command = shlex.join(map(str, [paths.MQTRACK, "run", "--snapshot-at-exit", f"{kib}.pb.gz", "--", "sh", "-c",
                                               f"ulimit -s; exec {shlex.join([str(leaver), *counts])}"]))
                done = subprocess.run(["sh", "-c", f"ulimit -s {kib}; {command}"], env=self.environment, cwd=self.folder,
                                      capture_output=True, text=True, timeout=300, check=False)
                self.assertEqual((done.returncode, done.stdout), (0, f"{kib}\n"), done.stderr)
                row, = self.rows("top", f"{kib}.pb.gz")
                self.assertEqual((row["function"], row["value"]), ("LeaveBehind", 466000))
        done = subprocess.run(["sh", "-c", f"ulimit -n 4; {shlex.join(map(str, [*self.recorded('-q'), leaver, *counts]))}"],
                              env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(done.returncode, 3)
        self.assert_one_clear_line(done, "leaver", "Too many open files; allow more open files (ulimit -n)")

    def test_a_list_of_many_looks_at_each_once(self):
        self.run_recorded("env", "MQTRACK_KEEP_LOGS=1", str(paths.PROGRAMS / "leaver"), "children", "40", "5", "100")
        traced = subprocess.run(["strace", "-f", "-e", "trace=openat", "-o", "calls", paths.MQTRACK, "list"],
                                env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=300, check=False)
        self.assertEqual(traced.returncode, 0, traced.stderr)
        logs = len(self.listed())
        self.assertGreaterEqual(logs, 40)
        opened = (self.folder / "calls").read_text(encoding="utf-8").count(".log\"")
        self.assertLess(opened, 6 * logs, "every log was opened for every log")

    def test_sampled_mode_is_shown(self):
        self.run_recorded("true", options=("--sample", "512KiB"))
        self.assertEqual([(p["mode"], p["sample_bytes"]) for p in self.listed()], [("sampled", 512 << 10)])
        self.assertIn("1 in 512 KiB", self.mqtrack("list").stdout)


if __name__ == "__main__":
    unittest.main()
