"""mqtrack run --crash-report: every way to die, with the right stack, and exactly the end that there is without it."""
import json
import os
import pathlib
import resource
import signal
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd

CRASHER = paths.PROGRAMS / "crasher"
STACKS = paths.PROGRAMS / "handler_stacks"
REPORTER = pathlib.Path(paths.RECORDER).with_name("libmqtrack_crash.so")

# Way to die -> the signal, the function to blame, and what the stack holds besides, from the inside out.
DEATHS = {
    "segv": (signal.SIGSEGV, "store_add", ("store_add", "handle_packet", "main")),
    "abort": (signal.SIGABRT, "give_up", ("give_up", "main")),
    "overflow": (signal.SIGSEGV, "sink_deep", ("sink_deep", "sink_deep")),
    "fpe": (signal.SIGFPE, "divide", ("divide", "main")),
    "bus": (signal.SIGBUS, "beyond_the_file", ("beyond_the_file", "main")),
    "ill": (signal.SIGILL, "forbidden_code", ("forbidden_code", "main")),
    "null_call": (signal.SIGSEGV, "call_nothing", ("call_nothing",)),
    "heap": (signal.SIGABRT, "break_heap", ("break_heap", "main")),
    "double_free": (signal.SIGABRT, "free_twice", ("free_twice", "main")),
    "null_call_without_stack": (signal.SIGSEGV, None, ()),
    "onstack_without": (signal.SIGSEGV, "sink_deep", ("sink_deep", "sink_deep")),
    "smashed": (signal.SIGSEGV, "overwrite_stack", ("overwrite_stack",)),
    "thread": (signal.SIGSEGV, "store_add", ("store_add", "handle_packet", "thread_fault")),
    "thread_overflow": (signal.SIGSEGV, "sink_deep", ("sink_deep", "sink_deep")),
    "in_handler": (signal.SIGSEGV, "store_add", ("store_add", "on_user_signal", "main")),
    "plugin": (signal.SIGSEGV, "plugin_copy", ("plugin_copy", "plugin_on_message", "in_plugin", "main")),
    "raise_again": (signal.SIGSEGV, "store_add", ("store_add", "handle_packet", "main")),
    "abort_again": (signal.SIGABRT, "give_up", ("give_up", "main")),
    "resethand": (signal.SIGSEGV, "store_add", ("store_add", "handle_packet", "main")),
    "sent": (signal.SIGSEGV, "main", ("main",)),
}
# Ends that are no death by a signal that is reported: the exit code, or the signal of which no stack can be known.
OTHERS = ("siginfo", "early", "onstack", "survive", "ignored", "ignored_abort", "killed", "exits", "tell", "fork", "vfork")
# What handler_stacks does -> what it prints at its end, and its exit code; None: it dies by SIGSEGV.
ON_STACKS = {
    "early_call": ("early", 7), "early_raw": ("early", 7), "main_without": ("number 11 address 1", 7),
    "thread_without": ("number 11 address 1", 7), "overflow_without": ("", None), "overflow_elsewhere": ("", None),
    "overflow_with": ("number 11 address 0", 7), "overflow_nodefer": ("", None), "user_without": ("held back 0 0", 0),
    "user_inner": ("held back 0 0", 0), "former_stack": ("held back 0 0", 0), "returns": ("handled 200", 0),
    "smallest": ("little", 7), "smallest_broken": ("little", 7), "smallest_thread": ("little", 7), "tell": ("as ever 1", 0),
}


