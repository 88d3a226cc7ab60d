"""mqtrack cpu: where a running process spends processor time, by both ways, and that looking does no harm."""
import math
import os
import pathlib
import signal
import subprocess
import sys
import unittest

from harness import go_pprof
from harness.broker import Broker
from harness.case import EndToEnd, function_name
from harness.paths import MQTRACK, PROGRAMS
from harness.pprof_reader import Profile
from harness.processes import is_alive
from harness.waiting import wait_until

WANTED_SAMPLES = 400
SHARES = {"heavy_part": 0.6, "middle_part": 0.3, "light_part": 0.1}


def processor_seconds(pid, tid=None):
    """Of one thread, or of all that there are, by the kernel's own account."""
    tasks = pathlib.Path(f"/proc/{pid}/task").glob(str(tid or "*"))
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def used_nanos(profile):
    return next(int(fact.split(": ")[1]) for fact in profile.facts if fact.startswith("cpu_used_nanoseconds: "))


def short_name(name):
    return name if name.startswith("[") else function_name(name)


class CpuCase(EndToEnd):
    def start_shares(self, mode):
        service = self.start("known_shares", PROGRAMS / "known_shares", mode)
        service.wait_for_line("ready")
        return service

    def capture(self, target, *options, expect=0):
        """The file and what was said."""
        file = self.folder / "cpu.pb.gz"
        done = self.mqtrack("cpu", target, "-o", file, *options, expect=expect)
        return file, done.stderr

    def need_events(self, pid):
        done = subprocess.run([MQTRACK, "cpu", str(pid), "--for", "1s", "--way", "events", "-o", "/dev/null"], check=False,
                              capture_output=True, text=True, timeout=300, env=self.environment)
        if done.returncode == 3:
            self.skipTest(f"no events here: {done.stderr.strip()}")
        self.assertEqual(done.returncode, 0, done.stderr)

    def sums(self, file):
        """Processor time by function, with what it calls, and all of it."""
        sums, whole = {}, 0
        for frames, nanos in go_pprof.stacks(file, self.folder):
            whole += nanos
            for name in {short_name(name) for name, _ in frames}:
                sums[name] = sums.get(name, 0) + nanos
        return sums, whole

    def shares(self, pid, way, samples=WANTED_SAMPLES):
        """Of each function, over as many captures as it takes, however little of a processor the service gets here."""
        sums, whole, seen = {}, 0, 0

        def enough():
            nonlocal whole, seen
            file, _ = self.capture(pid, "--for", "2s", "--hz", 500, "--way", way)
            more, nanos = self.sums(file)
            for name, value in more.items():
                sums[name] = sums.get(name, 0) + value
            whole += nanos
            seen += Profile(file.read_bytes()).total("samples")
            return seen >= samples
        wait_until(f"{samples} samples by {way}", enough, seconds=240)
        return {name: value / whole for name, value in sums.items()}, seen

    def assert_shares(self, found, seen, slack):
        """Within four deviations of so many samples, and `slack`."""
        for name, share in SHARES.items():
            deviation = math.sqrt(share * (1 - share) / seen)
            self.assertAlmostEqual(found.get(name, 0), share, delta=4 * deviation + slack, msg=f"{name} of {found}, {seen} samples")


