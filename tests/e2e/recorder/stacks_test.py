"""Stacks that are not the thread's own: nothing is read that may be gone, and no stack names a wrong function."""
import os
import pathlib
import re
import subprocess
import unittest

from recording import MQTRACK, PROGRAMS, Recording, find_program

CHANGES = ("mprotect", "munmap", "mmap", "mremap", "madvise", "syscall", "raw-mprotect", "raw-munmap")

# Who calls whom in programs/stack_switches.c and boost_coroutines.cc. None: the stack may begin there.
CALLERS = {
    "keep": {"pad", "on_signal", "handlers", "throw_and_catch"},
    "pad": {"big_entry", "small_entry", "work_at_bottom", "in_turns", "turn", "handlers", "work"},
    "big_entry": {"entry_by_context", "entry_by_assembly", "divided"},
    "small_entry": {"entry_by_context", "entry_by_assembly", "divided", "divided_in_own_stack"},
    "divided_in_own_stack": {"divided"},
    "divided": {"main"},
    "handlers": {"main"},
    "work_at_bottom": {"entry_by_assembly"},
    "in_turns": {"entry_by_context", "entry_by_assembly"},
    "turn": {None},
    "throw_and_catch": {"throw_and_catch", "work"},
    # A coroutine's entry has no caller.
    "entry_by_context": {None},
    "entry_by_assembly": {None},
}


class Stacks(Recording):
    def folded(self, log):
        """Every stack as a list of names, outermost first, with the bytes that it keeps."""
        done = subprocess.run([MQTRACK, "report", self.snapshot(log.path), "--format", "folded", "-o", "-"],
                              env=self.plain, capture_output=True, text=True, timeout=300, check=True)
        for line in done.stdout.splitlines():
            stack, size = line.rsplit(" ", 1)
            yield stack.split(";"), int(size)

    def assert_stacks(self, log, kept):
        """All that is kept is below keep(), and each function was called by one that calls it."""
        found = 0
        for frames, size in self.folded(log):
            if "keep" not in frames:
                continue
            self.assertEqual(frames[-1], "keep", frames)
            found += size
            for caller, callee in zip(frames, frames[1:]):
                if callee not in CALLERS:
                    continue
                # What is above a stack's first frame is no function of the program's.
                allowed = CALLERS[callee]
                known = caller if caller in CALLERS or caller == "main" else None
                self.assertTrue(caller in allowed or (known is None and self.may_begin(callee)), frames)
        self.assertEqual(found, kept * 24)

    @staticmethod
    def may_begin(callee):
        return None in CALLERS[callee] or callee in ("on_signal", "work", "throw_and_catch")

    def check(self, *arguments, program="stack_switches", without=None):
        environment = {"MQTRACK_WITHOUT": without} if without else {}
        self.recorded.update(environment)
        done = self.run_both(program, *arguments, timeout=300)
        log = self.log_of(program)
        self.assert_stacks(log, int(re.search(rb"kept (\d+)", done.stdout)[1]))
        log.path.unlink()

    def test_a_pool_that_is_divided_anew(self):
        for switching in ("context", "assembly"):
            for change in CHANGES:
                for without in (None, "mappings"):
                    with self.subTest((switching, change, without)):
                        self.check("divided", switching, "mapped", change, without=without)

    def test_a_pool_in_a_file_that_becomes_shorter(self):
        self.check("divided", "assembly", "file", "ftruncate")

    def test_a_pool_in_the_threads_own_stack(self):
        for switching in ("context", "assembly"):
            for change in ("mprotect", "syscall", "madvise"):
                for without in (None, "mappings"):
                    with self.subTest((switching, change, without)):
                        self.check("divided", switching, "own", change, without=without)

    def test_first_frames_with_anything_for_a_return_address(self):
        self.check("bottoms")

    def test_stacks_that_threads_give_each_other(self):
        for switching in ("context", "assembly"):
            with self.subTest(switching):
                self.run_recorded("stack_switches", "threads", switching, timeout=300)
                log = self.log_of("stack_switches")
                self.assert_stacks(log, log.sizes()[24])
                log.path.unlink()

    def test_signal_stacks_without_room_to_spare(self):
        self.run_both("stack_switches", "handlers")
        self.assert_exact(self.log_of("stack_switches"))

    def test_coroutines_of_boost(self):
        self.assertTrue((PROGRAMS / "boost_coroutines").exists(), "built without libboost-context-dev; tests/run.sh installs it")
        self.run_recorded("boost_coroutines", timeout=300)
        log = self.log_of("boost_coroutines")
        self.assert_stacks(log, sum(size for frames, size in self.folded(log) if "keep" in frames) // 24)

    def test_go_that_is_called_back_from_c(self):
        find_program("go")
        source = self.folder / "main.go"
        source.write_text(
            'package main\n\n/*\n#include <stdlib.h>\nextern void goCallback(int);\n'
            'static void* volatile kept[64];\n'
            '__attribute__((noinline)) static void keepInC(int i) { kept[i % 64] = malloc(7001); }\n'
            '__attribute__((noinline)) static void callBack(int i) { free(malloc(100 + i % 50)); if (i > 0) goCallback(i - 1); else keepInC(i); }\n'
            '*/\nimport "C"\nimport (\n\t"fmt"\n\t"runtime"\n\t"sync"\n)\n\n'
            '//export goCallback\nfunc goCallback(i C.int) {\n\tvar room [200]byte\n\tgrow(int(i)*10, &room)\n\tC.callBack(i)\n}\n\n'
            '// The stack of the goroutine moves.\nfunc grow(depth int, room *[200]byte) {\n\tvar more [200]byte\n'
            '\tif depth > 0 {\n\t\tgrow(depth-1, &more)\n\t}\n\troom[0] = more[1]\n}\n\n'
            'func main() {\n\tvar group sync.WaitGroup\n\tfor i := 0; i < 8; i++ {\n\t\tgroup.Add(1)\n'
            '\t\tgo func() {\n\t\t\tdefer group.Done()\n\t\t\tfor j := 0; j < 200; j++ {\n\t\t\t\tC.callBack(C.int(j % 12))\n'
            '\t\t\t\truntime.Gosched()\n\t\t\t}\n\t\t}()\n\t}\n\tgroup.Wait()\n\tfmt.Println("done")\n}\n', encoding="utf-8")
        cache = pathlib.Path(os.environ["MQTRACK_TEST_PROGRAMS"]) / "go-cache"
        subprocess.run(["go", "build", "-o", "callbacks", "main.go"], cwd=self.folder, check=True, timeout=300,
                       env={**self.plain, "HOME": str(self.folder), "GOCACHE": str(cache), "GO111MODULE": "off"})
        self.run_both(str(self.folder / "callbacks"))
        log = self.log_of("callbacks")
        self.assertGreater(log.sizes()[7001], 0)
        for frames, size in self.folded(log):
            if size % 7001 == 0:
                self.assertRegex(frames[-1], "keepInC")


if __name__ == "__main__":
    unittest.main()
