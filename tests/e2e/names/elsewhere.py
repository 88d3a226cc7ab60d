"""The base of tests on names that come later: a snapshot without names of a program whose files then lie elsewhere."""
import json
import re
import subprocess

from named import Named

SOURCE = "inlined_service.c"
STACK = ["inlined_leak", "on_message", "main"]
ROUNDS = 20


class Elsewhere(Named):
    def unnamed(self, *options, strip=False, name="board"):
        """A snapshot without names, and the program it is of."""
        program = self.build(SOURCE, f"{name}-service", *options)
        if strip:
            self.split(program)
        service = self.service(program)
        for _ in range(ROUNDS - 1):
            service.work()
        file = self.folder / f"{name}.pb.gz"
        self.mqtrack("snapshot", self.log(), "--no-symbols", "-o", file)
        return file, program

    def split(self, program):
        """Strips a program; returns its debug file."""
        debug = program.with_suffix(".debug")
        subprocess.run(["objcopy", "--only-keep-debug", program, debug], check=True, timeout=300)
        subprocess.run(["strip", program], check=True, timeout=300)
        return debug

    def build_id(self, file):
        notes = subprocess.run(["readelf", "-n", file], check=True, capture_output=True, text=True, timeout=300).stdout
        return re.search(r"Build ID: ([0-9a-f]+)", notes).group(1)

    def store(self, file, build_id, suffix, folder="store"):
        """Moves a file into a folder of build ids."""
        path = self.folder / folder / ".build-id" / build_id[:2] / (build_id[2:] + suffix)
        path.parent.mkdir(parents=True, exist_ok=True)
        file.rename(path)
        return self.folder / folder

    def leak(self, *arguments):
        """The row of the program's leak."""
        rows = json.loads(self.mqtrack("top", *arguments, "--all-frames", "--format", "json").stdout)["sites"]
        found = [row for row in rows if row["value"] == 3001 * ROUNDS]
        self.assertEqual(len(found), 1, rows)
        return found[0]

    def assert_named(self, row):
        frames = [frame for frame in row["stack"] if frame["function"] in STACK]
        self.assertEqual([frame["function"] for frame in frames], STACK)
        self.assertEqual([frame["file"].endswith(SOURCE) for frame in frames], [True] * 3, frames)
        self.assertEqual([frame["line"] for frame in frames], [9, 14, 21])

    def assert_nameless(self, row):
        self.assertEqual([frame["function"] for frame in row["stack"] if frame["function"] in STACK], [])