class SharesTest(CpuCase):
    def test_by_events(self):
        service = self.start_shares("busy")
        self.need_events(service.pid)
        found, seen = self.shares(service.pid, "events")
        self.assert_shares(found, seen, 0.01)

    def test_by_stops(self):
        service = self.start_shares("busy")
        found, seen = self.shares(service.pid, "stops")
        # Samples weigh what the thread has used since the one before, so they scatter more.
        self.assert_shares(found, seen, 0.05)

    def test_threads_have_what_the_kernel_has_counted(self):
        service = self.start_shares("threads")
        names = {}

        def named():
            for task in pathlib.Path(f"/proc/{service.pid}/task").iterdir():
                names[(task / "comm").read_text().strip()] = int(task.name)
            return {"worker-a", "worker-b"} <= set(names)
        wait_until("both workers to have their names", named)
        before = {name: processor_seconds(service.pid, tid) for name, tid in names.items()}
        file, _ = self.capture(service.pid, "--for", "4s", "--way", "stops")
        used = {name: processor_seconds(service.pid, tid) - before[name] for name, tid in names.items()}
        rows = self.rows("top", file, "--group-by", "thread", "--by", "cpu")
        found = {row["label"]: row["value"] / 1e9 for row in rows}
        whole = used_nanos(Profile(file.read_bytes())) / 1e9
        for name in ("worker-a", "worker-b"):
            # Between the kernel's account and ours lie the starts of two programs, which may take any time.
            self.assertLessEqual(found[name], used[name] + 0.05, f"{name}: {found}, {used}")
            self.assertGreater(found[name], 0.05 * whole, f"{name}: {found}, {used}")
        self.assertGreater(sum(found.values()), 0.5 * whole, f"{found} of {whole}")
        self.assertLessEqual(sum(found.values()), 1.25 * whole, f"{found} of {whole}")

    def test_what_waits_is_not_charged(self):
        service = self.start_shares("bursts")
        found, _ = self.shares(service.pid, "stops", samples=150)
        self.assertGreater(found["heavy_part"], found["middle_part"])
        self.assertGreater(found["middle_part"], found["light_part"])
        self.assertGreater(sum(found[name] for name in SHARES), 0.5, found)

    def test_time_in_the_kernel_counts(self):
        service = self.start_shares("kernel")
        found, _ = self.shares(service.pid, "stops", samples=150)
        self.assertGreater(found["write_part"], 0.03, found)
        self.assertIn("pwrite64" if "pwrite64" in found else "pwrite", "".join(found), found)

    def test_brief_threads_are_not_passed_over_in_silence(self):
        service = self.start_shares("brief")
        for way in ("stops", "events"):
            if way == "events":
                self.need_events(service.pid)
            with self.subTest(way):
                file, _ = self.capture(service.pid, "--for", "3s", "--way", way)
                found, whole = self.sums(file)
                self.assertGreater(whole, 0)
                gaps = {"[threads that have ended]", "[not sampled]"} & set(found)
                self.assertTrue(gaps or found.get("brief_life", 0) > 0.5 * whole, found)


class FileTest(CpuCase):
    """What every other command makes of the file."""

    def test_the_file(self):
        service = self.start_shares("busy")
        file, said = self.capture(service.pid, "--for", "2s", "--hz", 100)
        profile = Profile(file.read_bytes())
        self.assertEqual(profile.types, [("samples", "count"), ("cpu", "nanoseconds")])
        self.assertEqual((profile.period_type, profile.period), (("cpu", "nanoseconds"), 10_000_000))
        self.assertEqual(profile.labels, {"thread"})
        self.assertGreaterEqual(profile.duration_nanos, 2_000_000_000)
        self.assertIn(f"target: known_shares (pid {service.pid})", profile.facts)
        self.assertRegex(said, r"known_shares \(pid \d+\): used .* of processor time in .*; [\d,]+ samples?\n")
        self.assertRegex(said, "mqtrack itself used .* % of a processor")
        self.assertAlmostEqual(profile.total("cpu") / used_nanos(profile), 1, delta=0.25)

    def test_every_command_reads_it(self):
        service = self.start_shares("busy")
        file, _ = self.capture(service.pid, "--for", "2s")
        again = file.rename(self.folder / "before.pb.gz")
        file, _ = self.capture(service.pid, "--for", "2s")
        self.assertIn("steps", self.mqtrack("top", file).stdout)
        self.assertIn("known_shares", self.mqtrack("top", file, "--group-by", "thread").stdout)
        self.mqtrack("diff", again, file)
        self.mqtrack("report", file, "--format", "flame", "-o", self.folder / "flame.svg")
        self.assertIn("heavy_part", (self.folder / "flame.svg").read_text())
        self.assertIn("heavy_part", self.mqtrack("peek", file, "steps").stdout)
        self.mqtrack("gate", file, "--max-total", "cpu=3600000000000")
        self.mqtrack("gate", file, "--max-total", "cpu=1", expect=1)

    def test_go_agrees(self):
        service = self.start_shares("busy")
        file, _ = self.capture(service.pid, "--for", "2s")
        rows = {row["function"]: row["value"] for row in self.rows("top", file, "--by", "samples")}
        go = go_pprof.top(file, sample_type="samples", folder=self.folder)
        self.assertEqual(rows.get("steps"), go["steps"])


