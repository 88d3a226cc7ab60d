"""The monitoring kit: rules that promtool accepts and tests, each test able to fail; names that are served."""
import json
import re
import shutil
import subprocess
import unittest

from harness import paths
from harness.case import EndToEnd

KIT = paths.SOURCE / "samples" / "monitoring"
METRIC = re.compile(r"\b(?:mqtrack|process)_[a-z_]+[a-z]\b")


class MonitoringTest(EndToEnd):
    def setUp(self):
        super().setUp()
        for name in ("mqtrack-rules.yml", "mqtrack-rules-test.yml"):
            shutil.copyfile(KIT / name, self.folder / name)
        self.rules = (KIT / "mqtrack-rules.yml").read_text()

    def promtool(self, *words):
        return subprocess.run([paths.find_program("promtool"), *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=300, check=False)

    def alerts(self):
        """By name: the text of each rule."""
        parts = re.split(r"^      - alert: ", self.rules, flags=re.M)[1:]
        return {part.split("\n", 1)[0]: part for part in parts}

    def test_rules_are_valid_and_pass_their_tests(self):
        for words in (("check", "rules", "mqtrack-rules.yml"), ("test", "rules", "mqtrack-rules-test.yml")):
            done = self.promtool(*words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        check = self.promtool("check", "rules", "mqtrack-rules.yml")
        self.assertIn(f"{len(self.alerts())} rules found", check.stdout)

    def test_each_rule_has_tests_that_can_fail(self):
        tests = (KIT / "mqtrack-rules-test.yml").read_text()
        self.assertGreaterEqual(len(self.alerts()), 8)
        for name, text in self.alerts().items():
            for never in (True, False):
                with self.subTest(name, never_fires=never):
                    # In its place a rule that never fires, or one that always does, whatever the figures are.
                    other = re.sub(r"        expr: .*?\n        for: \w+", "        expr: " +
                                   ("vector(0) > 1" if never else "vector(1)") + "\n        for: 1m", text, flags=re.S)
                    self.assertNotEqual(other, text)
                    (self.folder / "mqtrack-rules.yml").write_text(self.rules.replace(text, other))
                    done = self.promtool("test", "rules", "mqtrack-rules-test.yml")
                    self.assertNotEqual(done.returncode, 0, f"no test of {name} notices")
                    self.assertIn(f"alertname: {name}", tests)

    def test_figures_that_are_asked_for_exist(self):
        listed = set(re.findall(r"^\| `(\w+)` ", self.mqtrack("metrics", "--list").stdout, flags=re.M))
        self.assertIn("mqtrack_up", listed)
        dashboard = json.loads((KIT / "grafana-dashboard.json").read_text())
        asked = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
        asked += [variable["query"] for variable in dashboard["templating"]["list"]]
        asked += [note["expr"] for note in dashboard["annotations"]["list"]]
        asked += [re.search(r"expr: (.*?)\n        for:", text, re.S).group(1) for text in self.alerts().values()]
        names = {name for text in asked for name in METRIC.findall(text)}
        self.assertGreater(len(names), 20)
        self.assertEqual(names - listed, set())

    def test_the_dashboard(self):
        dashboard = json.loads((KIT / "grafana-dashboard.json").read_text())
        numbers = [panel["id"] for panel in dashboard["panels"]]
        self.assertEqual(len(numbers), len(set(numbers)))
        # No two panels lie over each other, and none beyond the 24 columns.
        taken = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
            self.assertLessEqual(max(x for x, _ in cells), 23)
            self.assertEqual(cells & taken, set(), panel["title"])
            taken |= cells

    def test_prometheus_takes_the_example(self):
        for name in ("prometheus.yml", "mqtrack-rules.yml"):
            shutil.copyfile(KIT / name, self.folder / name)
        done = self.promtool("check", "config", "prometheus.yml")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
