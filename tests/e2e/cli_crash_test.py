"""What mqtrack leaves behind when it crashes itself: a stack that a bug report can carry."""
import re
import signal
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd


class CrashTest(EndToEnd):
    def crash(self, number):
        process = subprocess.Popen([paths.MQTRACK, "top", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.kill)
        # It reads its input once all is set up: more than a pipe holds has gone in only when it does.
        process.stdin.write("x" * 200_000)
        process.stdin.flush()
        process.send_signal(number)
        out, err = process.communicate(timeout=300)
        return process.returncode, out, err

    def test_a_stack_that_addr2line_explains(self):
        for number in (signal.SIGSEGV, signal.SIGABRT):
            with self.subTest(number):
                code, out, err = self.crash(number)
                self.assertEqual((code, out), (-number, ""))
                self.assertRegex(err, rf"\Amqtrack: crashed by signal {int(number)} \(version [0-9.]+\); please report it")
                offsets = re.findall(r"^  mqtrack\+(0x[0-9a-f]+)$", err, re.M)
                self.assertGreater(len(offsets), 3)
                names = subprocess.run(["addr2line", "-Cfie", paths.MQTRACK, *offsets], check=True, capture_output=True,
                                       text=True).stdout
                self.assertIn("mqtrack::support::ReadFile", names)
                self.assertIn("main", names)


if __name__ == "__main__":
    unittest.main()