class MomentTest(CpuCase):
    """Ends before its time, and processes that may not be looked at."""

    def begin(self, pid, way="stops"):
        """One that looks for an hour, and has begun to: it has a thread for that, or follows by descriptors."""
        looking = self.start("cpu", MQTRACK, "cpu", pid, "--for", "1h", "--way", way, "-o", self.folder / "kept.pb.gz")
        before = processor_seconds(pid)
        wait_until("it to look", lambda: self.looks(looking))
        wait_until("the service to have used some time", lambda: processor_seconds(pid) - before > 0.5)
        return looking

    @staticmethod
    def looks(looking):
        if looking.process.poll() is not None:
            raise AssertionError(f"it has ended:\n{looking.text()}")
        process = pathlib.Path(f"/proc/{looking.pid}")
        if len(list((process / "task").iterdir())) > 1:
            return True
        try:
            return any("perf_event" in os.readlink(fd) for fd in (process / "fd").iterdir())
        except FileNotFoundError:  # closed meanwhile
            return False

    def kept(self, looking):
        self.assertEqual(looking.process.wait(timeout=300), 0, looking.text())
        return self.sums(self.folder / "kept.pb.gz")[0]

    def test_an_interrupt_keeps_what_there_is(self):
        service = self.start_shares("busy")
        for number in (signal.SIGINT, signal.SIGTERM):
            looking = self.begin(service.pid)
            looking.process.send_signal(number)
            self.assertIn("heavy_part", self.kept(looking))
            self.assertTrue(is_alive(service.pid))
            (self.folder / "kept.pb.gz").unlink()

    def test_the_end_of_the_service_keeps_what_there_is(self):
        for way in ("stops", "events"):
            with self.subTest(way):
                service = self.start_shares("busy")
                if way == "events":
                    self.need_events(service.pid)
                looking = self.begin(service.pid, way)
                service.process.kill()
                self.assertIn("heavy_part", self.kept(looking), "named from its file")
                self.assertIn("the process has ended meanwhile", looking.text())
                # The service is a zombie, and its clock may be gone: what was used up to the last look counts.
                kept = Profile((self.folder / "kept.pb.gz").read_bytes())
                self.assertGreater(used_nanos(kept), 100_000_000)
                self.assertGreaterEqual(used_nanos(kept), 0.9 * kept.total("cpu"))
                self.assertNotIn("used 0 ns", looking.text())

    def test_goes_on_when_mqtrack_is_killed(self):
        service = self.start_shares("threads")
        for _ in range(5):
            looking = self.begin(service.pid)
            looking.process.kill()
            looking.process.wait()
            before = processor_seconds(service.pid)
            wait_until("the service to go on", lambda start=before: processor_seconds(service.pid) > start + 0.01)
            states = [(task / "status").read_text() for task in pathlib.Path(f"/proc/{service.pid}/task").iterdir()]
            self.assertTrue(all("TracerPid:\t0" in state for state in states))

    def test_the_little_that_was_used_stands_in_the_profile(self):
        napping = self.start("naps", sys.executable, "-c", "import time\nwhile True: time.sleep(0.01)")
        for way in ("stops", "events"):
            if way == "events":
                self.need_events(napping.pid)
            with self.subTest(way):
                # At one sample a second of processor time it is not met, or hardly ever.
                file, said = self.capture(napping.pid, "--for", "2s", "--hz", "1", "--way", way)
                profile = Profile(file.read_bytes())
                self.assertGreater(used_nanos(profile), 0)
                self.assertGreater(profile.total("cpu"), 0, said)
                self.assertNotIn("the profile is empty", said)
                if profile.total("samples") == 0:
                    self.assertIn("stands in [never met at work]", said)
                    self.assertEqual(set(self.sums(file)[0]), {"[never met at work]"})

    def test_an_idle_process(self):
        idle = self.start("idle", "sleep", "1000")
        file, said = self.capture(idle.pid, "--for", "1s")
        self.assertIn("no thread was met at work", said)
        self.assertEqual(Profile(file.read_bytes()).values, [])

    def test_refusals(self):
        done = self.mqtrack("cpu", "999999999", "--for", "1s", expect=2)
        self.assert_one_clear_line(done)
        service = self.start_shares("busy")
        self.assert_one_clear_line(self.mqtrack("cpu", service.pid, "--for", "0s", expect=2), "--for 0s")
        self.assert_one_clear_line(self.mqtrack("cpu", service.pid, "--for", "2h", expect=2), "to an hour")
        self.assert_one_clear_line(self.mqtrack("cpu", service.pid, "--hz", "0", expect=2), "--hz")
        self.assert_one_clear_line(self.mqtrack("cpu", service.pid, "-o", "/nowhere/x.pb.gz", expect=2), "/nowhere")
        self.begin(service.pid)
        # Only one may trace at a time; each sample is a seizure of its own, so another one may get in between.
        done = subprocess.run([MQTRACK, "cpu", str(service.pid), "--for", "1s", "--way", "stops", "-o", self.folder / "second.pb.gz"],
                              check=False, capture_output=True, text=True, timeout=300, env=self.environment)
        self.assertIn(done.returncode, (0, 3), done.stderr)
        if done.returncode == 3:
            self.assert_one_clear_line(done, "is already traced by mqtrack")


