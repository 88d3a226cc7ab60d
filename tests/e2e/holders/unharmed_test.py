"""mqtrack leaks does its service no harm: whatever instant it is killed at, whatever the service watches."""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import unittest

from harness.case import EndToEnd
from harness.paths import MQTRACK, PROGRAMS, find_program
from harness.processes import thread_states
from harness.waiting import wait_until

LONG = os.environ.get("MQTRACK_LONG_TESTS") == "1"
KILLS = 300 if LONG else 30
CAPTURES = 500 if LONG else 25
SEED = 14


def place_of_vdso(pid):
    """Another one in each program that is started, the same in a copy."""
    return next(line for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines() if line.endswith("[vdso]"))


def copies_of(pid):
    """Processes that are children of `pid`, or copies of it that were handed over to somebody else and live."""
    name = pathlib.Path(f"/proc/{pid}/comm").read_text()
    found = []
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == pid:
            continue
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            same_memory = (folder / "comm").read_text() == name and fields[0] != "Z"
            if int(fields[1]) == pid or (same_memory and int(fields[1]) == 1 and
                                         place_of_vdso(folder.name) == place_of_vdso(pid)):
                found.append((int(folder.name), *fields[:2]))
        except (FileNotFoundError, ProcessLookupError, PermissionError, StopIteration):
            pass
    return found


def mappings(pid):
    """How many there are. They may grow, but a service that does nothing new makes no more of them."""
    return len(pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines())


