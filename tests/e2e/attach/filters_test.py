"""Processes under system call filters (seccomp): attached to if the filter is shown to be harmless, else refused."""
import os
import pathlib
import subprocess
import unittest

from attached import Attached
from harness import paths, processes
from harness.waiting import wait_until

# What the C library needs to start a program and to let it wait and print.
PROGRAM = {"read": 0, "write": 1, "close": 3, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13,
           "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "access": 21, "execve": 59, "arch_prctl": 158,
           "gettid": 186, "futex": 202, "set_tid_address": 218, "clock_nanosleep": 230, "exit_group": 231, "exit": 60,
           "openat": 257, "newfstatat": 262, "fstat": 5, "set_robust_list": 273, "prlimit64": 302, "getrandom": 318, "rseq": 334,
           "clone3": 435, "clone": 56, "madvise": 28, "timer_create": 222, "timer_settime": 223, "timer_delete": 226,
           "timerfd_create": 283, "timerfd_settime": 286, "setitimer": 38, "fork": 57, "wait4": 61, "rt_sigtimedwait": 128,
           "getpid": 39, "sched_yield": 24}
# What the recorder may call beside that when it is not told to make few calls (libtrack/attach/filter_check.cc).
RECORDER = {"ftruncate": 77, "getuid": 102, "geteuid": 107, "mkdir": 83, "unlink": 87, "unlinkat": 263,
            "pwrite64": 18, "fallocate": 285, "fstatfs": 138, "prctl": 157, "readlink": 89, "getcwd": 79, "fcntl": 72,
            "getdents64": 217, "getsockopt": 55, "getpeername": 52, "getsockname": 51, "timer_gettime": 224, "timerfd_gettime": 287,
            "getitimer": 36, "sigaltstack": 131, "statfs": 137}
PASSAGE = {"socketpair": 53, "recvmsg": 47}


@unittest.skipUnless(os.uname().machine == "x86_64", "the numbers are those of x86-64")
class FiltersTest(Attached):
    def resident(self, *lists, without=(), prefix=()):
        """The program under a filter that kills for any call that is not listed."""
        allowed = {number for calls in lists for name, number in calls.items() if name not in without}
        filtered = paths.PROGRAMS.parent / "recorder" / "filtered"
        program = self.program("attach_resident", prefix=(*prefix, filtered, ",".join(map(str, sorted(allowed)))))
        program.pid = wait_until("the program", lambda: self.named(program.process.pid))
        status = pathlib.Path(f"/proc/{program.pid}/status").read_text()
        self.assertIn("Seccomp:\t2", status)
        return program

    def named(self, pid):
        if pathlib.Path(f"/proc/{pid}/comm").read_text() == "attach_resident"[:15] + "\n":
            return pid
        return next(filter(None, map(self.named, processes.children_of(pid))), None)

    def need_privileges(self):
        if os.getuid() != 0:
            self.skipTest("only root may read the filters of a process")

    def assert_works(self, program):
        for _ in range(2):
            self.attach(program.pid)
            self.assert_leak_is_found(program)
            program.ask("free")
            program.ask("join")
            self.detach(program.pid)
            program.ask()
        program.end()

    def test_one_that_allows_what_the_recorder_may_call(self):
        self.need_privileges()
        program = self.resident(PROGRAM, RECORDER)
        self.attach(program.pid)
        program.ask("fork")
        # All of them: it sees what descriptors lead to, and the names of threads.
        rows = self.rows("top", self.snapshot(program.pid, "all"), "--by", "fds")
        self.assertIn("[before attach]", [row["function"] for row in rows])
        self.detach(program.pid)
        self.assert_works(program)

    def test_one_that_allows_the_few_calls_of_the_filtered_recorder(self):
        self.need_privileges()
        self.assert_works(self.resident(PROGRAM))

    def test_one_that_forbids_what_nobody_can_do_without(self):
        self.need_privileges()
        for missing in ("openat", "mprotect"):
            with self.subTest(missing):
                # It starts before the filter forbids it: only threads that come later have the filter.
                program = self.late(missing)
                refused = self.mqtrack("attach", "--log-dir", self.log_dir, program.pid, expect=3)
                self.assert_one_clear_line(refused, "does not allow " + missing, "mqtrack run")
                program.ask()
                program.end()

    def late(self, missing):
        """A program that forbids itself one call once it runs."""
        number = {**PROGRAM, **RECORDER}[missing]
        program = self.program("attach_resident")
        program.ask(f"forbid {number}")
        return program

    def test_in_a_namespace_of_its_own(self):
        """As a container's runtime does it: the filter is there, and the files are others."""
        self.need_privileges()
        options = ("-m", "-p", "-f", "--mount-proc", "--kill-child")
        done = subprocess.run(["unshare", *options, "true"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            self.skipTest(f"unshare is not allowed here: {done.stderr.strip()}")
        self.assert_works(self.resident(PROGRAM, RECORDER, PASSAGE, prefix=("unshare", *options)))
        program = self.resident(PROGRAM, RECORDER, prefix=("unshare", *options))
        refused = self.mqtrack("attach", "--log-dir", self.log_dir, program.pid, expect=3)
        self.assert_one_clear_line(refused, "does not allow socketpair")
        program.ask()
        program.end()

    def test_without_the_privilege_to_read_it(self):
        """A user's own process with a filter: only somebody with CAP_SYS_ADMIN may see what it says."""
        self.need_privileges()
        program = self.resident(PROGRAM, RECORDER)
        drop = ("setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin")
        refused = self.mqtrack("attach", "--log-dir", self.log_dir, program.pid, expect=3, prefix=drop)
        self.assert_one_clear_line(refused, "seccomp", "SYS_ADMIN", "mqtrack run")
        program.ask()
        program.end()


if __name__ == "__main__":
    unittest.main()
