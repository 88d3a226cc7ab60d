"""The handbook's commands are run, and print what the pages say. MQTRACK_UPDATE_GOLDENS=1 writes into the pages what they print."""
import os
import pathlib
import subprocess
import unittest

from handbook_page import ELLIPSIS, is_like, masked, shown, steps_of, unwrapped, with_outputs
from harness import paths
from harness.case import EndToEnd
from harness.processes import accepts, free_port
from harness.waiting import wait_until

PAGES = paths.SOURCE / "docs" / "handbook"
PAGE_PORTS = ("1883", "6060")  # as they stand on the pages
IS_UPDATE = os.environ.get("MQTRACK_UPDATE_GOLDENS") == "1"


class HandbookTest(EndToEnd):
    def setUp(self):
        super().setUp()
        self.ports = {port: str(free_port()) for port in PAGE_PORTS}
        telemetry = pathlib.Path(paths.TELEMETRY)
        places = (pathlib.Path(paths.MQTRACK).parent, telemetry.parent, paths.PROGRAMS, paths.PROGRAMS.parent / "patterns")
        self.environment.update(PATH=":".join([*map(str, places), os.environ["PATH"], "/usr/sbin"]), PLUGINS=str(paths.PLUGINS),
                                SAMPLES=str(paths.SOURCE / "samples"), FOLDER=str(self.folder), HOME=str(self.folder),
                                PAGER="cat", COLUMNS="100")

    def run_step(self, step):
        """What the command prints on standard output, as the page would have it."""
        command = step.command
        for port, free in self.ports.items():
            command = command.replace(port, free)
        if step.is_service:
            self.start_service(command.removesuffix(" &"))
            return ""
        done = subprocess.run(["bash", "-c", command], cwd=self.folder, env=self.environment, capture_output=True, text=True,
                              timeout=600, stdin=subprocess.DEVNULL, check=False)
        self.assertEqual(done.returncode, step.code, f"$ {command}\n{done.stdout}\n{done.stderr}")
        output = done.stdout
        for port, free in self.ports.items():
            output = output.replace(free, port)
        for place in (self.folder, paths.SOURCE):
            output = output.replace(f"{place}/", "")
        return output

    def start_service(self, command):
        recorded = self.recorded_pids()
        self.start(command.split()[-1].replace("/", "_"), "bash", "-c", f"cd {self.folder} && exec {command}")
        if command.startswith("mqtrack run"):
            wait_until("it to be recorded", lambda: self.recorded_pids() > recorded)
        ports = [port for port in self.ports.values() if port in command] or [self.ports["1883"]]
        wait_until("the service", lambda: accepts(int(ports[0])))

    def recorded_pids(self):
        done = subprocess.run([paths.MQTRACK, "list"], env=self.environment, capture_output=True, text=True, timeout=300, check=False)
        return {line.split()[0] for line in done.stdout.splitlines()[1:] if " alive " in line}

    def play(self, name):
        """What a page shows need not come each time, on a machine that others keep busy: once in two runs is enough."""
        try:
            self.play_once(name)
        except self.failureException as error:
            if IS_UPDATE:
                raise
            print(f"{name}, first run: {error}", flush=True)
            self.doCleanups()
            self.setUp()
            self.play_once(name)

    def play_once(self, name):
        page = PAGES / f"{name}.md"
        text = page.read_text(encoding="utf-8")
        outputs = []
        for step in steps_of(text):
            output = self.run_step(step)
            if step.is_hidden:
                continue
            outputs.append((step, shown(output, step.most_lines)))
            if not IS_UPDATE:
                self.compare(step, output)
        self.assertTrue(outputs, f"{page} has no commands")
        if IS_UPDATE:
            page.write_text(with_outputs(text, outputs), encoding="utf-8")

    def compare(self, step, output):
        """Each line on the page is one of the output, but for what differs from run to run."""
        printed = [masked(line) for line in unwrapped(output.splitlines())]
        missing = [line for line in unwrapped(step.printed) if line != ELLIPSIS and not is_like(masked(line), printed)]
        self.assertEqual(missing, [], f"the page shows what is not printed by\n$ {step.command}\n{output}")
        self.assertEqual(bool(step.printed), bool(output.strip()), f"$ {step.command}\n{output}")

    def test_a_broker_grows(self):
        self.play("a-broker-grows")

    def test_a_client_grows(self):
        self.play("a-client-grows")

    def test_killed_in_the_night(self):
        self.play("killed-in-the-night")

    def test_leak_or_not(self):
        self.play("leak-or-not")

    def test_in_ci(self):
        self.play("in-ci")

    def test_on_a_gateway(self):
        self.play("on-a-gateway")

    @unittest.skipUnless((paths.PROGRAMS.parent / "patterns" / "go_patterns").exists(),
                         "go (package golang-go) was not installed for the build")
    def test_a_go_service(self):
        self.play("a-go-service")

    def test_a_line_that_judges_otherwise_is_another(self):
        shown_line = "FAIL verdicts on inuse_space # site none of lost, leak"
        self.assertTrue(is_like(shown_line, ["limit", "FAIL verdicts on inuse_space # sites none of lost, leak"]))
        self.assertFalse(is_like(shown_line, ["PASS verdicts on inuse_space # site none of lost, leak"]))
        self.assertFalse(is_like(shown_line, ["FAIL verdicts on inuse_space # site none of leak"]))
        self.assertFalse(is_like("BACKLOG handle__publish in mosquitto", ["LOST handle__publish in mosquitto"]))
        self.assertFalse(is_like("before.pb.gz", ["after.pb.gz", ""]))

    def test_every_page_is_run(self):
        tests = {name.removeprefix("test_").replace("_", "-") for name in dir(self) if name.startswith("test_")}
        pages = {page.stem for page in PAGES.glob("*.md") if "```console" in page.read_text(encoding="utf-8")}
        self.assertEqual(pages - tests, set())


if __name__ == "__main__":
    unittest.main()
