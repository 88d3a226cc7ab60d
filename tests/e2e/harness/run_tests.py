"""Runs one file of tests, as `python -m unittest -v` would, and ends with a line for each test that was skipped:

    SKIPPED plugin_test.PluginTest.test_x: only root can drop privileges

tests/support/summarize_reports.py collects these lines. The exit code is 77 if every test was skipped, which ctest shows as
skipped, 1 if one failed, and otherwise 0.

Usage, from the file's folder: run_tests.py MODULE
"""
import os
import sys
import unittest

ALL_SKIPPED = 77


class Result(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.started = set()

    def startTest(self, test):
        super().startTest(test)
        self.started.add(test.id())


def main():
    # The file's folder takes the place of this one, whose modules are called harness.x.
    sys.path[0] = os.getcwd()
    suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
    result = unittest.TextTestRunner(verbosity=2, resultclass=Result).run(suite)
    sys.stderr.flush()
    for test, reason in result.skipped:
        print(f"SKIPPED {test.id().replace(' ', '_')}: {' '.join(reason.split())}")
    if not result.wasSuccessful():
        return 1
    if not result.started and not result.skipped:
        print(f"no test in {' '.join(sys.argv[1:])}", file=sys.stderr)
        return 1
    ran = result.started - {test.id() for test, _ in result.skipped}
    return 0 if ran else ALL_SKIPPED


if __name__ == "__main__":
    sys.exit(main())
