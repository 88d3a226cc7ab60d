"""The recipes of docs/ci.md, word for word, on a service that leaks in a short-lived child and on the repaired one."""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

from harness import paths
from harness.case import EndToEnd

DOCUMENT = paths.SOURCE / "docs" / "ci.md"
RUNNER = """#!/bin/sh
set -e
timeout 60 ./service_test
nice ./service_test
sh -c './service_test; true'
echo "3 tests passed"
"""


def recipe(title):
    section = DOCUMENT.read_text().split(f"\n## {title}\n")[1].split("\n## ")[0]
    return re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)[0]


class CiRecipesTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.environment["PATH"] = f"{pathlib.Path(paths.MQTRACK).parent}:{self.environment['PATH']}"

    def workspace(self, leaks):
        """A fresh checkout, as a CI service has it."""
        folder = self.folder / ("leaking" if leaks else "repaired")
        folder.mkdir(exist_ok=True)
        shutil.copy(paths.PROGRAMS / ("short_children_leaking" if leaks else "short_children"), folder / "service_test")
        (folder / "run_tests.sh").write_text(RUNNER)
        (folder / "run_tests.sh").chmod(0o755)
        return folder

    def run_in(self, folder, *command, **variables):
        return subprocess.run(command, cwd=folder, env={**self.environment, **variables}, capture_output=True, text=True,
                              timeout=300, check=False)

    def for_both(self, run):
        """Insists that `run(folder)` ends with 0 for the repaired service alone, and names the guilty one of the other."""
        for leaks in (False, True):
            with self.subTest("leaking" if leaks else "repaired"):
                folder = self.workspace(leaks)
                done = run(folder)
                self.assertEqual(done.returncode != 0, leaks, done.stdout + done.stderr)
                if leaks:
                    self.assertIn("MakeSession", done.stdout + done.stderr)
                    self.assertIn("1,000 bytes", done.stdout + done.stderr)

    def test_shell(self):
        self.for_both(lambda folder: self.run_in(folder, "sh", "-c", recipe("Any shell")))

    def test_github(self):
        steps = re.findall(r"- name: (.+)\n(?:\s+if: (.+)\n)?\s+run: (.+)\n", recipe("GitHub Actions"))
        self.assertEqual([step[0] for step in steps], ["Tests under the recorder", "Gate", "Summary"])

        def run(folder):
            """As the runner does: each step in a shell of its own, after a failure only those that always run."""
            failed, summary = None, folder / "summary"
            for _, condition, command in steps:
                if failed and condition != "always()":
                    continue
                done = self.run_in(folder, "bash", "-e", "-c", command, GITHUB_STEP_SUMMARY=str(summary))
                failed = failed or (done if done.returncode != 0 else None)
            self.assertIn("exceed" if folder.name == "leaking" else "within", summary.read_text())
            if failed:
                self.assertIn("::error ", failed.stdout)
            return failed or done
        self.for_both(run)

    def test_gitlab(self):
        script = re.search(r"script:\n((?:    - .+\n)+)", recipe("GitLab")).group(1)
        commands = [line.strip().removeprefix("- ") for line in script.splitlines()]
        self.assertEqual(len(commands), 2)

        def run(folder):
            done = self.run_in(folder, "bash", "-eo", "pipefail", "-c", "\n".join(commands))
            self.assertIn("<testsuites", (folder / "gate.xml").read_text())
            return done
        self.for_both(run)

    def test_ctest(self):
        def run(folder):
            (folder / "CMakeLists.txt").write_text(
                "cmake_minimum_required(VERSION 3.25)\nproject(service LANGUAGES NONE)\nenable_testing()\n"
                "add_executable(service_test IMPORTED)\nset_target_properties(service_test PROPERTIES IMPORTED_LOCATION "
                "${CMAKE_CURRENT_SOURCE_DIR}/service_test)\n" + recipe("CTest"))
            configured = self.run_in(folder, "cmake", "-S", ".", "-B", "build")
            self.assertEqual(configured.returncode, 0, configured.stderr)
            done = None
            for _ in range(2):  # again in the same folder, as a developer does
                done = self.run_in(folder, "ctest", "--test-dir", "build", "--output-on-failure")
            passed = 2 if folder.name == "leaking" else 3
            self.assertIn(f"{3 - passed} tests failed out of 3", done.stdout)
            return done
        self.for_both(run)

    def test_pytest(self):
        def has_pytest(python):
            return subprocess.run([python, "-c", "import pytest"], capture_output=True, check=False).returncode == 0

        # Debian's package is Debian's python3's, which need not be the one that runs the tests.
        python = next(filter(has_pytest, (sys.executable, "/usr/bin/python3")), None)
        if python is None:
            self.skipTest("pytest is not installed")

        def run(folder):
            (folder / "test_service.py").write_text(recipe("pytest"))
            return self.run_in(folder, python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_service.py")
        self.for_both(run)

    def test_a_run_of_the_main_branch_as_base(self):
        """What leaked already passes; a second leak does not, nor does a process that was not there."""
        def run_with_main(folder, main):
            for name in ("main", "new"):
                shutil.rmtree(folder / name, ignore_errors=True)
            shutil.copy(paths.PROGRAMS / main, folder / "service_test.new")
            (folder / "service_test").rename(folder / "service_test.kept")
            (folder / "service_test.new").rename(folder / "service_test")
            self.assertEqual(self.run_in(folder, "mqtrack", "run", "--snapshot-at-exit", "main/", "--", "./run_tests.sh").returncode, 0)
            (folder / "service_test.kept").rename(folder / "service_test")
            return self.run_in(folder, "sh", "-c", recipe("What was there before"))
        self.for_both(lambda folder: run_with_main(folder, "short_children"))
        done = run_with_main(self.workspace(True), "short_children_leaking")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        folder = self.workspace(True)
        for snapshot in sorted((folder / "main").glob("service_test-*"))[1:]:
            snapshot.unlink()
        done = self.run_in(folder, "mqtrack", "gate", "--base", "main/", "new", "--max-growth", "0")
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("the run of the base had no such process", done.stdout)

    def test_services_that_do_not_end(self):
        for leaks in (False, True):
            with self.subTest(leaks):
                folder = self.folder / f"service-{leaks}"
                folder.mkdir()
                (folder / "service").write_text(f"#!/bin/sh\nmkfifo requests\nexec {paths.PROGRAMS / 'grower'} "
                                                f"{1 if leaks else 0} <>requests >answers\n")
                # Traffic that waits for what it asked for.
                (folder / "drive_traffic").write_text(
                    "#!/bin/sh\nuntil [ -p requests ]; do sleep 0.1; done\nbefore=$(cat answers 2>/dev/null | wc -l)\n"
                    "printf xxx >requests\nuntil [ \"$(cat answers | wc -l)\" -ge $((before + 3)) ]; do sleep 0.05; done\n")
                for name in ("service", "drive_traffic"):
                    (folder / name).chmod(0o755)
                done = self.run_in(folder, "bash", "-c", recipe("Services that do not end"))
                self.assertEqual(done.returncode, 1 if leaks else 0, done.stdout + done.stderr)
                if leaks:
                    self.assertIn("LoseSome", done.stdout)


if __name__ == "__main__":
    unittest.main()
