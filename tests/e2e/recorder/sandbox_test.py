"""A broker under a system call filter that was there before it, and kills for any call that the broker does not need."""
import os
import signal
import subprocess
import unittest

from recording import Recording, find_program
from real_programs_test import free_port

# What strace -f -c shows of Debian 12's mosquitto with persistence and QoS 1 clients, without the recorder; x86-64.
NEEDED = {
    "read": 0, "write": 1, "close": 3, "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13,
    "rt_sigprocmask": 14, "rt_sigreturn": 15, "pread64": 17, "access": 21, "getpid": 39, "socket": 41, "accept": 43,
    "bind": 49, "listen": 50, "getsockname": 51, "getpeername": 52, "setsockopt": 54, "execve": 59, "fcntl": 72, "fsync": 74,
    "rename": 82, "unlink": 87, "umask": 95, "geteuid": 107, "prctl": 157, "arch_prctl": 158, "futex": 202,
    "epoll_create": 213, "set_tid_address": 218, "exit_group": 231, "epoll_wait": 232, "epoll_ctl": 233, "openat": 257,
    "newfstatat": 262, "set_robust_list": 273, "prlimit64": 302, "getrandom": 318, "rseq": 334,
}
# Debian 13's, with a C library that makes another call of fstat, looks up names more.
if tuple(map(int, os.confstr("CS_GNU_LIBC_VERSION").split()[1].split("."))) >= (2, 39):
    NEEDED.update({"fstat": 5, "sendto": 44, "getuid": 102, "getgid": 104})


class Sandbox(Recording):
    def broker(self, environment):
        """A broker under the filter that has served."""
        allowed = ",".join(map(str, sorted(NEEDED.values())))
        port = free_port()
        config = self.folder / f"{port}.conf"
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\n"
                          f"persistence_location {self.folder}/\npersistence_file {port}.db\n")
        process = subprocess.Popen([self.program("filtered"), allowed, find_program("mosquitto"), "-c", str(config)],
                                   env=environment, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        self.addCleanup(process.stdout.close)
        self.addCleanup(lambda: process.poll() is None and (process.kill(), process.wait()))
        first = [find_program("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", "first", "-m", "x"]

        def serves():
            self.assertIsNone(process.poll(), "ended early")
            return subprocess.run(first, env=self.plain, capture_output=True, timeout=300, check=False).returncode == 0
        self.wait_until("the broker to serve", serves)
        for i in range(10):
            subprocess.run([find_program("mosquitto_pub"), "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-r", "-t", f"topic/{i}", "-m", "x" * 7001],
                           env=self.plain, check=True, timeout=300)
        heard = subprocess.run([find_program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", "topic/#", "-C", "10", "-W", "200"],
                               env=self.plain, capture_output=True, timeout=300, check=True).stdout
        self.assertEqual(heard, (b"x" * 7001 + b"\n") * 10)
        return process

    def end(self, process):
        process.send_signal(signal.SIGUSR1)  # save now
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=300)[0].decode()
        self.assertEqual(process.returncode, 0, said)
        return said

    def test_the_list_is_what_the_broker_needs(self):
        self.end(self.broker(self.plain))

    def test_a_broker_under_it_is_recorded(self):
        process = self.broker(self.recorded)
        log = self.log_of_the_broker()
        self.assertEqual(log.losses, {})
        self.assertGreater(log.inserted, 300)
        self.assertGreaterEqual(log.sizes()[7001] + log.sizes()[7002], 10, "each retained message has its payload")
        self.snapshot(log.path)
        self.end(process)
        log = self.log_of_the_broker()
        self.assert_exact(log)
        self.assertEqual((log.state, log.pid), (2, process.pid))

    def log_of_the_broker(self):
        logs = [log for log in self.logs() if log.exe.endswith("mosquitto")]
        self.assertEqual(len(logs), 1, [log.exe for log in self.logs()])
        return logs[0]

    def test_a_log_limit_is_what_it_gets_at_once(self):
        for limit, expected in ((2 << 20, 2 << 20), (4 << 30, 16 << 20)):
            with self.subTest(limit):
                self.end(self.broker({**self.recorded, "MQTRACK_LOG_LIMIT": str(limit)}))
                log = self.log_of_the_broker()
                self.assertEqual(log.file_bytes, expected)
                self.assert_exact(log)
                log.path.unlink()

    def test_without_a_directory_it_runs_unrecorded(self):
        process = self.broker({**self.recorded, "MQTRACK_LOG_DIR": "/proc/nothing", "MQTRACK_VERBOSE": "1"})
        self.assertIn("has a system call filter", self.end(process))


if __name__ == "__main__":
    unittest.main()
