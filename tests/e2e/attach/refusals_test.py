"""What cannot be attached to: one sentence that says why, and a process that goes on untouched."""
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import unittest

from attached import Attached, Program
from harness import paths, processes
from harness.waiting import wait_until


class RefusalsTest(Attached):
    def refused(self, target, *words, expect=3, verb="attach", options=()):
        self.assert_one_clear_line(self.mqtrack(verb, *options, target, expect=expect), *words)

    def sleeper(self, *command):
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE)
        self.addCleanup(process.stdin.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_a_thread_that_stands_inside_the_allocator(self):
        program = self.program("attach_lock_holder")
        self.refused(program.pid, "waits inside malloc_stats", "nothing was changed", options=["--timeout", 5])
        program.ask()
        program.end()

    def test_recorded_already(self):
        program = self.program("attach_hammer", 1)
        self.refused(program.pid, "is not attached", verb="detach", expect=2)
        self.attach(program.pid)
        self.refused(program.pid, "is recorded already", expect=2)
        self.detach(program.pid)
        self.refused(program.pid, "is not attached", verb="detach", expect=2)
        program.end()

    def test_started_under_the_recorder(self):
        preloaded = self.start("sleep", *self.recorded(), "sleep", "100")
        pid = wait_until("sleep", lambda: processes.children_of(preloaded.pid))[0]
        wait_until("it to be recorded", lambda: list(self.log_dir.glob(f"{pid}-*.log")))
        self.refused(pid, "is recorded already", "started under the recorder", expect=2)
        self.refused(pid, "was started under the recorder", verb="detach", expect=2)

    def test_no_such_process(self):
        self.refused("4194304", "no such process", expect=2)
        self.refused("no-such-name", "no process has this name", expect=2)

    def test_suspended(self):
        sleeper = self.sleeper("sleep", "100")
        os.kill(sleeper.pid, signal.SIGSTOP)
        os.waitpid(sleeper.pid, os.WUNTRACED)
        self.refused(sleeper.pid, "is suspended", "kill -CONT")

    def test_static_program(self):
        sleeper = self.sleeper(paths.PROGRAMS.parent / "statically_linked", "wait")
        wait_until("it to run", lambda: os.readlink(f"/proc/{sleeper.pid}/exe").endswith("statically_linked"))
        self.refused(sleeper.pid, "statically linked")

    @unittest.skipUnless(os.getuid() == 0, "only root can become another user")
    def test_another_user(self):
        program = self.program("attach_hammer", 1)
        mqtrack = shutil.copy(paths.MQTRACK, self.folder)  # the build's folder may be private
        done = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", mqtrack, "attach",
                               str(program.pid)], env=self.environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 3)
        self.assert_one_clear_line(done, "root")
        program.ask()
        program.end()

    @unittest.skipUnless(os.getuid() == 0, "only root has capabilities to drop")
    def test_root_without_the_capability_to_trace(self):
        program = self.program("attach_hammer", 1)
        drop = ("setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace")
        for verb in ("attach", "threads"):
            done = self.mqtrack(verb, program.pid, expect=3, prefix=drop)
            self.assert_one_clear_line(done, "no permission", "SYS_PTRACE")
        program.ask()
        program.end()

    def test_a_machine_where_users_may_not_trace_their_own(self):
        scope = pathlib.Path("/proc/sys/kernel/yama/ptrace_scope")
        if not scope.exists() or scope.read_text().strip() not in "12" or os.getuid() != 0:
            self.skipTest("needs root, and a kernel with Yama whose ptrace_scope is 1 or 2")
        nobody = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
        sleeper = self.sleeper(*nobody, "sleep", "100")
        wait_until("setpriv to become sleep", lambda: self.comm(sleeper.pid) == "sleep")
        mqtrack = shutil.copy(paths.MQTRACK, self.folder)
        done = subprocess.run([*nobody, mqtrack, "attach", str(sleeper.pid)], env=self.environment, capture_output=True,
                              text=True, check=False)
        self.assert_one_clear_line(done, "ptrace_scope", "sudo")

    def test_a_program_on_musl(self):
        if shutil.which("musl-gcc") is None:
            self.skipTest("musl-gcc of musl-tools is not installed")
        program = self.folder / "on_musl"
        source = "#include <stdio.h>\nint main(void) { puts(\"ready\"); fflush(stdout); getchar(); return 0; }\n"
        subprocess.run(["musl-gcc", "-x", "c", "-", "-o", program], input=source, text=True, check=True)
        started = Program(program)
        self.addCleanup(started.stop)
        self.refused(started.pid, "runs on musl", "use a glibc build")
        started.end()

    def test_a_32_bit_program(self):
        program = self.folder / "of_32_bits"
        program.write_bytes(program_of_32_bits())
        program.chmod(0o755)
        try:
            sleeper = self.sleeper(program)
        except OSError as failure:
            self.skipTest(f"this kernel does not run 32-bit programs: {failure}")
        wait_until("it to run", lambda: self.comm(sleeper.pid) == "of_32_bits")
        self.refused(sleeper.pid, "32-bit", expect=2)
        self.assertIsNone(sleeper.poll())

    @staticmethod
    def comm(pid):
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()

    def test_traced_by_another_program(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        program = self.program("attach_hammer", 1)
        strace = subprocess.Popen(["strace", "-f", "-o", self.folder / "trace", "-p", str(program.pid)],
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(strace.wait)
        self.addCleanup(strace.terminate)
        status = pathlib.Path(f"/proc/{program.pid}/status")
        wait_until("strace to trace it", lambda: f"TracerPid:\t{strace.pid}\n" in status.read_text() or strace.poll())
        if strace.poll() is not None:
            self.skipTest("strace may not trace here")
        self.refused(program.pid, f"already traced by strace (pid {strace.pid})", "only one program may")
        strace.terminate()
        strace.wait()
        self.attach(program.pid)
        self.detach(program.pid)
        program.end()

    def test_a_zombie(self):
        child = subprocess.Popen(["true"])
        self.addCleanup(child.wait)
        wait_until("it to end", lambda: "State:\tZ" in pathlib.Path(f"/proc/{child.pid}/status").read_text())
        self.refused(child.pid, "zombie", expect=2)

    def test_a_thread_of_the_kernel(self):
        kernel = pathlib.Path("/proc/2/comm")
        if not kernel.exists() or kernel.read_text() != "kthreadd\n":
            self.skipTest("threads of the kernel are not seen in here")
        self.refused(2, "thread of the kernel", expect=2)

    def test_itself(self):
        done = subprocess.run(["sh", "-c", 'exec "$0" attach $$', paths.MQTRACK], env=self.environment,
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)
        self.assert_one_clear_line(done, "cannot", "itself")


def program_of_32_bits():
    """A file of 32-bit ELF that waits for a signal for ever: pause, and again."""
    code = bytes.fromhex("b81d000000" "cd80" "ebf7")
    base, start = 0x10000, 52 + 32
    header = b"\x7fELF" + bytes([1, 1, 1]) + bytes(9) + struct.pack(
        "<HHIIIIIHHHHHH", 2, 3, 1, base + start, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    segment = struct.pack("<IIIIIIII", 1, 0, base, base, start + len(code), start + len(code), 5, 0x1000)
    return header + segment + code


if __name__ == "__main__":
    unittest.main()
