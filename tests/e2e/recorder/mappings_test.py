"""What the recorder holds of mappings is what /proc/PID/maps shows, byte for byte, after every call."""
import json
import re
import subprocess
import unittest

from descriptors_test import Stepper
from recorder_log import MAPPING, RecorderLog
from recording import MIMALLOC, MQTRACK, Recording, find_program, library

PAGE = 4096
OWN = re.compile(r"r-xp 00000000 00:00 0 *$|/mapped-|/dev/zero \(deleted\)|/SYSV")  # what mappings.c maps


def merged(ranges):
    """Ranges that touch are one."""
    result = []
    for start, end in sorted(ranges):
        if result and result[-1][1] >= start:
            result[-1][1] = max(end, result[-1][1])
        else:
            result.append([start, end])
    return [tuple(r) for r in result]


def really_mapped(pid):
    with open(f"/proc/{pid}/maps") as maps:
        lines = [line.rstrip("\n") for line in maps]
    found = [tuple(int(word, 16) for word in line.split()[0].split("-")) for line in lines if OWN.search(line)]
    return merged(found)


class Mappings(Recording):
    def log_of_pid(self, pid):
        found = list(self.log_dir.glob(f"{pid}-*.log"))
        self.assertEqual(len(found), 1, pid)
        log = RecorderLog(found[0])
        self.assert_exact(log)
        return log

    def held(self, pid):
        """Start, end and labels of each mapping that is recorded; none overlaps another."""
        log = self.log_of_pid(pid)
        held = sorted((start, start + thing.bytes, log.labels(thing)) for start, thing in log.of_kind(MAPPING).items())
        for before, after in zip(held, held[1:]):
            self.assertLessEqual(before[1], after[0], (before, after))
        return held

    def assert_agrees(self, pid, step):
        held = self.held(pid)
        self.assertEqual(merged(r[:2] for r in held), really_mapped(pid), step)
        return held

    def stepper(self, scenario, **environment):
        return Stepper(self, scenario, program="mappings", environment={**self.recorded, **environment})

    def walk(self, scenario, **environment):
        stepper = self.stepper(scenario, **environment)
        return [(step, self.assert_agrees(stepper.process.pid, step)) for step in stepper]

    def test_parts(self):
        steps = self.walk("parts")
        self.assertGreaterEqual(len(steps), 14)
        hole = next(held for step, held in steps if "a + 4 * PAGE, 2" in step)
        self.assertEqual([end - start for start, end, _ in hole], [4 * PAGE, 4 * PAGE])

    def test_mapped_over(self):
        self.assertGreaterEqual(len(self.walk("fixed")), 10)

    def test_files(self):
        steps = self.walk("files")
        labels = [(held["kind"], held.get("name", "").rsplit("/", 1)[-1]) for _, _, held in steps[-2][1]]
        self.assertEqual(sorted(labels), [("file", "mapped-two")] * 3 + [("shared", "")])
        deleted = next(held for step, held in steps if step.startswith("e = "))
        names = [labels.get("name", "").rsplit("/", 1)[-1] for _, _, labels in deleted]
        self.assertEqual(names.count("mapped-one"), 2)
        many = [labels.get("name", "").rsplit("/", 1)[-1] for _, _, labels in steps[-1][1]]
        self.assertEqual(len(set(many)), 257)  # 255 files, "(other)", and memory that is no file
        self.assertEqual(many.count("(other)"), 46)

    def test_mremap(self):
        self.assertGreaterEqual(len(self.walk("remapped")), 14)

    def test_through_syscall(self):
        self.assertEqual(len(self.walk("system_calls")), 5)

    def test_shared_memory_segments(self):
        steps = self.walk("segments")
        self.assertEqual({labels["kind"] for _, _, labels in steps[0][1]}, {"sysv"})

    def test_children_and_other_programs(self):
        stepper = self.stepper("children")
        seen = []
        for step in stepper:
            pid = stepper.process.pid
            if step.startswith("in the child"):
                pid = int(subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, check=True).stdout)
            self.assert_agrees(pid, step)
            seen.append(step)
        self.assertEqual(seen[-2:], ["executed", "mapped afterwards"])
        self.assertIn("in the child, mapped", seen)

    def test_churn_of_threads(self):
        steps = self.walk("churn")
        self.assertEqual(len(steps), 13)
        self.assertGreater(max(len(held) for _, held in steps), 100)

    def test_handlers(self):
        self.walk("handlers")

    def test_the_break(self):
        stepper = self.stepper("breaks")
        for step in stepper:
            held = self.held(stepper.process.pid)
            self.assertEqual(sum(end - start for start, end, _ in held), int(step.split()[1]), step)
            self.assertLessEqual({labels["kind"] for _, _, labels in held}, {"brk"})

    def test_every_byte_belongs_to_who_mapped_it(self):
        stepper = self.stepper("sites")
        for step in stepper:
            self.assertEqual(step, "sites")
            path = self.snapshot(self.log_of_pid(stepper.process.pid).path)
            done = subprocess.run([MQTRACK, "top", path, "--by", "mapped_space", "--format", "json", "-n", "0"],
                                  env=self.plain, capture_output=True, text=True, check=True)
            flat = {site["function"].split(" ")[0]: site["value"] for site in json.loads(done.stdout)["sites"]}
            # mmap is called by helpers of the program, which stand above the functions that are looked for.
            self.assertEqual(flat, {"map": 60 * PAGE, "grow_pool": 18 * PAGE, "map_at": 2 * PAGE})

    def test_what_allocators_map_is_not_counted(self):
        allocators = {"glibc": "", "jemalloc": library("libjemalloc.so.2"), "mimalloc": library(*MIMALLOC),
                      "tcmalloc": library("libtcmalloc_minimal.so.4")}
        for name, path in allocators.items():
            with self.subTest(name):
                environment = {"LD_PRELOAD": f"{self.recorded['LD_PRELOAD']} {path}"}
                if name == "jemalloc":
                    environment["MALLOC_CONF"] = "background_thread:true,dirty_decay_ms:0"
                stepper = self.stepper("allocator", **environment)
                for _ in stepper:
                    held = self.held(stepper.process.pid)
                    self.assertEqual([end - start for start, end, _ in held], [PAGE, 3 * PAGE], held)

    def test_switched_off(self):
        stepper = self.stepper("parts", MQTRACK_WITHOUT="mappings")
        for _ in stepper:
            self.assertEqual(self.held(stepper.process.pid), [])

    def test_python_maps_and_unmaps(self):
        script = ("import mmap, os\n"
                  "with open('mapped-by-python', 'w+b') as file:\n"
                  "    file.truncate(1 << 20)\n"
                  "    kept = mmap.mmap(file.fileno(), 1 << 20)\n"
                  "    kept.resize(3 << 20)\n"
                  "for _ in range(50):\n"
                  "    mmap.mmap(-1, 1 << 16).close()\n"
                  "os._exit(0)\n")
        self.run_recorded(find_program("python3"), "-c", script)
        [log] = [log for log in self.logs() if log.of_kind(MAPPING)]
        self.assert_exact(log)
        things = [(log.labels(thing), thing.bytes) for thing in log.of_kind(MAPPING).values()]
        named = [(labels["kind"], size) for labels, size in things if labels.get("name", "").endswith("mapped-by-python")]
        self.assertEqual((sum(size for _, size in named), {kind for kind, _ in named}), (3 << 20, {"file"}))
        self.assertEqual([size for labels, size in things if labels["kind"] == "shared"], [])

    def test_a_database_that_maps_its_file(self):
        process = subprocess.Popen([find_program("sqlite3"), "-batch", "mapped-db"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, env=self.recorded, cwd=self.folder, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def ask(text):
            process.stdin.write(f"{text}\n.print done\n")
            process.stdin.flush()
            for line in process.stdout:
                if line == "done\n":
                    return self.assert_agrees(process.pid, text)
            self.fail(f"sqlite3 ended with {process.wait()}")

        ask("PRAGMA journal_mode=WAL; PRAGMA mmap_size=1000000000; CREATE TABLE t(x); SELECT count(*) FROM t;")
        sizes = []
        for _ in range(6):  # the file grows, and its mapping with it
            held = ask("INSERT INTO t SELECT randomblob(100000) FROM generate_series(1, 10);"
                       "PRAGMA wal_checkpoint(TRUNCATE); SELECT sum(length(x)) FROM t;")
            sizes.append(sum(end - start for start, end, labels in held if labels["name"].endswith("mapped-db")))
        self.assertEqual(sizes, sorted(set(sizes)))
        self.assertGreater(sizes[-1], 6_000_000)
        self.assertEqual({labels["name"].rsplit("/", 1)[-1] for _, _, labels in held}, {"mapped-db", "mapped-db-shm"})
        process.stdin.close()
        process.stdout.close()
        self.assertEqual(process.wait(timeout=300), 0)


if __name__ == "__main__":
    unittest.main()