class Crash(EndToEnd):
    def ends_as(self, way, preload=None, cores=False, program=CRASHER):
        """Exit status as waitpid gives it, and what was printed."""
        environment = {**self.environment, "LD_LIBRARY_PATH": ""}
        if way.startswith("early"):
            environment.update(CRASHER_EARLY="1", EARLY_HANDLERS=way.removeprefix("early_"))
        if preload:
            environment["LD_PRELOAD"] = preload
        output = self.folder / "output"
        with open(output, "wb") as file:
            pid = os.fork()
            if pid == 0:
                limit = resource.getrlimit(resource.RLIMIT_CORE)[1]
                resource.setrlimit(resource.RLIMIT_CORE, (limit if cores else 0, limit))
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
                os.chdir(self.folder)
                os.execve(program, [str(program), way], environment)
        status = os.waitpid(pid, 0)[1]
        return status, output.read_bytes()

    def run_reported(self, way):
        """What mqtrack list says of its end."""
        environment = {**self.environment, **({"CRASHER_EARLY": "1"} if way == "early" else {})}
        done = subprocess.run([paths.MQTRACK, "run", "--crash-report", "--", CRASHER, way], env=environment, cwd=self.folder,
                              capture_output=True, timeout=300, check=False)
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]
        self.mqtrack("clean")
        mine = [process for process in listed if process["how"] == "started"]
        self.assertEqual(len(mine), 1, done.stderr)
        return done, mine[0], listed

    def test_every_end_is_as_without_it(self):
        """Status, core flag and output, with the reporter beside the recorder, alone, and without cores."""
        for way in (*DEATHS, *OTHERS):
            for cores in (False, True):
                with self.subTest(way=way, cores=cores):
                    plain = self.ends_as(way, cores=cores)
                    self.assertEqual(self.ends_as(way, f"{paths.RECORDER}:{REPORTER}", cores), plain)
                    self.assertEqual(self.ends_as(way, str(REPORTER), cores), plain)

    def test_handlers_run_on_the_stacks_that_the_service_gave_them(self):
        for way, (last, code) in ON_STACKS.items():
            with self.subTest(way=way):
                status, printed = self.ends_as(way, program=STACKS)
                self.assertEqual(os.WTERMSIG(status) if code is None else os.waitstatus_to_exitcode(status),
                                 signal.SIGSEGV if code is None else code, printed)
                self.assertTrue(printed.decode().rstrip().endswith(last), printed)
                self.assertEqual(self.ends_as(way, f"{paths.RECORDER}:{REPORTER}", program=STACKS), (status, printed))
                self.assertEqual(self.ends_as(way, str(REPORTER), program=STACKS), (status, printed))

    def test_a_service_that_forbids_itself_alternate_stacks_lives(self):
        """The filter kills: no thread that it starts, or ends, from then on may call sigaltstack for us."""
        for way, code in (("prctl", 4), ("syscall", 4), ("faults", -signal.SIGSEGV), ("broken", 4)):
            for preload in (None, f"{paths.RECORDER}:{REPORTER}", str(REPORTER)):
                with self.subTest(way=way, preload=preload):
                    status, printed = self.ends_as(way, preload, program=paths.PROGRAMS / "sandboxed")
                    self.assertEqual(os.waitstatus_to_exitcode(status), code, printed)

    def test_every_death_has_its_stack(self):
        for way, (number, culprit, stack) in DEATHS.items():
            with self.subTest(way):
                done, process, _ = self.run_reported(way)
                self.assertEqual(done.returncode, 128 + number, done.stderr)
                end = process["end"]
                self.assertEqual((end["signal"], end["crash"] and end["crash"]["signal"]), (number, number), end)
                functions = [frame["function"] for frame in end["crash"]["stack"]]
                if culprit is None:  # neither code nor stack
                    self.assertEqual(len(functions), 1, functions)
                    continue
                self.assertEqual(functions[end["crash"]["culprit"]], culprit, functions)
                rest = iter(functions)
                self.assertTrue(all(name in rest for name in stack), functions)
                self.assertIn(f"{number.name} at {culprit}", end["words"])
                self.assertIn(f"was ended by {number.name} at {culprit}", done.stderr.decode())

    def test_where_in_the_source_and_in_which_thread(self):
        done, process, _ = self.run_reported("thread")
        crash = process["end"]["crash"]
        self.assertEqual(pathlib.Path(crash["stack"][0]["file"]).name, "crasher.c")
        source = pathlib.Path(crash["stack"][0]["file"]).read_text(encoding="utf-8").splitlines()
        self.assertIn("*nowhere = 1;", source[crash["stack"][0]["line"] - 1])
        self.assertEqual((crash["address"], crash["labels"].get("thread")), (0, "worker"))
        self.assertIn("in thread worker", done.stderr.decode())

    def test_a_service_that_handles_it_and_exits(self):
        for way in ("siginfo", "early"):
            done, process, _ = self.run_reported(way)
            self.assertEqual(done.returncode, 7)
            self.assertEqual(process["end"]["words"], "exited 7 after SIGSEGV at store_add")

    def test_a_service_that_lives_on_has_not_crashed(self):
        for way, code in (("survive", 5), ("ignored", 0), ("exits", 3)):
            _, process, _ = self.run_reported(way)
            self.assertEqual(process["end"]["exit_code"], code)
        self.assertIsNone(process["end"]["crash"])

    def test_what_cannot_be_known_is_not_made_up(self):
        for way, number in (("killed", 9), ("ignored_abort", 6)):
            _, process, _ = self.run_reported(way)
            self.assertEqual((process["end"]["signal"], process["end"]["crash"]), (number, None), way)
        self.assertNotEqual(process["end"]["words"], "")

    def test_a_child_of_fork_has_its_own_crash(self):
        done, process, listed = self.run_reported("fork")
        self.assertEqual((done.returncode, process["end"]["words"]), (0, "exited 0"))
        child, = [other for other in listed if other["how"] == "forked"]
        self.assertEqual(child["end"]["words"], "SIGSEGV at store_add")
        self.assertIsNone(child["end"]["signal"], "nobody told how it ended: its crash is what is known")

    def test_a_child_of_vfork_leaves_no_crash_to_its_parent(self):
        _, process, _ = self.run_reported("vfork")
        self.assertEqual((process["end"]["words"], process["end"]["crash"]), ("exited 0", None))

    def test_what_was_alive_is_still_told(self):
        subprocess.run([paths.MQTRACK, "run", "--crash-report", "-q", "--", CRASHER, "segv"], env=self.environment,
                       cwd=self.folder, capture_output=True, timeout=300, check=False)
        top = self.mqtrack("top", "crasher", "--by", "alloc_objects")
        self.assertIn("crasher (pid", top.stderr)
        self.assertIn("was ended by SIGSEGV at store_add, crasher.c:", top.stderr)
        self.mqtrack("snapshot", "crasher", "-o", "dead.pb.gz")
        self.assertIn("was ended by SIGSEGV at store_add", self.mqtrack("top", "dead.pb.gz", "--by", "alloc_objects").stderr)
        self.assertRegex(self.mqtrack("list").stdout, r"(?m)^ *PID +NAME +STATE +END ")

    def test_without_it_the_end_is_told_and_no_handler_is_set(self):
        subprocess.run([paths.MQTRACK, "run", "-q", "--", CRASHER, "segv"], env=self.environment, cwd=self.folder,
                       capture_output=True, timeout=300, check=False)
        process, = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]
        self.assertEqual((process["end"]["words"], process["end"]["crash"]), ("SIGSEGV", None))


