"""C++ plugins in a C host, loaded and unloaded; other allocators than glibc's."""
import unittest

from recording import MIMALLOC, Recording, library

ALLOCATORS = (("libtcmalloc_minimal.so.4",), ("libjemalloc.so.2",), MIMALLOC)


class Plugins(Recording):
    def plugin(self, name):
        return self.program(f"{name}.so")

    def test_exceptions_of_plugins_stay_with_libgcc(self):
        done = self.run_both("host", 2, "", self.plugin("plugin_a"), self.plugin("plugin_b"))
        self.assertEqual(done.stdout.decode().count("libgcc_s.so.1"), 2)
        sizes = self.log_of("host").sizes()
        self.assertEqual((sizes[7001], sizes[7003]), (1, 1))

    def test_plugins_that_take_turns_at_one_address(self):
        self.run_both("host", 400, "threads", self.plugin("plugin_a"), self.plugin("plugin_b"))
        log = self.log_of("host")
        self.assertEqual((log.sizes()[7001], log.sizes()[7003]), (200, 200))
        for block in log.blocks:
            flags, addresses = log.stack(block)
            self.assertEqual(flags, 0)
            self.assertGreaterEqual(len(addresses), 3)
        self.snapshot(log.path)

    def test_a_plugin_with_its_own_copy_of_the_library(self):
        self.run_both("host", 40, "threads", self.plugin("plugin_static"))
        self.assertEqual(self.log_of("host").sizes()[7005], 40)

    def test_deepbind(self):
        self.run_both("host", 10, "deep", self.plugin("plugin_a"))
        # Such a plugin calls glibc past every preloaded library: the recorder sees nothing of it, and must not mind. What
        # it frees through a library that does see the recorder counts as a free of something unknown.
        log = self.log_of("host")
        self.assertEqual(log.sizes()[7001], 0)
        self.assertGreater(log.inserted, 0)

    def test_new_in_all_forms_and_threads_under_other_allocators(self):
        for names in ALLOCATORS:
            with self.subTest(names[0]):
                # mimalloc aborts a C++ program that runs out of memory.
                self.run_both("threads", "forms" if names is MIMALLOC else "failing", preload=[library(*names)])
                log = self.log_of("threads")
                sizes = log.sizes()
                self.assertEqual([sizes[size] for size in (7001, 7003, 7007)], [3, 3, 3])
                self.assertEqual(sum(count for size, count in sizes.items() if 7005 <= size <= 7040 and size != 7007), 3)
                log.path.unlink()
                self.run_both("threads", "unwinding", preload=[library(*names)])
                self.log_of("threads").path.unlink()

    def test_edges_under_other_allocators(self):
        for names in ALLOCATORS:
            with self.subTest(names[0]):
                self.run_both("edges", "without-pvalloc", preload=[library(*names)])
                log = self.log_of("edges")
                self.assertEqual(log.sizes()[7001], 7)
                log.path.unlink()

    def test_children_under_other_allocators(self):
        for names in ALLOCATORS:
            with self.subTest(names[0]):
                self.run_recorded("forks", "inherits", preload=[library(*names)])
                child, = [log for log in self.logs() if log.origin == 1]
                self.assert_exact(child)
                self.assertEqual((child.sizes()[7001], child.sizes()[9001]), (600, 50))
                for log in self.logs():
                    log.path.unlink()


if __name__ == "__main__":
    unittest.main()
