#!/usr/bin/env python3
"""The same two leaks by mqtrack and by what else finds leaks: commands, what each says, and how long the work took.

    python3 -B tests/comparison/compare.py --build build/release --write docs/comparison.md

The service is samples/telemetry with a real broker that is not recorded. `closure` loses two blocks with each reading, a
ring that nothing points to; `cache` keeps one in a map that is freed when the service ends. A tool is run as its manual
says. What is not installed is named as not tried.
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness.processes import accepts, free_port  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

READINGS = 1000
LIBRARIES = pathlib.Path("/usr/lib/x86_64-linux-gnu")
LOST, HELD = "closure", "cache"
FUNCTIONS = {LOST: "StartCalibration", HELD: "RememberAsSeen"}
LINES_SHOWN = 8


class Tool:
    """How a service is started below it, what is done while it runs, and what is read when it has ended."""
    name = package = ""
    when = "when it has ended"
    shown = ()  # the commands, as a user types them

    def missing(self):
        return None

    def prefix(self, _folder):
        return []

    def environment(self, _folder):
        return {}

    def while_it_runs(self, _folder, _moment):
        return ""

    def at_the_end(self, _folder, _output, _binary):
        return ""


class Nothing(Tool):
    name = "nothing"


class Mqtrack(Tool):
    name, package = "mqtrack", "this"
    shown = ("mqtrack run -- ./telemetry …", "mqtrack snapshot telemetry -o before.pb.gz", "mqtrack snapshot telemetry -o after.pb.gz",
             "mqtrack diff before.pb.gz after.pb.gz", "mqtrack leaks telemetry")

    def __init__(self, program):
        self.program = program

    def prefix(self, folder):
        return [self.program, "run", "--log-dir", str(folder / "logs"), "--"]

    def ask(self, folder, *words):
        return subprocess.run([self.program, *words], capture_output=True, text=True, cwd=folder, timeout=300,
                              env={**os.environ, "MQTRACK_LOG_DIR": str(folder / "logs"), "NO_COLOR": "1"}, check=False).stdout

    def while_it_runs(self, folder, moment):
        self.ask(folder, "snapshot", "telemetry", "-o", f"{moment}.pb.gz")
        if moment != "after":
            return ""
        return self.ask(folder, "diff", "before.pb.gz", "after.pb.gz", "-n", "3") + self.ask(folder, "leaks", "telemetry", "-n", "2")


class Heaptrack(Tool):
    name, package = "heaptrack", "heaptrack"
    shown = ("heaptrack -o heap ./telemetry …", "heaptrack_print --print-leaks 1 --print-peaks 1 heap.gz    (or its GUI)")

    def missing(self):
        return None if shutil.which("heaptrack") else "not installed"

    def prefix(self, folder):
        return ["heaptrack", "-o", str(folder / "heap")]

    def at_the_end(self, folder, _output, _binary):
        [file] = [path for path in folder.iterdir() if path.name.startswith("heap.")]
        return subprocess.run(["heaptrack_print", "--print-leaks", "1", "--print-peaks", "1", "--print-allocators", "0",
                               "--print-temporary", "0", str(file)], capture_output=True, text=True, timeout=600, check=False).stdout


class Memcheck(Tool):
    name, package = "memcheck", "valgrind"
    shown = ("valgrind --leak-check=full ./telemetry …",)

    def missing(self):
        return None if shutil.which("valgrind") else "not installed"

    def prefix(self, folder):
        return ["valgrind", "--leak-check=full", f"--log-file={folder}/valgrind"]

    def at_the_end(self, folder, _output, _binary):
        return (folder / "valgrind").read_text()


class LeakSanitizer(Tool):
    name, package = "LeakSanitizer", "libgcc-dev"
    shown = ("LD_PRELOAD=liblsan.so ./telemetry …    (or built with -fsanitize=leak)",)
    library = next(iter(sorted(pathlib.Path("/usr/lib/gcc/x86_64-linux-gnu").glob("*/liblsan.so"), reverse=True)), None)

    def missing(self):
        return None if self.library else "not installed"

    def environment(self, folder):
        return {"LD_PRELOAD": str(self.library), "LSAN_OPTIONS": f"log_path={folder}/lsan"}

    def at_the_end(self, folder, output, _binary):
        return "".join(path.read_text() for path in folder.glob("lsan.*")) or output


class Jemalloc(Tool):
    name, package = "jemalloc", "libjemalloc2"
    when = "from files that it writes as it allocates"
    shown = ("LD_PRELOAD=libjemalloc.so.2 MALLOC_CONF=prof:true,lg_prof_sample:0,lg_prof_interval:18 ./telemetry …",
             "jeprof --text --base=first.heap ./telemetry last.heap")
    library = LIBRARIES / "libjemalloc.so.2"

    def missing(self):
        return None if self.library.exists() and shutil.which("jeprof") else "not installed"

    def environment(self, folder):
        return {"LD_PRELOAD": str(self.library),
                "MALLOC_CONF": f"prof:true,lg_prof_sample:0,lg_prof_interval:18,prof_prefix:{folder}/heap"}

    def at_the_end(self, folder, _output, binary):
        files = sorted(folder.glob("heap.*.heap"), key=lambda path: int(path.name.split(".")[2]))
        if len(files) < 2:
            return "(fewer than two files were written)"
        return subprocess.run(["jeprof", "--text", "--lines", f"--base={files[0]}", binary, str(files[-1])], capture_output=True, text=True,
                              timeout=600, check=False).stdout


class Gperftools(Tool):
    name, package = "gperftools", "google-perftools, libgoogle-perftools4"
    when = "from files that it writes as it allocates"
    shown = ("LD_PRELOAD=libtcmalloc.so.4 HEAPPROFILE=heap HEAP_PROFILE_ALLOCATION_INTERVAL=262144 ./telemetry …",
             "google-pprof --text --base=heap.0001.heap ./telemetry heap.LAST.heap")
    library = LIBRARIES / "libtcmalloc.so.4"

    def missing(self):
        return None if self.library.exists() and shutil.which("google-pprof") else "not installed"

    def environment(self, folder):
        return {"LD_PRELOAD": str(self.library), "HEAPPROFILE": str(folder / "heap"), "HEAP_PROFILE_ALLOCATION_INTERVAL": "262144"}

    def at_the_end(self, folder, _output, binary):
        files = sorted(folder.glob("heap.*.heap"))
        if len(files) < 2:
            return "(fewer than two files were written)"
        # The last file is of the moment when the service ends.
        return subprocess.run(["google-pprof", "--text", "--lines", f"--base={files[0]}", binary, str(files[-2])], capture_output=True,
                              text=True, timeout=600, check=False).stdout


class Run:
    """One service below one tool: what it said, when, and the seconds that the readings took."""

    def __init__(self, tool, leak, build):
        self.tool, self.leak = tool, leak
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mqtrack-comparison-"))
        (self.folder / "logs").mkdir(mode=0o700)
        self.binary = str(build / "samples" / "telemetry" / "telemetry")
        self.running = self.ended = ""
        try:
            self.measure()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def measure(self):
        port = free_port()
        broker = subprocess.Popen([shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-p", str(port)], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        wait_until("the broker", lambda: accepts(port))
        output = self.folder / "output"
        with output.open("w") as file:
            service = subprocess.Popen([*self.tool.prefix(self.folder), self.binary, "--port", str(port), "--leak", self.leak, "--report-every",
                                        str(READINGS), "--messages", str(2 * READINGS), "--stay"],
                                       env={**os.environ, **self.tool.environment(self.folder)}, stdout=file, stderr=subprocess.STDOUT,
                                       start_new_session=True)
        try:
            wait_until("the service", lambda: "ready" in output.read_text())
            for number, moment in ((1, "before"), (2, "after")):
                began = time.monotonic()
                subprocess.run(["mosquitto_pub", "-p", str(port), "-q", "1", "-t", "telemetry/a/temperature", "-l"], check=True,
                               input="".join(f"{i}\n" for i in range(READINGS)), text=True, timeout=600)
                wait_until("the readings", lambda n=number: f"processed {n * READINGS}" in output.read_text())
                self.seconds = time.monotonic() - began
                self.running += self.tool.while_it_runs(self.folder, moment)
            # The service alone is asked to end: a tool beside it has yet to write what it knows.
            os.kill(self.service_below(service.pid), signal.SIGTERM)
            service.wait(300)
            self.ended = self.tool.at_the_end(self.folder, output.read_text(), self.binary)
        finally:
            if service.poll() is None:
                os.killpg(service.pid, signal.SIGKILL)
            broker.terminate()
            broker.wait()

    @staticmethod
    def service_below(pid):
        """The telemetry service among a process and its descendants; the process itself if it has become the service."""
        for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "telemetry":
                return int(child)
        return pid

    def found(self):
        function = FUNCTIONS[self.leak]
        if function in self.running:
            return "yes, by asking while it runs"
        return f"yes, {self.tool.when}" if function in self.ended else "no"

    def excerpt(self):
        """The lines around the first that names the function."""
        lines = [re.sub(r"/\S*/samples/", "samples/", line)[:120].rstrip() for line in (self.running or self.ended).splitlines()]
        at = next((i for i, line in enumerate(lines) if FUNCTIONS[self.leak] in line), None)
        if at is None:
            return "\n".join(line for line in lines[-LINES_SHOWN:] if line) or "(nothing)"
        return "\n".join(lines[max(0, at - LINES_SHOWN // 2):at + LINES_SHOWN // 2])


def page(runs, plain, missing):
    rows = "\n".join(f"| {tool} | {both[LOST].found()} | {both[HELD].found()} | {both[LOST].seconds / plain:.1f} |" for tool, both in runs.items())
    outputs = []
    for tool, both in runs.items():
        commands = "\n".join(f"$ {line}" for line in both[LOST].tool.shown)
        outputs.append(f"### {tool}\n\n```\n{commands}\n```\n\n" + "\n\n".join(
            f"`{leak}`:\n\n```\n{run.excerpt()}\n```" for leak, run in both.items()))
    return rows, "\n\n".join(outputs), "".join(f"| {name} | not tried: {why} | | |\n" for name, why in missing)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build/release"))
    arguments.add_argument("--write", type=pathlib.Path, help="a page whose parts between its marks are replaced")
    given = arguments.parse_args()
    build = given.build.resolve()
    tools = [Mqtrack(str(build / "cli" / "mqtrack")), Heaptrack(), Memcheck(), LeakSanitizer(), Jemalloc(), Gperftools()]
    missing = [(tool.name, tool.missing()) for tool in tools if tool.missing()]
    missing += [(name, "not in this release of Debian") for name in ("bytehound", "memray")]
    plain = min(Run(Nothing(), LOST, build).seconds for _ in range(3))
    runs = {}
    for tool in tools:
        if not tool.missing():
            print(f"{tool.name} …", flush=True)
            runs[tool.name] = {leak: Run(tool, leak, build) for leak in (LOST, HELD)}
    rows, outputs, untried = page(runs, plain, missing)
    print(rows, untried, outputs, sep="\n\n")
    if given.write:
        text = given.write.read_text()
        for mark, part in (("table", f"| tool | `{LOST}` | `{HELD}` | time, plain is 1 |\n|---|---|---|---:|\n{rows}\n{untried}"), ("outputs", outputs)):
            begin, end = f"<!-- {mark}: written by tests/comparison/compare.py -->", f"<!-- {mark} ends -->"
            before, rest = text.split(begin)
            text = f"{before}{begin}\n{part.rstrip()}\n{end}{rest.split(end)[1]}"
        given.write.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
