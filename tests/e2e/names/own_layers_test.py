"""Allocation layers of a program's own: recognised by what they do, so that rows are named after who asked them."""
import json
import subprocess
import unittest

from named import Named

LEAKED = 3001 * 100   # by on_subscribe, a round
CACHED = sum(size // 8 for size in (160, 320, 48, 64, 96, 80, 208, 272, 512, 640, 768)) * 100


class OwnLayersTest(Named):
    def recorded_round(self, program):
        service = self.service(program)
        before = self.snapshot(self.log(), "before")
        service.work()
        return before, self.snapshot(self.log(), "after")

    def table(self, before, after, *options):
        return json.loads(self.mqtrack("diff", before, after, "--format", "json", *options).stdout)

    def test_rows_are_those_who_asked(self):
        before, after = self.recorded_round(self.build("own_layer.c", "own_layer"))
        table = self.table(before, after, "--stacks")
        rows = {site["function"]: (site["growth"], site["named_by"]) for site in table["sites"] if site["growth"]}
        self.assertEqual(rows, {"on_subscribe": (LEAKED, "layer"), "cache_alloc_key": (CACHED, "nearest")})
        self.assertEqual({entry["function"] for entry in table["passed_over"]}, {"svc_alloc", "svc_zalloc"})
        everything = self.table(before, after, "--by", "alloc_space")
        self.assertEqual({entry["function"] for entry in everything["passed_over"]}, {"svc_alloc", "svc_zalloc", "obtain"})
        self.assertNotIn("tracker_node", {site["function"] for site in everything["sites"]})

        text = self.mqtrack("diff", before, after, "--stacks").stdout
        self.assertIn("svc_alloc (13) and svc_zalloc (12) were passed over: they pass on what many functions ask for (a "
                      "line !svc_alloc in a --wrappers file undoes it).", text)
        self.assertIn("(passes on what 12 functions ask for)", text)
        # What is looked at does not decide who is a layer.
        focused = self.table(before, after, "--focus", "on_subscribe")
        self.assertEqual([site["function"] for site in focused["sites"]], ["on_subscribe"])

    def test_without_names(self):
        program = self.build("own_layer.c", "own_layer")
        symbols = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
        address = {line.split()[2]: int(line.split()[0], 16) for line in symbols.splitlines() if len(line.split()) == 3}
        subprocess.run(["strip", program], check=True)
        before, after = self.recorded_round(program)
        growth = {site["function"]: site["growth"] for site in self.table(before, after)["sites"] if site["growth"]}
        self.assertEqual(growth, {f"own_layer+0x{address['on_subscribe']:x}": LEAKED,
                                  f"own_layer+0x{address['cache_alloc_key']:x}": CACHED})

    def test_a_user_undoes_it(self):
        before, after = self.recorded_round(self.build("own_layer.c", "own_layer"))
        own = self.folder / "wrappers.txt"
        own.write_text("!svc_zalloc\n")
        table = self.table(before, after, "--wrappers", own)
        self.assertEqual({site["function"] for site in table["sites"] if site["growth"]}, {"svc_zalloc", "cache_alloc_key"})

    def gate(self, *options):
        return json.loads(self.mqtrack("gate", *options, "--format", "json", expect=1).stdout)

    def test_the_gate_keeps_the_rows_that_its_configuration_names(self):
        before, after = self.recorded_round(self.build("own_layer.c", "own_layer"))
        report = self.gate("--base", before, after, "--max-site-growth", "0")
        sites = [site["function"] for check in report["checks"] for site in check["sites"]]
        self.assertEqual(sites, ["on_subscribe", "cache_alloc_key"])
        self.assertEqual({entry["function"] for entry in report["passed_over"]}, {"svc_alloc", "svc_zalloc"})
        config = self.folder / "gate.json"
        config.write_text('{"max_site_growth": "0", "sites": [{"function": "svc_zalloc", "max_growth": "1MiB"}]}')
        report = self.gate("--base", before, after, "--config", config)
        sites = [site["function"] for check in report["checks"] for site in check["sites"]]
        self.assertEqual(sites, ["cache_alloc_key"])

    def test_a_baseline_keeps_its_names(self):
        before, after = self.recorded_round(self.build("own_layer.c", "own_layer"))
        baseline = self.folder / "baseline.json"
        self.mqtrack("gate", before, "--write-baseline", baseline)
        written = json.loads(baseline.read_text())
        self.assertIn("svc_zalloc", {entry["function"] for entry in written["passed_over"]})
        report = self.gate("--baseline", baseline, after, "--max-site-growth", "0")
        sites = {site["function"]: site["growth"] for check in report["checks"] for site in check["sites"]}
        self.assertEqual(sites, {"on_subscribe": LEAKED, "cache_alloc_key": CACHED})
        # One that was written without them: its sites are named as they were then.
        del written["passed_over"]
        baseline.write_text(json.dumps(written))
        report = self.gate("--baseline", baseline, after, "--max-site-growth", "0")
        self.assertIn("svc_alloc", {site["function"] for check in report["checks"] for site in check["sites"]})


if __name__ == "__main__":
    unittest.main()
