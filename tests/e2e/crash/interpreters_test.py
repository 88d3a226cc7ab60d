"""The crash reporter beside programs that handle faults in ways of their own: they print and end as they do without it."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest

from harness import paths
from harness.case import EndToEnd

REPORTER = pathlib.Path(paths.RECORDER).with_name("libmqtrack_crash.so")

THREADS = """
import faulthandler, threading, ctypes
thread = threading.Thread(target=lambda: ctypes.string_at(0))
faulthandler.enable()
thread.start()
thread.join()
"""
DUMP_ON_REQUEST = """
import faulthandler, os, signal
faulthandler.register(signal.SIGUSR1, chain=False)
os.kill(os.getpid(), signal.SIGUSR1)
print("goes on")
"""
FORK = """
import os
child = os.fork()
if child == 0:
    os.abort()
print(os.waitpid(child, 0)[1])
"""
# What it does -> how it ends (an exit code, or minus the signal), and what it prints.
PYTHON = {
    "import sys; print(2); sys.exit(3)": (3, "2"),
    "import faulthandler; faulthandler._sigsegv()": (-signal.SIGSEGV, ""),
    "import faulthandler; faulthandler.enable(); faulthandler._sigsegv()": (-signal.SIGSEGV, "Fatal Python error"),
    "import faulthandler; faulthandler.enable(); faulthandler._stack_overflow()": (-signal.SIGSEGV, "Fatal Python error"),
    "import faulthandler; faulthandler.enable(); faulthandler._sigfpe()": (-signal.SIGFPE, "Fatal Python error"),
    "import faulthandler, os; faulthandler.enable(); os.abort()": (-signal.SIGABRT, "Fatal Python error"),
    "import faulthandler, threading; faulthandler.dump_traceback_later(0.01, exit=True); threading.Event().wait()": (1, "Timeout"),
    THREADS: (-signal.SIGSEGV, "Fatal Python error"),
    DUMP_ON_REQUEST: (0, "goes on"),
    FORK: (0, "6"),
}
SHELL = {
    "f() { f; }; f": (-signal.SIGSEGV, ""),
    'trap "echo caught" SEGV; kill -SEGV $$; echo on': (0, "caught\non"),
    'trap "" ABRT; bash -c "kill -ABRT \\$\\$; echo alive"': (0, "alive"),
    "(kill -ABRT $BASHPID); echo $?": (0, "134"),
    "echo x | cat; exit 4": (4, "x"),
}
PERL = {
    'print "x"; exit 5': (5, "x"),
    '$SIG{SEGV} = sub { print "caught"; exit 6 }; kill SEGV => $$; print "no"': (6, "caught"),
    'print unpack("p", pack("L!", 1))': (-signal.SIGSEGV, ""),
    "use POSIX; POSIX::abort()": (-signal.SIGABRT, ""),
}
# A function of WebAssembly that reads beyond its memory: the engine's handler goes on elsewhere.
BEYOND = ("const code = Uint8Array.from([0,97,115,109,1,0,0,0,1,6,1,96,1,127,1,127,3,2,1,0,5,3,1,0,1,7,5,1,1,102,0,0,10,9,1,7,0,32,0,40,2,"
          "0,11]); WebAssembly.instantiate(code).then(made => { let n = 0; for (let i = 0; i < 1000; ++i) { try { "
          "made.instance.exports.f(1 << 30) } catch (error) { if (error.message.includes('out of bounds')) ++n } } console.log(n) })")
NODE = {
    "console.log(1); process.exit(7)": (7, "1"),
    "process.abort()": (-signal.SIGABRT, ""),
    "try { (function f() { f() })() } catch (error) { console.log(error.name) }": (0, "RangeError"),
    "process.kill(process.pid, 'SIGSEGV'); setTimeout(() => {}, 1e6)": (-signal.SIGSEGV, ""),
    BEYOND: (0, "1000"),
}
# Go with C in it: the runtime's handlers are set by sigaction, and its alternate stacks are not asked for by sigaltstack.
GO = """package main

// #include <pthread.h>
// #include <signal.h>
// static void* run(void* nothing) { raise(SIGUSR1); return nothing; }
// static void signal_in_thread(void) { pthread_t thread; pthread_create(&thread, 0, run, 0); pthread_join(thread, 0); }
import "C"
import ("fmt"; "os"; "os/signal"; "syscall")

func fault() {
	defer func() { fmt.Println(recover()) }()
	var nowhere *int
	*nowhere = 1
}
func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	for i := 0; i < 20; i++ {
		C.signal_in_thread()
		fmt.Println(<-signals)
		done := make(chan bool)
		go func() { fault(); done <- true }()
		<-done
	}
	fault()
	var nowhere *int
	*nowhere = 1
}
"""


def plain(text):
    """Without addresses, the numbers of processes and threads, and what other threads of Python did meanwhile."""
    text = re.sub(r"\nThread 0x\w+ \(most recent call first\):\n(?:  File .*\n)*", "", text)
    return re.sub(r"\b0x[0-9a-f]+|\b[0-9a-f]{6,}\b|\b\d{3,}\b|\+0x\w+", "N", text)


class Interpreters(EndToEnd):
    def end_of(self, command, preload=None):
        environment = {**self.environment, **({"LD_PRELOAD": preload} if preload else {})}
        done = subprocess.run(["sh", "-c", 'ulimit -c 0; exec "$@"', "sh", *command], env=environment, cwd=self.folder, text=True,
                              stdin=subprocess.PIPE, capture_output=True, timeout=300, check=False)
        return done.returncode, plain(done.stdout + done.stderr)

    def assert_same(self, command, code, printed):
        with self.subTest(command=command):
            alone = self.end_of(command)
            self.assertEqual(alone[0], code, alone)
            self.assertIn(plain(printed), alone[1])
            self.assertEqual(self.end_of(command, f"{paths.RECORDER}:{REPORTER}"), alone)

    def test_python(self):
        for program, end in PYTHON.items():
            self.assert_same([sys.executable, "-c", program], *end)

    def test_bash(self):
        for program, end in SHELL.items():
            self.assert_same(["bash", "-c", program], *end)

    @unittest.skipUnless(shutil.which("perl"), "perl is not installed")
    def test_perl(self):
        for program, end in PERL.items():
            self.assert_same(["perl", "-e", program], *end)

    @unittest.skipUnless(shutil.which("node"), "node (package nodejs) is not installed")
    def test_node(self):
        for program, (code, printed) in NODE.items():
            self.assert_same(["node", "-e", program], code, printed)

    @unittest.skipUnless(shutil.which("go") and shutil.which("gcc"), "go (package golang-go) is not installed")
    def test_go_with_c_in_it(self):
        (self.folder / "main.go").write_text(GO, encoding="utf-8")
        cache = paths.PROGRAMS / "go-cache"
        subprocess.run(["go", "build", "-o", "service", "main.go"], cwd=self.folder, check=True, timeout=300, stdin=subprocess.DEVNULL,
                       env={**os.environ, "GOCACHE": str(cache), "GOFLAGS": "-mod=mod", "CGO_ENABLED": "1"})
        self.assert_same([str(self.folder / "service")], 2, "panic: runtime error: invalid memory address")


if __name__ == "__main__":
    unittest.main()
