"""mqtrack threads: what every thread of a running process is doing, and that looking does no harm."""
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
import unittest

from harness.case import EndToEnd
from harness.paths import MQTRACK, PROGRAMS
from harness.processes import thread_states
from harness.waiting import wait_until

# Name of the thread, its function, the call it waits in.
KINDS = [("reader", "ReadFromPipe", "read"), ("poller", "WaitForEvents", "epoll_wait"),
         ("sleeper", "SleepLong", "nanosleep"), ("spinner", "SpinAround", ""), ("holder", "HoldTheMutex", "pause"),
         ("wanter", "WantTheMutex", "mutex"), ("worker", "WaitForCondition", "futex")]
KILLS = 100


class ThreadDumpTest(EndToEnd):
    def start_threads(self, count):
        service = self.start("many_threads", PROGRAMS / "many_threads", count)
        service.wait_for_line("ready")
        return service

    def dump(self, target):
        return json.loads(self.mqtrack("threads", target, "--format", "json").stdout)

    def thread(self, dump, name):
        """The one thread of this name, with the functions of its stack."""
        for group in dump["groups"]:
            for thread in group["threads"]:
                if thread["name"] == name:
                    return thread, [frame["function"] for frame in group["stack"]]
        return None, []

    def settled(self, pid):
        """A dump in which every thread has arrived where it belongs."""
        def look():
            dump = self.dump(pid)
            return all(function in self.thread(dump, name)[1] for name, function, _ in KINDS) and dump
        return wait_until("all threads to be in their functions", look)

    def test_names_what_every_thread_does(self):
        service = self.start_threads(5)
        dump = self.settled(service.pid)
        self.assertEqual(dump["schema"], "mqtrack-threads/1")
        self.assertGreater(dump["stood_still_nanoseconds"], 0)
        for name, function, call in KINDS:
            thread, stack = self.thread(dump, name)
            self.assertIn(function, stack, name)
            self.assertEqual(thread["state"], "sleeping" if call else "running", name)
            self.assertTrue(thread["waits_for"].startswith(call), thread)
            # Without the debug symbols of the C library, its place where threads begin has no name.
            self.assertRegex(stack[-1], r"^(clone3|__clone3|__GI___clone3|libc\.so\.6\+0x[0-9a-f]+)$", "the stack is complete")
        self.assertRegex(self.thread(dump, "reader")[0]["waits_for"], r"^read on fd \d+ \(pipe\)$")
        self.assertRegex(self.thread(dump, "poller")[0]["waits_for"], r"^epoll_wait on fd \d+ \(epoll\)$")
        holder = self.thread(dump, "holder")[0]
        self.assertTrue(self.thread(dump, "wanter")[0]["waits_for"].endswith(f'held by thread {holder["tid"]} "holder"'))
        workers = [group for group in dump["groups"] if group["threads"][0]["name"] == "worker"]
        self.assertEqual([group["count"] for group in workers], [5], "identical stacks are one group")

        text = self.mqtrack("threads", service.pid).stdout
        for wanted in ('5 threads: "worker"', "SleepLong", "read on fd", "it stood still for"):
            self.assertIn(wanted, text)
        self.assertNotIn("interrupted", service.text())

    def test_how_old_threads_are(self):
        before = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        service = self.start_threads(2)
        ready = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        names = {name for name, _, _ in KINDS}

        def look():
            asked = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            threads = [thread for group in self.dump(service.pid)["groups"] for thread in group["threads"]
                       if thread["name"] in names]  # without those that begin and end all the time
            answered = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
            old = len(threads) == len(KINDS) + 1 and all(thread["age_nanoseconds"] > 1e9 for thread in threads)
            return old and (asked, threads, answered)
        asked, threads, answered = wait_until("all threads, two of them workers, to be a second old", look)
        tick = 20_000_000  # the kernel's are of 10 ms
        for thread in threads:
            self.assertGreaterEqual(thread["age_nanoseconds"], asked - ready - tick, thread)
            self.assertLessEqual(thread["age_nanoseconds"], answered - before + tick, thread)
        self.assertRegex(self.mqtrack("threads", service.pid).stdout, r'thread \d+ "reader", started \d+ s ago\n')
        dump = self.folder / "dump.pb.gz"
        self.mqtrack("threads", service.pid, "--format", "pprof", "-o", dump)
        self.assertNotIn("started", self.mqtrack("threads", dump).stdout, "a file has no ages: it is to be compared")

    def test_how_long_a_thread_has_not_run(self):
        if not pathlib.Path("/proc/self/sched").exists():
            self.skipTest("this kernel does not tell when a thread last ran")
        service = self.start_threads(1)
        # A look makes every thread run for an instant, so the time starts anew; it cannot exceed what has passed since
        # before the first one.
        started = time.monotonic_ns()
        first = self.thread(self.settled(service.pid), "holder")[0]["waited_nanoseconds"]
        self.assertIsNotNone(first)
        waited = wait_until("a thread to have waited for 0.3 s", lambda: self.waited_longer(service.pid, 0.3e9))
        self.assertLessEqual(waited, time.monotonic_ns() - started + 20_000_000)

    def waited_longer(self, pid, nanoseconds):
        time.sleep(0.4)  # without a look: each one starts the time anew
        waited = self.thread(self.dump(pid), "holder")[0]["waited_nanoseconds"]
        return waited if waited is not None and waited > nanoseconds else None

    def test_saved_dumps_can_be_compared_and_drawn(self):
        service = self.start_threads(3)
        self.settled(service.pid)
        before, after = self.folder / "before.pb.gz", self.folder / "after.pb.gz"
        self.mqtrack("threads", service.pid, "--format", "pprof", "-o", before)
        more = self.start("more", PROGRAMS / "many_threads", 40)
        more.wait_for_line("ready")
        self.settled(more.pid)
        self.mqtrack("threads", more.pid, "--format", "pprof", "-o", after)
        self.assertIn('"worker"', self.mqtrack("threads", after).stdout)
        first = self.diff(before, after, "--by", "threads")[0]
        self.assertEqual((first["function"], first["growth"]), ("WaitForCondition", 37))
        picture = self.folder / "threads.svg"
        self.mqtrack("report", after, "--format", "flame", "-o", picture)
        self.assertIn("WaitForCondition", picture.read_text())
        self.assertNotIn('class="k"', picture.read_text(), "where a thread stands is not hidden")
        by_state = self.mqtrack("top", after, "--group-by", "thread").stdout
        self.assertIn("worker", by_state)

    def test_agrees_with_eu_stack(self):
        if shutil.which("eu-stack") is None:
            self.skipTest("eu-stack of elfutils is not installed")
        service = self.start_threads(2)
        dump = self.settled(service.pid)
        referee = subprocess.run(["eu-stack", "-p", str(service.pid)], capture_output=True, text=True, timeout=300).stdout
        compared = 0
        for part in referee.split("TID ")[1:]:
            tid = int(part.split(":")[0])
            theirs = re.findall(r"^#\d+ +0x[0-9a-f]+(?: - 1)? *(\S*)", part, re.MULTILINE)
            ours = [[frame["function"] for frame in group["stack"] if not frame["inlined"]]
                    for group in dump["groups"] for thread in group["threads"]
                    if thread["tid"] == tid and thread["state"] == "sleeping" and tid != service.pid]
            if not ours:
                continue
            compared += 1
            self.assertEqual(len(ours[0]), len(theirs), f"{ours[0]}\n{theirs}")
            # Names of the C library differ by alias; those of the program do not.
            for mine, their in zip(ours[0], theirs):
                if mine in {function for _, function, _ in KINDS}:
                    self.assertEqual(mine, their)
        self.assertGreaterEqual(compared, 6)

    def test_a_thousand_threads(self):
        service = self.start_threads(1000)
        def all_there():
            dump = self.dump(service.pid)
            workers = [group["count"] for group in dump["groups"]
                       if any(frame["function"] == "WaitForCondition" for frame in group["stack"])]
            return sum(workers) == 1000 and dump
        dump = wait_until("a thousand threads to wait", all_there)
        print(f"\n{dump['threads']} threads stood still for {dump['stood_still_nanoseconds'] / 1e6:.1f} ms")
        self.assertNotIn("t", thread_states(service.pid))

    def test_goes_on_when_mqtrack_is_killed(self):
        service = self.start_threads(100)
        self.settled(service.pid)
        began = time.monotonic()
        self.dump(service.pid)
        whole = time.monotonic() - began
        chance = random.Random(4711)
        for _ in range(KILLS):
            looking = subprocess.Popen([MQTRACK, "threads", str(service.pid)], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, env=self.environment)
            time.sleep(chance.uniform(0, min(whole, 0.08)))
            looking.send_signal(signal.SIGKILL)
            looking.wait(300)
            self.assertFalse({"t", "T"} & set(thread_states(service.pid)), "a thread was left standing")
        self.assertIsNone(service.process.poll(), "the service is alive")
        spinner = self.thread(self.dump(service.pid), "spinner")[0]
        self.assertEqual(spinner["state"], "running")

    def test_a_real_broker(self):
        broker = self.recorded_broker()

        def idle():
            dump = self.dump(broker.pid)
            return dump["groups"][0]["threads"][0]["waits_for"].startswith("epoll_wait on fd") and dump
        dump = wait_until("the broker to wait for its clients", idle)
        functions = [frame["function"] for group in dump["groups"] for frame in group["stack"]]
        # From waiting down to the start: Debian 13's broker exports none of the names between.
        self.assertIn("epoll_wait", functions)
        self.assertTrue("mosquitto_main_loop" in functions or "mosquitto+0x" in "\n".join(functions), functions)
        self.assertTrue(any(function.startswith("__libc_start_main") for function in functions), functions)
        broker.publish("t", ["still serving"] * 3)

    def test_what_cannot_be_looked_at(self):
        self.assert_one_clear_line(self.mqtrack("threads", 2 ** 30, expect=2), "no such process")
        self.assert_one_clear_line(self.mqtrack("threads", "no_such_name", expect=2), "no_such_name")
        zombie = subprocess.Popen(["true"])
        self.addCleanup(zombie.wait)
        wait_until("a zombie", lambda: thread_states(zombie.pid) == ["Z"])
        self.assert_one_clear_line(self.mqtrack("threads", zombie.pid, expect=2), "zombie")
        if os.path.exists("/proc/2/stat") and "kthreadd" in pathlib.Path("/proc/2/stat").read_text():
            self.assert_one_clear_line(self.mqtrack("threads", 2, expect=2), "thread of the kernel")
        heap = self.snapshot(self.recorded_broker().pid, "heap")
        done = self.mqtrack("threads", heap)
        self.assertIn("each the stack that created them", done.stdout)


if __name__ == "__main__":
    unittest.main()