class RunTest(CpuCase):
    """mqtrack run --cpu: gperftools' profiler beside the recorder."""

    def run_profiled(self, *options, command=(PROGRAMS / "known_shares", "busy", 3000), **environment):
        return subprocess.run([MQTRACK, "run", *options, "--", *map(str, command)], cwd=self.folder, capture_output=True, text=True,
                              timeout=300, check=False, env={**self.environment, **environment})

    def test_shares_and_memory_at_once(self):
        file = self.folder / "known_shares.prof"
        done = self.run_profiled("--cpu", "--snapshot-at-exit", "memory.pb.gz")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("processor time: mqtrack top known_shares.prof", done.stderr)
        rows = self.rows("top", file, "--by", "samples", "--granularity", "leaf")
        seen = sum(row["value"] for row in rows)
        self.assertGreater(seen, 50)
        self.assertEqual(function_name(rows[0]["function"]), "steps")
        named = self.folder / "named.pb.gz"
        self.mqtrack("snapshot", file, "-o", named)
        found, whole = self.sums(named)
        self.assert_shares({name: value / whole for name, value in found.items()}, seen, 0.02)
        self.rows("top", self.folder / "memory.pb.gz")
        # An earlier file stays.
        before = file.read_bytes()
        self.assertEqual(self.run_profiled("--cpu").returncode, 0)
        self.assertEqual(file.read_bytes(), before)
        self.assertTrue((self.folder / "known_shares-2.prof").exists())
        # One that is named is meant, whatever it is called.
        self.assertEqual(self.run_profiled("--cpu", "--cpu-file", "known_shares.prof").returncode, 0)
        self.assertNotEqual(file.read_bytes(), before)
        self.assertFalse((self.folder / "known_shares-3.prof").exists())

    def test_what_a_script_becomes_is_not_killed_by_the_timer_that_the_script_had(self):
        # Long enough for the timer to be about to tick.
        for rounds in (20_000, 200_000):
            done = self.run_profiled("--cpu", command=("bash", "-c", f"for ((i = 0; i < {rounds}; ++i)); do :; done; "
                                                                     "exec bash -c 'exit 3'"))
            self.assertEqual(done.returncode, 3, done.stderr)

    def test_one_that_is_killed_says_so(self):
        done = self.run_profiled("--cpu", command=("sh", "-c", "kill -KILL $$"))
        self.assertEqual(done.returncode, 128 + signal.SIGKILL)
        self.assertIn("sh.prof holds no processor time", done.stderr)

    def test_refusals(self):
        for options, word in ((("--cpu=5000",), "--cpu=5000: is no rate"), (("--cpu=0",), "--cpu=0: is no rate"),
                              (("--cpu", "--cpu-file", "/dev/full"), "no regular file"),
                              (("--cpu-file", "x.prof"), "--cpu is missing"),
                              (("--cpu", "--cpu-file", "/nowhere/x.prof"), "/nowhere")):
            done = self.run_profiled(*options)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assert_one_clear_line(done, word)


class BrokerTest(CpuCase):
    def test_a_broker_under_load(self):
        broker = Broker(self)
        self.start("load", MQTRACK, "stress", f"127.0.0.1:{broker.port}", "fan-in", "--for", "3600")
        before = processor_seconds(broker.pid)
        wait_until("the broker to be at work", lambda: processor_seconds(broker.pid) - before > 0.2)
        for way in ("stops", "any"):
            with self.subTest(way):
                seen, complete, whole = 0, 0, 0

                def enough(way=way):
                    nonlocal seen, complete, whole
                    file, _ = self.capture(broker.pid, "--for", "3s", "--hz", 500, "--way", way)
                    stacks = list(go_pprof.stacks(file, self.folder))
                    seen += Profile(file.read_bytes()).total("samples")
                    whole += sum(nanos for _, nanos in stacks)
                    complete += sum(nanos for frames, nanos in stacks if frames[0][0] != "[incomplete]")
                    self.last = file  # for the table
                    return seen >= 50
                wait_until("50 samples", enough, seconds=240)
                self.assertGreater(complete, 0.8 * whole, "most stacks are complete")
                self.assertIn("mosquitto", {row["module"] for row in self.rows("top", self.last)})
        self.assertTrue(is_alive(broker.pid))


if __name__ == "__main__":
    unittest.main()
