"""Children whose own log cannot be made, whatever fails: they go on as they would, and their parent's log stays right."""
import mmap
import unittest

from recording import Recording, find_program


class ForkFailures(Recording):
    def parent_and_children(self):
        logs = self.logs()
        parents = [log for log in logs if log.origin == 0]
        self.assertEqual(len(parents), 1, [log.path for log in logs])
        return parents[0], [log for log in logs if log.origin == 1]

    def assert_untouched(self, parent, sizes):
        """The parent's log has what the parent did, and not a byte of its child."""
        self.assert_exact(parent)
        found = parent.sizes()
        self.assertEqual({size: found[size] for size in (*sizes, 9001)}, {**sizes, 9001: 0})
        with open(parent.path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
            self.assertEqual(data.find(b"CHILD-client", 0, 4 << 20), -1)

    def test_a_copy_that_is_larger_than_files_may_be(self):
        self.run_recorded("failing_forks", "small-files")
        parent, children = self.parent_and_children()
        self.assertEqual(children, [])
        self.assert_untouched(parent, {77: 3010})
        self.snapshot(parent.path)

    def test_every_call_that_the_child_makes_fails_in_its_turn(self):
        failed, number = [], 0
        while True:
            number += 1
            settings = [f"{name}={self.recorded[name]}" for name in ("LD_PRELOAD", "MQTRACK_LOG_DIR")]
            done = self.run_program("fail_calls", number, find_program("env"), *settings, self.program("failing_forks"), "marked",
                                    environment=self.plain)
            self.assertEqual(done.returncode, 0, (number, done.stdout, done.stderr))
            what = done.stdout.decode().strip()
            parent, children = self.parent_and_children()
            with self.subTest(f"call {number}: {what}"):
                self.assert_untouched(parent, {7001: 10, 7003: 5})
                for child in children:
                    self.assertEqual(child.problems(), [])
                    self.assertEqual((child.sizes()[7001], child.sizes()[9001]), (10, 20))
            for log in self.logs():
                log.path.unlink()
            if what == "none":
                break
            failed.append(what)
        self.assertEqual(len(children), 1, "with nothing that fails the child is recorded")
        print(f"{len(failed)} calls failed in turn", flush=True)
        self.assertGreater(len(failed), 15)

    def test_a_full_file_system(self):
        script = ('mount -t tmpfs -o mode=0700,size=1500k none "$1" && LD_PRELOAD=$2 MQTRACK_LOG_DIR=$1 "$3" both; code=$?;'
                  'for log in "$1"/*.log; do cp --sparse=always "$log" "$4/"; done; exit $code')
        full = self.folder / "full"
        full.mkdir(mode=0o700)
        done = self.run_program(find_program("unshare"), "-m", "/bin/sh", "-c", script, "sh", full, self.recorded["LD_PRELOAD"],
                                self.program("failing_forks"), self.log_dir, environment=self.plain)
        self.assertEqual(done.returncode, 0, done.stderr)
        parent, children = self.parent_and_children()
        for log in (parent, *children):
            self.assertEqual(log.problems(), [])
        self.assertEqual(parent.sizes()[9001], 0)
        self.assertEqual(parent.sizes()[77] + sum(parent.losses.values()), 3010)

    def test_forks_in_signal_handlers_that_interrupt_the_recorder(self):
        self.run_recorded("failing_forks", "in-handlers")
        parent, _ = self.parent_and_children()
        self.assert_untouched(parent, {7001: 1000})

    def test_signals_do_not_end_the_parents_wait(self):
        self.run_recorded("failing_forks", "interrupted")
        parent, children = self.parent_and_children()
        self.assert_exact(parent)
        self.assertEqual(len(children), 20)
        for child in children:
            self.assert_exact(child)
            self.assertEqual(child.sizes()[701], 15000)


if __name__ == "__main__":
    unittest.main()