class UnharmedTest(EndToEnd):
    def start_children(self, way):
        command = [str(word) for word in (*self.recorded(), PROGRAMS / "holders_children", way)]
        started = subprocess.Popen(command, env=self.environment, cwd=self.folder, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(started.wait)
        self.addCleanup(started.stdin.close)
        self.addCleanup(started.stdout.close)
        self.assertEqual(started.stdout.readline(), "ready\n")
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)
        pid = next(process["pid"] for process in listed["processes"] if process["state"] == "alive")
        return started, pid

    def ask(self, started):
        started.stdin.write("how many\n")
        started.stdin.flush()
        return started.stdout.readline()

    def test_nobody_notices_a_child(self):
        for way in ("wait", "count", "ignore"):
            with self.subTest(way):
                started, pid = self.start_children(way)
                for _ in range(5):
                    self.mqtrack("leaks", pid, "--once")
                self.assertRegex(self.ask(started), r"^\d+ blocks, noticed 0\n$")
                self.assertEqual(copies_of(pid), [])
                started.stdin.close()
                self.assertEqual(started.wait(300), 0)

    def test_killed_at_any_instant(self):
        started, pid = self.start_children("wait")
        self.mqtrack("leaks", pid, "--once")
        began = time.monotonic()
        self.mqtrack("leaks", pid, "--once")
        usual = time.monotonic() - began
        before = mappings(pid)
        chance, killed = random.Random(SEED), 0
        for _ in range(KILLS):
            looking = subprocess.Popen([MQTRACK, "leaks", str(pid), "--once"], env=self.environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            instant = chance.uniform(0, usual * 1.1)  # the point of this test: any instant
            time.sleep(instant)
            looking.send_signal(signal.SIGKILL)
            was_killed = looking.wait(300) == -signal.SIGKILL
            killed += was_killed
            # What was usual on a machine that had much to do is so no longer.
            usual = usual if was_killed else min(usual, instant)
            wait_until("no thread to be left standing", lambda: not {"t", "T"} & set(thread_states(pid)))
            wait_until("its copy to be gone", lambda: not copies_of(pid))
            self.assertRegex(self.ask(started), r"^\d+ blocks, noticed 0\n$")
        print(f"\n{killed} of {KILLS} were killed half-way")
        self.assertGreater(killed, KILLS // 3)
        self.assertEqual(mappings(pid), before)
        report = json.loads(self.mqtrack("leaks", pid, "--json").stdout)
        self.assertEqual(report["lost"]["blocks"], 0)

    def test_captures_of_a_broker_under_load(self):
        broker = self.recorded_broker()
        reader = self.start("reader", find_program("mosquitto_sub"), "-h", "127.0.0.1", "-p", str(broker.port), "-q", "1",
                            "-i", "reader", "-t", "load/#")
        # What it gets says that it is subscribed.
        wait_until("the reader to be there", lambda: broker.publish("load/hello", ["hello"]) or "hello" in reader.text())
        sent, ways = 0, set()
        for _ in range(CAPTURES):
            looking = subprocess.Popen([MQTRACK, "leaks", str(broker.pid), "--once", "--json"], env=self.environment,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            while looking.poll() is None:
                broker.publish("load/a", [f"message {sent + i}" for i in range(20)])
                sent += 20
            out, errors = looking.communicate(timeout=300)
            self.assertEqual(looking.returncode, 0, out + errors)
            ways.add(json.loads(out)["looks"][0]["way"])
        def read():
            lines = [line for line in reader.text().splitlines() if line != "hello"]
            return len(lines) >= sent and lines
        lines = wait_until("all messages to arrive", read)
        self.assertEqual(lines, [f"message {number}" for number in range(sent)], "lost, doubled or out of order")
        self.assertIsNone(reader.process.poll(), "its client was never disconnected")
        self.assertEqual(ways, {"clone"})
        self.assertEqual(copies_of(broker.pid), [])
        print(f"\n{CAPTURES} captures, {sent} messages, none lost")

    def limit_memory(self, pid, room_bytes):
        """Moves the process into a control group that has `room_bytes` left; its list of processes, and what is left."""
        refused = "there is none"
        for root, usage, limit in (("/sys/fs/cgroup/memory", "memory.usage_in_bytes", "memory.limit_in_bytes"),
                                   ("/sys/fs/cgroup", "memory.current", "memory.max")):
            group = pathlib.Path(root, f"mqtrack-holders-{os.getpid()}")
            try:
                group.mkdir()
                self.addCleanup(group.rmdir)
                self.addCleanup(lambda: wait_until("the group to be empty", lambda: not processes.read_text()))
                self.addCleanup(os.kill, pid, signal.SIGKILL)
                processes = group / "cgroup.procs"
                processes.write_text(str(pid))
                # What it was charged before stays with the group that it came from.
                (group / limit).write_text(str(int((group / usage).read_text()) + room_bytes))
                return processes, lambda: int((group / limit).read_text()) - int((group / usage).read_text())
            except OSError as error:
                refused = error
        self.skipTest(f"no control group with a memory limit can be made here: {refused}")

    def test_refuses_where_memory_is_short(self):
        started, pid = self.start_children("wait")
        self.limit_memory(pid, 2 << 20)
        done = self.mqtrack("leaks", pid, expect=3)
        self.assert_one_clear_line(done, "a copy of it may take", "its control group", "--force")
        self.assertRegex(self.ask(started), r"^\d+ blocks, noticed 0\n$")
        self.mqtrack("leaks", pid, "--once", "--force")
        self.assertRegex(self.ask(started), r"^\d+ blocks, noticed 0\n$")

    def test_ends_its_copy_before_memory_runs_out(self):
        """What was enough when the copy was made is taken by somebody else of the same group while the copy lives."""
        def piped(*command):
            started = subprocess.Popen([str(word) for word in command], env=self.environment, stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
            self.addCleanup(started.wait)
            self.addCleanup(started.stdin.close)
            self.addCleanup(started.stdout.close)
            return started
        def ask(whom, what):
            whom.stdin.write(what + "\n")
            whom.stdin.flush()
            return whom.stdout.readline()
        service = piped(*self.recorded(), sys.executable, "-c", "import sys\nkept = [bytes(1000) for _ in range(300000)]\n"
                        "print('ready', flush=True)\nfor line in sys.stdin: print(len(kept), flush=True)")
        self.assertEqual(service.stdout.readline(), "ready\n")
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)
        pid = next(process["pid"] for process in listed["processes"] if process["state"] == "alive")
        processes, left = self.limit_memory(pid, 80 << 20)
        taker = piped(sys.executable, "-c", "import mmap, sys\nparts = []\nfor line in sys.stdin:\n"
                      "  if line == 'take\\n': parts += [mmap.mmap(-1, 1 << 20)]; parts[-1].write(bytes(1 << 20))\n"
                      "  else: parts.clear()\n  print(len(parts), flush=True)")
        self.addCleanup(taker.kill)
        processes.write_text(str(taker.pid))
        others = {found[0] for found in copies_of(pid)}  # other Python programs
        def copies():
            return {found[0] for found in copies_of(pid)} - others
        for attempt in range(50):  # until the copy lives for as long as it takes to take the memory
            looking = subprocess.Popen([MQTRACK, "leaks", str(pid), "--once"], env=self.environment, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            wait_until("its copy, or its end", lambda: copies() or looking.poll() is not None)
            while looking.poll() is None and left() > 7 << 20:  # a quarter of what was asked for first is some 11 MiB
                self.assertGreater(int(ask(taker, "take")), 0)
            out, errors = looking.communicate(timeout=300)
            self.assertEqual(ask(taker, "give"), "0\n")
            if "memory ran" in errors:
                break
        self.assertEqual(looking.returncode, 3, out + errors)
        self.assertRegex(errors, r"memory ran short: its control group .* has .* left, so the copy was ended|most likely the kernel, since memory ran out")
        print(f"\nits copy was ended at attempt {attempt + 1}")
        self.assertEqual(ask(service, "how many"), "300000\n")
        wait_until("its copy to be gone", lambda: not copies())

    def test_a_service_does_not_stand_for_a_thread_that_cannot_be_stopped(self):
        command = [str(word) for word in (*self.recorded(), PROGRAMS / "holders_vfork_parent")]
        started = subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(started.wait)
        self.addCleanup(started.stdin.close)
        self.addCleanup(started.stdout.close)
        self.assertEqual(started.stdout.readline(), "ready\n")
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)
        pid = next(process["pid"] for process in listed["processes"] if process["state"] == "alive")
        wait_until("its thread to wait for the child", lambda: "D" in thread_states(pid))
        done = self.mqtrack("leaks", pid, expect=3)
        self.assert_one_clear_line(done, "child of vfork", "nothing was done")
        self.assertNotIn("t", thread_states(pid))
        started.stdin.close()
        print("\nits other thread", started.stdout.readline().strip(), "s at most")
        self.assertEqual(started.wait(300), 0)

    def test_a_service_with_children_in_another_namespace_is_copied(self):
        command = [str(word) for word in (*self.recorded(), PROGRAMS / "holders_children", "elsewhere")]
        started = subprocess.Popen(command, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(started.wait)
        self.addCleanup(started.stdin.close)
        self.addCleanup(started.stdout.close)
        if started.stdout.readline() != "ready\n":
            self.skipTest("no namespaces may be made here")
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)
        report = json.loads(self.mqtrack("leaks", listed["processes"][0]["pid"], "--once", "--json").stdout)
        self.assertEqual(report["looks"][0]["way"], "copy")
        self.assertIn("another namespace of processes", report["looks"][0]["why_not_cloned"])
        started.stdin.close()
        self.assertEqual(started.wait(300), 0, "it can still have a child")

    def test_a_service_that_fills_in_its_memory_itself_is_copied(self):
        service = self.start("user_faults", *self.recorded(), PROGRAMS / "holders_user_faults")
        wait_until("it to be ready", lambda: "ready" in service.text() or "may not" in service.text())
        if "may not" in service.text():
            self.skipTest(f"no userfaultfd here: {service.text()}")
        listed = json.loads(self.mqtrack("list", "--format", "json").stdout)
        report = json.loads(self.mqtrack("leaks", listed["processes"][0]["pid"], "--json").stdout)
        self.assertEqual(report["lost"]["blocks"], 0)
        self.assertEqual(report["looks"][0]["way"], "copy")
        self.assertIn("userfaultfd", report["looks"][0]["why_not_cloned"])

    def test_a_service_that_is_the_first_of_its_container_is_copied(self):
        started = subprocess.Popen(["unshare", "--pid", "--fork", "--mount-proc", PROGRAMS / "holders_children", "wait"],
                                   env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(started.wait)
        self.addCleanup(started.stdin.close)
        self.addCleanup(started.stdout.close)
        if started.stdout.readline() != "ready\n":
            self.skipTest("no namespaces may be made here")
        pid = int(pathlib.Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()[0])
        self.mqtrack("attach", "--log-dir", self.log_dir, pid)
        report = json.loads(self.mqtrack("leaks", pid, "--once", "--json").stdout)
        self.assertEqual(report["looks"][0]["way"], "copy")
        self.assertIn("first process of its container", report["looks"][0]["why_not_cloned"])
        self.assertRegex(self.ask(started), r"^\d+ blocks, noticed 0\n$")

    @unittest.skipUnless(os.geteuid() == 0, "only root can give away what root may")
    def test_who_may_trace_but_not_kill_ends_its_copy(self):
        broker = self.recorded_broker()
        self.assertNotEqual(pathlib.Path(f"/proc/{broker.pid}").stat().st_uid, 0)
        prefix = ("setpriv", "--inh-caps=-all", "--bounding-set=-all,+dac_read_search,+sys_ptrace")
        owners = json.loads(self.mqtrack("owners", broker.pid, "--json", prefix=prefix).stdout)
        self.assertEqual(owners["look"]["way"], "clone")
        self.assertEqual(copies_of(broker.pid), [])


if __name__ == "__main__":
    unittest.main()