class OutOfMemory(EndToEnd):
    def memory_group(self, bytes_allowed):
        """A control group with a memory limit, of either version."""
        for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
            group = pathlib.Path(root, f"mqtrack-crash-{os.getpid()}")
            try:
                group.mkdir()
                self.addCleanup(group.rmdir)
                (group / limit).write_text(str(bytes_allowed))
            except OSError:
                continue
            return group
        raise unittest.SkipTest("this machine lets nobody make a control group with a memory limit")

    def test_a_leaking_broker_is_told_to_have_run_out_of_memory_with_its_top_sites(self):
        group = self.memory_group(96 << 20)
        config = self.folder / "broker.conf"
        plugin = self.plugin("leaky")
        port = 18000 + os.getpid() % 10000
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nplugin {plugin}\nplugin_opt_leak_bytes 400000\n"
                          "user root\n", encoding="utf-8")
        broker = self.start("broker", "/bin/sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', group, paths.MQTRACK, "run",
                            "--crash-report", "--", paths.find_program("mosquitto"), "-c", config)
        publish = [paths.find_program("mosquitto_pub"), "-p", str(port), "-t", "leak", "-m", "x", "--repeat", "2000"]
        while broker.process.poll() is None:
            subprocess.run(publish, capture_output=True, timeout=300, check=False)
        self.assertEqual(broker.process.returncode, 128 + signal.SIGKILL, broker.text())
        process, = json.loads(self.mqtrack("list", "--format", "json").stdout)["processes"]
        end = process["end"]
        if end["out_of_memory"] is None:
            self.skipTest("neither the kernel's log nor the control group can be read here")
        self.assertIn(end["out_of_memory"], ("kernel_log", "control_group"))
        self.assertIn("SIGKILL, out of memory", end["words"])
        self.assertIn("was ended by SIGKILL, out of memory", broker.text())
        top = self.mqtrack("top", "mosquitto")
        self.assertIn("out of memory", top.stderr)
        self.assertIn("LastValue", top.stdout.splitlines()[3] + top.stdout)


if __name__ == "__main__":
    unittest.main()
