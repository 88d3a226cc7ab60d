"""Threads, signals, jumps and exceptions."""
import pathlib
import unittest

from recording import Recording


class Threads(Recording):
    def test_ten_thousand_threads_on_the_smallest_stacks(self):
        self.run_both("threads", "many", timeout=300)
        self.assertEqual(self.log_of("threads").sizes()[7001], 10000)

    def test_cancelled_threads_and_their_destructors(self):
        self.run_both("threads", "cancel")
        sizes = self.log_of("threads").sizes()
        self.assertEqual({size: sizes[size] for size in (7003, 7006, 7007, 7010, 7011)},
                         {7003: 200, 7006: 200, 7007: 0, 7010: 0, 7011: 0})

    def test_handlers_that_allocate_while_the_recorder_works(self):
        for stack in ("storm", "storm-alternate"):
            with self.subTest(stack):
                self.run_both("threads", stack, preload=[self.program("real_window.so")], timeout=300)
                log = self.log_of("threads")
                sizes = log.sizes()
                self.assertEqual((sizes[9001], sizes[7001]), (11, 0))
                log.path.unlink()

    def test_jumps_out_of_handlers(self):
        self.run_both("threads", "jump", preload=[self.program("real_window.so")])
        logs = self.logs()
        # A jump may leave one recording half done each time, no more, and never a log that cannot be read.
        self.assertLess(abs(logs[0].inserted - logs[0].removed - len(logs[0].blocks) - len(logs[0].others)), 50)
        self.snapshot(logs[0].path)
        self.assertEqual(logs[0].sizes()[9001], 13)

    def test_exceptions_and_longjmp_through_many_frames(self):
        self.run_both("threads", "unwinding")
        log = self.log_of("threads")
        self.assertEqual(sum(count for size, count in log.sizes().items() if 100 <= size <= 150), 5100)

    def test_a_stack_overflow_handled_on_an_alternate_stack(self):
        """Wherever the stack ends: in the service, in the real allocator, in the recorder."""
        for shift in range(0, 4200, 100):
            self.run_recorded("threads", "overflow", shift, expect=5)
            (log,) = self.logs()
            self.assertEqual(log.sizes()[7001], 17, f"frames moved by {shift} bytes")
            pathlib.Path(log.path).unlink()

    def test_operator_new_that_fails(self):
        self.run_both("threads", "failing")
        sizes = self.log_of("threads").sizes()
        self.assertEqual([sizes[size] for size in (7001, 7003, 7007)], [3, 3, 3])
        # libstdc++ rounds up to what aligned_alloc wants.
        self.assertEqual(sum(count for size, count in sizes.items() if 7005 <= size <= 7040 and size != 7007), 3)


if __name__ == "__main__":
    unittest.main()
