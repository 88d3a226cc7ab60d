"""samples/packages.sh chooses among the names that a package has in different releases."""
import os
import pathlib
import subprocess
import tempfile
import unittest

from harness.paths import SOURCE

# Debian's programs, played by a folder: installed/NAME, archive/NAME (known to apt) and updated/NAME (known after an update).
PROGRAMS = {
    "dpkg-query": 'for name; do :; done; [ -e "$MACHINE/installed/$name" ] && echo "ii "',
    "apt-cache": '[ -e "$MACHINE/archive/$2" ] && c=1.0 || c="(none)"; printf "%s:\\n  Installed: (none)\\n  Candidate: %s\\n" "$2" "$c"',
    "apt-get": """if [ "$1" = update ]; then cp "$MACHINE"/updated/* "$MACHINE/archive"; exit; fi
for name; do case $name in install | -*) ;; *) [ -e "$MACHINE/archive/$name" ] || exit 100; new="${new:-} $name" ;; esac; done
for name in $new; do touch "$MACHINE/installed/$name"; done""",
    "sudo": 'shift; exec "$@"',
}
LIST = """# A list.
plain                # a comment | with a bar
new-name | old-name  # of two releases
other
"""


class PackageListsTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.machine = pathlib.Path(scratch.name)
        for folder in ("installed", "archive", "updated", "bin"):
            (self.machine / folder).mkdir()
        for name, script in PROGRAMS.items():
            program = self.machine / "bin" / name
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        (self.machine / "list").write_text(LIST)

    def put(self, folder, *names):
        for name in names:
            (self.machine / folder / name).touch()

    def shell(self, command, expect=0):
        environment = {**os.environ, "MACHINE": str(self.machine), "PATH": f"{self.machine}/bin:{os.environ['PATH']}"}
        done = subprocess.run(["bash", "-uc", f'. "$1"; {command} "$2"', "bash", SOURCE / "samples" / "packages.sh", self.machine / "list"],
                              env=environment, capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, expect, done.stderr)
        return done

    def missing(self):
        return self.shell("missing_packages").stdout.split()

    def installed(self):
        return sorted(path.name for path in (self.machine / "installed").iterdir())

    def test_the_first_that_there_is(self):
        self.put("archive", "plain", "other", "old-name")
        self.assertEqual(self.missing(), ["old-name", "other", "plain"])
        self.put("archive", "new-name")
        self.assertEqual(self.missing(), ["new-name", "other", "plain"])

    def test_any_that_is_installed_will_do(self):
        self.put("archive", "new-name", "old-name")
        self.put("installed", "old-name", "plain")
        self.assertEqual(self.missing(), ["other"])
        self.put("installed", "other")
        self.assertEqual(self.missing(), [])

    def test_without_any_the_first_is_named(self):
        self.put("installed", "plain", "other")
        self.assertEqual(self.missing(), ["new-name"])
        done = self.shell("install_missing_packages", expect=2)
        self.assertIn("apt-get install -y --no-install-recommends new-name\n", done.stderr)

    def test_a_fresh_machine_chooses_after_the_update(self):
        self.put("updated", "plain", "other", "old-name")
        self.shell("install_missing_packages")
        self.assertEqual(self.installed(), ["old-name", "other", "plain"])


if __name__ == "__main__":
    unittest.main()
